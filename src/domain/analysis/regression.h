// Has a curve become worse than its own history? One test a curve, over all its points at once: the
// mean over its loads of log(rate), against the same mean of the curves before it. A shift of the
// whole curve adds up over the points; an outlier of one point does not.
//
// Noise, as standard deviation s of one curve's mean log rate:
//   - without repeats enough (fewer than kMinRepeats curves before it), the floor of re-runs
//     (noise.h), which counts as kPriorDegrees degrees of freedom;
//   - with them, what they show: s of the history where it is quieter than the floor, but not below
//     what the quieter half of all configurations shows; where it is noisier, pooled with the
//     floor, as a history of few curves that itself holds a step would otherwise hide everything.
// The shift of a candidate against the mean of n curves is a finding beyond
//   t(degrees, 1 - alpha) x s x sqrt(1 + 1/n)
// (the prediction interval of one more observation of a normal sample), so that at most alpha of
// unchanged curves are reported. History older than kHistoryDays is another configuration in all
// likelihood (another image, another driver) and takes no part: that comparison is `compare`.
//
// Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/analysis/curve.h"
#include "domain/analysis/noise.h"

namespace roofscape::analysis {

inline constexpr std::size_t kMinRepeats = 4;
inline constexpr std::size_t kMaxHistory = 8;
inline constexpr double kPriorDegrees = 10;
inline constexpr std::int64_t kHistoryDays = 14;
inline constexpr double kFalseAlarms = 0.005;  // alpha
inline constexpr std::size_t kMinLoads = 2;    // One point is no curve.

/// Rates by load of one curve.
struct LoadRate {
  double load = 0.0;  // Concurrency, or -requests/s.
  double rate = 0.0;  // Positive; more is better.
};
using LoadCurve = std::vector<LoadRate>;

enum class ShiftVerdict { kTooFew, kUnchanged, kWorse, kBetter };

std::string_view Name(ShiftVerdict verdict);

struct Shift {
  ShiftVerdict verdict = ShiftVerdict::kTooFew;
  std::size_t loads = 0;    // Shared by all curves.
  std::size_t history = 0;  // Curves before.
  double change = 0.0;      // Ratio - 1 of the geometric means: -0.1 is 10 % worse.
  double smallest = 0.0;    // The smallest loss that would have been a finding, as a fraction.
  double sigma = 0.0;       // Noise of one curve, in log units.
  bool own_noise = false;   // From repeats; else from the floor.
};

/// One rate against those before it, in order of time; the last kMaxHistory count. `loads` stays 0.
/// REQUIRES: positive rates, at least one before.
Shift TestLevel(std::span<const double> before, double candidate, const NoiseFloor& floor);

/// The rates of rows that take part, by load: where less of the metric is better 1 / value. Rows of
/// one load are repeats.
LoadCurve RatesByLoad(std::span<const spec::Row> rows, std::span<const std::size_t> places,
                      std::size_t metric);

/// `before` in order of time; the last kMaxHistory count. REQUIRES: positive rates.
Shift TestShift(std::span<const LoadCurve> before, const LoadCurve& candidate,
                const NoiseFloor& floor);

/// A curve of the archive that was held against those before it.
struct CurveShift {
  std::size_t curve = 0;            // Place in the curves given.
  std::vector<std::size_t> before;  // Likewise, by time.
  Shift shift;
};

/// Every curve that has a day and an earlier one of its series and layout within kHistoryDays, by
/// the metric's values. The engine's version may differ: that is what one wants to see.
/// Missing floor, unknown metric: nothing. Where less is better 1 / value is the rate, so that
/// "worse" and a negative change always mean a loss.
std::vector<CurveShift> FindShifts(std::span<const spec::Row> rows,
                                   std::span<const RowCurve> curves, std::string_view metric);

}  // namespace roofscape::analysis
