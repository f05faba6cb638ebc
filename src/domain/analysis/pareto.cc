#include "domain/analysis/pareto.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/core/check.h"

namespace roofscape::analysis {
namespace {

/// +1 where more is better, -1 where less is: multiplied in, more is always better.
double Sign(spec::Direction direction) {
  RS_CHECK(direction != spec::Direction::kNeither);
  return direction == spec::Direction::kHigherIsBetter ? 1.0 : -1.0;
}

}  // namespace

bool Dominates(Position a, Position b, spec::Direction x, spec::Direction y) {
  const double dx = Sign(x) * (a.x - b.x);
  const double dy = Sign(y) * (a.y - b.y);
  return dx >= 0 && dy >= 0 && (dx > 0 || dy > 0);
}

std::vector<std::size_t> ParetoFront(std::span<const Position> points, spec::Direction x,
                                     spec::Direction y) {
  const double sx = Sign(x);
  const double sy = Sign(y);
  for (const Position& p : points) RS_CHECK(std::isfinite(p.x) && std::isfinite(p.y));

  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Best x first, then best y: a point is beaten or a twin exactly if an earlier one has its y.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (points[a].x != points[b].x) return sx * points[a].x > sx * points[b].x;
    return sy * points[a].y > sy * points[b].y;
  });
  std::vector<std::size_t> front;
  for (const std::size_t i : order) {
    if (front.empty() || sy * points[i].y > sy * points[front.back()].y) front.push_back(i);
  }
  if (sx > 0) std::reverse(front.begin(), front.end());
  return front;
}

}  // namespace roofscape::analysis
