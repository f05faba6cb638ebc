// Two sets of rows held against each other: two runs, two dates, two engines, two chips. Points are
// matched by load (the same concurrency or rate) or read at the same interactivity; each match has
// the ratio b / a with its interval, and all together the mean ratio.
//
// Only repeats decide. Where both sides of a match have two or more, the interval is Welch's t over
// the logarithms; where not, the ratio is shown beside the difference that re-runs of one
// configuration show anyway (noise.h): "differences under X % cannot be shown", X the p95 of
// re-runs. A difference beyond X that rests on one run a side is a hint, no decision. The
// interactivity reading is a step (curve.h) and never decides: the points it reads differ in load.
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
#include "domain/spec/row.h"

namespace roofscape::analysis {

enum class Finding {
  kBetter,        // b, by repeats.
  kWorse,         // b, by repeats.
  kNoDifference,  // Repeats on both sides, and the interval holds no difference.
  kCannotShow,    // No repeats, and within the floor of re-runs or no floor known.
  kHint,          // No repeats, beyond the floor.
};

std::string_view Name(Finding finding);

struct Match {
  double at = 0.0;                      // The concurrency, the rate, or the interactivity.
  std::string layout;                   // Where matched by it; else empty.
  std::vector<std::size_t> a, b;        // Places in the spans.
  double value_a = 0.0, value_b = 0.0;  // Geometric means over repeats.
  double change = 0.0;                  // b / a - 1: the effect, always shown.
  std::optional<double> low, high;      // 95 % interval of the change; needs repeats on both sides.
  Finding finding = Finding::kCannotShow;
};

struct Comparison {
  RowAxis metric;
  std::vector<Match> matches;
  std::size_t only_a = 0, only_b = 0;  // Points that have no counterpart.
  std::optional<double> floor;  // X as a fraction: smaller ones cannot be shown without repeats.
  /// Over all matches: the geometric mean of the ratios, and its interval where each has one.
  std::optional<double> change, low, high;
  Finding finding = Finding::kCannotShow;
  /// In what the two sides differ besides load, by name: "engine_version", "protocol".
  std::vector<std::string> differs;
};

/// Matched by concurrency, or by rate where that is 0. kInvalidArgument where protocol, window or
/// workload differ: such figures do not compare; where one side mixes chips, engines, versions and
/// so on; where layouts cannot be told apart. kNotFound where nothing matches. Rows of one side,
/// load and layout count as repeats.
Result<Comparison> CompareByLoad(std::span<const spec::Row> a, std::span<const spec::Row> b,
                                 const RowAxis& metric);

/// The step readings of both sides at those targets of x. Where one side has none, the target is
/// left out and counted.
Result<Comparison> CompareAt(std::span<const spec::Row> a, std::span<const spec::Row> b,
                             const RowAxis& x, const RowAxis& metric,
                             std::span<const double> targets);

/// "precision fp4, fp8; speculative none, mtp": in which systems the rows of one side differ, so
/// that a reading may take the best of several. Empty where they are of one.
std::string PooledOver(std::span<const spec::Row> rows);

}  // namespace roofscape::analysis
