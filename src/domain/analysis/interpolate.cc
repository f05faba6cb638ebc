#include "domain/analysis/interpolate.h"

#include <algorithm>
#include <cmath>

#include "base/stats/quantile.h"
#include "domain/analysis/pareto.h"

namespace roofscape::analysis {
namespace {

/// Where x lies between two knots, in log space.
struct Segment {
  Knot a, c;
  double t = 0.0;

  double Chord() const { return (1 - t) * std::log(a.y) + t * std::log(c.y); }
  /// What one unit of bend adds.
  double Scale() const { return t * (1 - t) * std::abs(std::log(a.y / c.y)); }
  double At(double bend) const {
    const double y = std::exp(Chord() + bend * Scale());
    return std::clamp(y, std::min(a.y, c.y), std::max(a.y, c.y));
  }
};

Segment Between(Knot a, Knot c, double x) {
  return {a, c, std::log(x / a.x) / std::log(c.x / a.x)};
}

Interpolated Read(const Segment& segment, const Bend& bend) {
  Interpolated out;
  out.y = segment.At(bend.mid);
  if (bend.low && bend.high) {
    out.low = segment.At(*bend.low);
    out.high = segment.At(*bend.high);
  }
  return out;
}

}  // namespace

std::vector<Knot> FrontierKnots(std::span<const Knot> points) {
  std::vector<Position> positions;
  for (const Knot& p : points) {
    if (std::isfinite(p.x) && std::isfinite(p.y) && p.x > 0 && p.y > 0) {
      positions.push_back({p.x, p.y});
    }
  }
  constexpr auto kMore = spec::Direction::kHigherIsBetter;
  std::vector<Knot> knots;
  for (const std::size_t i : ParetoFront(positions, kMore, kMore)) {
    knots.push_back({positions[i].x, positions[i].y});
  }
  return knots;
}

Bend FitBend(std::span<const std::vector<Knot>> curves) {
  std::vector<double> bends;
  for (const std::vector<Knot>& knots : curves) {
    for (std::size_t i = 1; i + 1 < knots.size(); ++i) {
      const Segment segment = Between(knots[i - 1], knots[i + 1], knots[i].x);
      bends.push_back((std::log(knots[i].y) - segment.Chord()) / segment.Scale());
    }
  }
  std::sort(bends.begin(), bends.end());
  Bend bend;
  bend.knots = bends.size();
  bend.mid = stats::SortedQuantile(bends, 0.5).value_or(0.0);
  if (bends.size() < kMinKnots) return bend;
  const auto n = static_cast<double>(bends.size());
  const double tail = (1 - kBand) / 2;
  bend.low = bends[static_cast<std::size_t>(std::floor((n + 1) * tail + 1e-9)) - 1];
  bend.high = bends[static_cast<std::size_t>(std::ceil((n + 1) * (1 - tail) - 1e-9)) - 1];
  return bend;
}

std::optional<Interpolated> InterpolateAt(std::span<const Knot> knots, double x, const Bend& bend) {
  const auto right = std::lower_bound(knots.begin(), knots.end(), x,
                                      [](const Knot& k, double v) { return k.x < v; });
  if (right == knots.end()) return std::nullopt;
  const auto place = static_cast<std::size_t>(right - knots.begin());
  if (right->x == x) return Interpolated{right->y, right->y, right->y, place, place};
  if (place == 0) return std::nullopt;
  Interpolated out = Read(Between(knots[place - 1], knots[place], x), bend);
  out.left = place - 1;
  out.right = place;
  return out;
}

std::optional<SeriesReading> InterpolateBest(std::span<const std::vector<Knot>> curves, double x,
                                             const Bend& bend) {
  std::optional<SeriesReading> best;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const auto reading = InterpolateAt(curves[i], x, bend);
    if (reading && (!best || reading->y > best->value.y)) best = SeriesReading{i, *reading};
  }
  return best;
}

std::vector<LeftOut> LeaveOneOut(std::span<const std::vector<Knot>> curves, const Bend& bend) {
  std::vector<LeftOut> out;
  for (const std::vector<Knot>& knots : curves) {
    for (std::size_t i = 1; i + 1 < knots.size(); ++i) {
      Interpolated read = Read(Between(knots[i - 1], knots[i + 1], knots[i].x), bend);
      read.left = i - 1;
      read.right = i + 1;
      out.push_back({knots[i].y, read});
    }
  }
  return out;
}

}  // namespace roofscape::analysis
