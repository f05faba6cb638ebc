// Reading a curve between its measured points. Optional: the default reading is a step (curve.h).
//
// Both axes are logarithms, and only neighbours on one layout's frontier are joined: between two
// layouts nothing was measured that a line could stand for. The line between neighbours a and c is
// bent by what all curves have in common:
//
//   log y(t) = (1 - t) log ya + t log yc + b t (1 - t) |log ya / yc|,   t = log(x/xa) / log(xc/xa)
//
// A curve of throughput against interactivity is concave in log-log space, so the straight chord
// reads low. The bend b and its 80 % band come from leaving out one knot at a time: b of a left-out
// knot is what makes the formula meet it; the median bends the line, the order statistics of split
// conformal prediction (ranks of n + 1) bound the band. Readings are kept between the two knots,
// where a frontier must lie; nothing is ever extrapolated. Costs and joules are derived from the
// rate that was read, never interpolated themselves.
//
// Sources: the leave-one-out comparison of linear and logarithmic axes over InferenceX knots, and
// V. Vovk, A. Gammerman, G. Shafer, "Algorithmic Learning in a Random World", 2005 (conformal).
//
// Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace roofscape::analysis {

/// A point of one layout's frontier: x, say interactivity, better when higher, and a rate.
struct Knot {
  double x = 0.0;
  double y = 0.0;
};

/// The knots that take part, by rising x with falling y: the frontier of `points`, without those
/// that have no logarithm.
std::vector<Knot> FrontierKnots(std::span<const Knot> points);

struct Bend {
  double mid = 0.0;
  std::optional<double> low, high;  // The 80 % band; missing under kMinKnots left-out knots.
  std::size_t knots = 0;            // Left-out knots it was fitted to.
};

inline constexpr double kBand = 0.8;
inline constexpr std::size_t kMinKnots = 9;  // With fewer the ranks of the band lie outside.

/// From curves of FrontierKnots; those with fewer than three knots have none to leave out.
Bend FitBend(std::span<const std::vector<Knot>> curves);

struct Interpolated {
  double y = 0.0;
  std::optional<double> low, high;  // The 80 % band.
  std::size_t left = 0, right = 0;  // The knots it lies between; the same: a measured one.
};

/// The rate at x; missing outside the knots. REQUIRES: knots as FrontierKnots makes them.
std::optional<Interpolated> InterpolateAt(std::span<const Knot> knots, double x, const Bend& bend);

struct SeriesReading {
  std::size_t curve = 0;
  Interpolated value;
};

/// The best reading at x among the curves of one series, one a layout.
std::optional<SeriesReading> InterpolateBest(std::span<const std::vector<Knot>> curves, double x,
                                             const Bend& bend);

/// What happened to one knot that was left out and read from its neighbours with `bend`.
struct LeftOut {
  double measured = 0.0;
  Interpolated read;
};

std::vector<LeftOut> LeaveOneOut(std::span<const std::vector<Knot>> curves, const Bend& bend);

}  // namespace roofscape::analysis
