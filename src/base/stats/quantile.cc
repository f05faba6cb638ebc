#include "base/stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/core/check.h"

namespace roofscape::stats {
namespace {

/// The quantile p of `count` values in ascending order. REQUIRES: count >= 1.
template <class ValueAt>
double LinearQuantile(std::size_t count, double p, const ValueAt& value_at) {
  const double rank = p * static_cast<double>(count - 1);
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, count - 1);
  const double weight = rank - static_cast<double>(below);
  // Not a + w (b - a) for w = 0: the neighbour above may be infinite.
  if (weight == 0.0) return value_at(below);
  return value_at(below) + weight * (value_at(above) - value_at(below));
}

/// REQUIRES: count >= 1 values in ascending order, whose sum is `sum`.
template <class ValueAt>
Spread SpreadOf(std::size_t count, double sum, const ValueAt& value_at) {
  const auto quantile = [&](double p) { return LinearQuantile(count, p, value_at); };
  Spread spread;
  spread.count = static_cast<std::int64_t>(count);
  spread.min = value_at(0);
  spread.max = value_at(count - 1);
  // Rounding of the sum may not push the mean of equal samples out of their range.
  spread.mean = std::clamp(sum / static_cast<double>(count), *spread.min, *spread.max);
  spread.p50 = quantile(0.50);
  spread.p75 = quantile(0.75);
  spread.p90 = quantile(0.90);
  spread.p95 = quantile(0.95);
  spread.p99 = quantile(0.99);
  spread.p999 = quantile(0.999);
  return spread;
}

}  // namespace

std::optional<double> SortedQuantile(std::span<const double> sorted, double p) {
  RS_CHECK(p >= 0.0 && p <= 1.0);
  if (sorted.empty()) return std::nullopt;
  return LinearQuantile(sorted.size(), p, [&](std::size_t i) { return sorted[i]; });
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
  if (samples.empty()) return {};
  double sum = 0.0;
  for (const double sample : samples) {
    RS_CHECK(!std::isnan(sample));
    sum += sample;
  }
  std::sort(samples.begin(), samples.end());
  return SpreadOf(samples.size(), sum, [&](std::size_t i) { return samples[i]; });
}

Spread SortAndSummarize(std::vector<Repeated>& samples) {
  if (samples.empty()) return {};
  std::sort(samples.begin(), samples.end(),
            [](const Repeated& a, const Repeated& b) { return a.value < b.value; });
  double sum = 0.0;
  std::size_t count = 0;
  std::vector<std::size_t> ends;  // ends[i]: how many stand at or before samples[i].
  ends.reserve(samples.size());
  for (const Repeated& sample : samples) {
    RS_CHECK(!std::isnan(sample.value) && sample.times >= 1);
    sum += sample.value * static_cast<double>(sample.times);
    count += static_cast<std::size_t>(sample.times);
    ends.push_back(count);
  }
  return SpreadOf(count, sum, [&](std::size_t i) {
    const auto holder = std::upper_bound(ends.begin(), ends.end(), i);
    return samples[static_cast<std::size_t>(holder - ends.begin())].value;
  });
}

}  // namespace roofscape::stats
