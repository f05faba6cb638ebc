#include "base/stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/core/check.h"

namespace roofscape::stats {

std::optional<double> SortedQuantile(std::span<const double> sorted, double p) {
  RS_CHECK(p >= 0.0 && p <= 1.0);
  if (sorted.empty()) return std::nullopt;
  const double rank = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double weight = rank - static_cast<double>(below);
  // Not a + w (b - a) for w = 0: the neighbour above may be infinite.
  if (weight == 0.0) return sorted[below];
  return sorted[below] + weight * (sorted[above] - sorted[below]);
}

std::optional<double> SortedQuantileWithFailures(std::span<const double> sorted,
                                                 std::int64_t failures, double p) {
  RS_CHECK(p >= 0.0 && p <= 1.0);
  RS_CHECK(failures >= 0);
  const double count = static_cast<double>(sorted.size()) + static_cast<double>(failures);
  if (count == 0.0) return std::nullopt;
  // p n is often a whole number that rounding has lifted (0.07 x 100 > 7).
  const double rank = std::max(1.0, std::ceil(p * count * (1.0 - 1e-12)));
  const auto index = static_cast<std::size_t>(rank) - 1;
  if (index >= sorted.size()) return std::numeric_limits<double>::infinity();
  return sorted[index];
}

Spread SortAndSummarize(std::vector<double>& samples) {
  Spread spread;
  spread.count = static_cast<std::int64_t>(samples.size());
  if (samples.empty()) return spread;
  double sum = 0.0;
  for (const double sample : samples) {
    RS_CHECK(!std::isnan(sample));
    sum += sample;
  }
  std::sort(samples.begin(), samples.end());
  // Rounding of the sum may not push the mean of equal samples out of their range.
  spread.mean =
      std::clamp(sum / static_cast<double>(samples.size()), samples.front(), samples.back());
  spread.min = samples.front();
  spread.p50 = SortedQuantile(samples, 0.50);
  spread.p75 = SortedQuantile(samples, 0.75);
  spread.p90 = SortedQuantile(samples, 0.90);
  spread.p95 = SortedQuantile(samples, 0.95);
  spread.p99 = SortedQuantile(samples, 0.99);
  spread.p999 = SortedQuantile(samples, 0.999);
  spread.max = samples.back();
  return spread;
}

}  // namespace roofscape::stats
