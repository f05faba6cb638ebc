#include "base/stats/mser.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/core/check.h"

namespace roofscape::stats {
namespace {

std::vector<double> BatchMeans(std::span<const double> series, std::size_t batch) {
  std::vector<double> means(series.size() / batch);
  for (std::size_t i = 0; i < means.size(); ++i) {
    double sum = 0.0;
    for (const double value : series.subspan(i * batch, batch)) {
      RS_CHECK(std::isfinite(value));
      sum += value;
    }
    means[i] = sum / static_cast<double>(batch);
  }
  return means;
}

// MSER(d) for d in [0, n - min_kept], by Welford's recurrence from the end: each step adds one
// value in front, without the cancellation of a difference of sums of squares.
std::vector<double> Statistics(const std::vector<double>& means, std::size_t min_kept,
                               double power) {
  std::vector<double> statistics(means.size() - min_kept + 1);
  double mean = 0.0;
  double squares = 0.0;
  for (std::size_t kept = 1; kept <= means.size(); ++kept) {
    const std::size_t d = means.size() - kept;
    const double count = static_cast<double>(kept);
    const double delta = means[d] - mean;
    mean += delta / count;
    squares += delta * (means[d] - mean);
    if (d < statistics.size()) statistics[d] = squares / std::pow(count, power);
  }
  return statistics;
}

}  // namespace

std::optional<MserResult> Mser(std::span<const double> series, const MserOptions& options) {
  RS_CHECK(options.batch > 0 && options.min_kept > 0 && options.tolerance >= 0.0);
  RS_CHECK(options.power >= 2.0);
  const std::vector<double> means = BatchMeans(series, options.batch);
  if (means.size() < 2 * options.min_kept) return std::nullopt;
  const std::vector<double> statistics = Statistics(means, options.min_kept, options.power);
  const double least = *std::min_element(statistics.begin(), statistics.end());
  const double enough = least * (1.0 + options.tolerance);
  const auto chosen = std::find_if(statistics.begin(), statistics.end(),
                                   [enough](double value) { return value <= enough; });
  const auto d = static_cast<std::size_t>(chosen - statistics.begin());
  MserResult result;
  result.truncation = d * options.batch;
  result.observations = means.size() * options.batch;
  result.statistic = *chosen;
  result.settled = 2 * d <= means.size();
  return result;
}

}  // namespace roofscape::stats
