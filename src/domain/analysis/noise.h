// What is known of noise between runs: by how much the same configuration differs when it is run
// again a few days later. One run says nothing about it, so the floor is the prior for whoever has
// no repeats of their own.
//
// Source: pairs of InferenceX rows of one configuration, 1 to 3 days apart (DeepSeek-R1, December
// 2025 to June 2026; 646 pairs): absolute difference of the two, median, p90 and p95.
//
// Thread safety: pure functions over constant data.

#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace roofscape::analysis {

/// Fractions: 0.0042 is 0.42 %.
struct NoiseFloor {
  std::string_view metric;  // Of the registry.
  double median = 0.0;      // Half of all re-runs differ by less.
  double p90 = 0.0;
  double p95 = 0.0;
};

/// The floor of a metric; of others of its kind where they were not compared themselves (a mean
/// TTFT has that of the median). Missing: nothing is known.
std::optional<NoiseFloor> FloorOf(std::string_view metric);

/// [log units] Standard deviation of one run that the p90 of pairs would have were they normal:
/// p90 / (1.645 sqrt 2).
double TypicalSigma(const NoiseFloor& floor);

/// The same from the median: half of all configurations are that quiet. median / (0.674 sqrt 2).
double QuietSigma(const NoiseFloor& floor);

/// A mean of logarithms over repeats of one figure, and its spread.
struct LogMean {
  double mean = 0.0;
  double sigma = 0.0;  // Standard deviation of one; 0 for one figure.
  std::size_t count = 0;
};

/// REQUIRES: at least one value, all positive.
LogMean LogMeanOf(std::span<const double> values);

}  // namespace roofscape::analysis
