// The points worth showing: those that no other point beats on both axes.
//
// Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "domain/spec/metric_registry.h"

namespace roofscape::analysis {

/// Where a point stands in the plane of two metrics.
struct Position {
  double x = 0;
  double y = 0;
};

/// True if `a` is no worse than `b` on both axes and better on one.
/// REQUIRES: both directions are higher or lower, not neither.
bool Dominates(Position a, Position b, spec::Direction x, spec::Direction y);

/// Indices of the points that no other point dominates, by rising x. Of equal points the first
/// stays.
///
/// REQUIRES: every coordinate is finite; both directions are higher or lower, not neither.
/// Cost: O(n log n) time, O(n) space.
std::vector<std::size_t> ParetoFront(std::span<const Position> points, spec::Direction x,
                                     spec::Direction y);

}  // namespace roofscape::analysis
