// Exact quantiles of samples in memory. For samples too many to keep use histogram.h.
//
// Two definitions, both on the sorted sample x[0] <= ... <= x[n-1]:
//   linear:       the value at rank (n - 1) p, interpolated linearly between its neighbours;
//   nearest rank: x[ceil(p n) - 1], for samples in which failures stand at the end as +infinity and
//                 nothing can be interpolated.
//
// An empty sample has no quantile: std::nullopt, never 0. NaN is a bug of the caller and aborts.
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace roofscape::stats {

/// The quantile p of `sorted` by linear interpolation. REQUIRES: ascending order, 0 <= p <= 1.
std::optional<double> SortedQuantile(std::span<const double> sorted, double p);

/// The quantile p of `sorted` followed by `failures` samples of +infinity, by the nearest rank.
/// REQUIRES: ascending order, 0 <= p <= 1, failures >= 0.
std::optional<double> SortedQuantileWithFailures(std::span<const double> sorted,
                                                 std::int64_t failures, double p);

/// What is asked of a distribution most often, from one sort.
struct Spread {
  std::int64_t count = 0;
  std::optional<double> mean, min, p50, p75, p90, p95, p99, p999, max;

  friend bool operator==(const Spread&, const Spread&) = default;
};

/// Spread of `samples`, which are sorted in place.
Spread SortAndSummarize(std::vector<double>& samples);

/// A value that stands in a sample `times` times. REQUIRES: times >= 1.
struct Repeated {
  double value = 0.0;
  std::int64_t times = 1;
};

/// The same of samples in which values repeat, as if each had been written out, in the space of the
/// values alone.
Spread SortAndSummarize(std::vector<Repeated>& samples);

}  // namespace roofscape::stats
