#include "domain/analysis/reading.h"

#include <map>
#include <utility>

namespace roofscape::analysis {
namespace {

/// The curves' frontiers as knots, by series.
struct Knots {
  std::vector<std::vector<Knot>> all;
  std::map<std::string, std::vector<std::size_t>> of_series;  // Places in `all`.
  std::vector<std::size_t> first_row;                         // Of each curve.
};

Knots CollectKnots(std::span<const spec::Row> rows, const ReadingQuery& query) {
  Knots knots;
  for (const RowCurve& curve : SplitIntoCurves(rows)) {
    const RowFrontier frontier = FrontierOf(rows, curve.rows, query.x, query.y, query.all);
    std::vector<Knot> points;
    for (const std::size_t i : frontier.front) {
      points.push_back({*frontier.points[i].x, *frontier.points[i].y});
    }
    knots.of_series[Label(curve.key)].push_back(knots.all.size());
    knots.first_row.push_back(curve.rows.front());
    knots.all.push_back(FrontierKnots(points));
  }
  return knots;
}

void ReadBetween(const Knots& knots, double target, const Bend& bend, Reading& reading) {
  const std::vector<std::size_t>& places = knots.of_series.at(Label(reading.key));
  std::vector<std::vector<Knot>> curves;
  for (const std::size_t i : places) curves.push_back(knots.all[i]);
  const auto best = InterpolateBest(curves, target, bend);
  if (!best) return;
  reading.between = best->value;
  reading.like = knots.first_row[places[best->curve]];
}

}  // namespace

Result<Readings> ReadAt(std::span<const spec::Row> rows, const ReadingQuery& query) {
  constexpr auto kMore = spec::Direction::kHigherIsBetter;
  if (query.interpolate && (query.x.direction != kMore || query.y.direction != kMore)) {
    return Error{ErrorCode::kInvalidArgument,
                 "only a rate against a speed is read between points; costs, energy and latencies "
                 "are derived or read as a step"};
  }
  Readings out;
  Knots knots;
  if (query.interpolate) {
    knots = CollectKnots(rows, query);
    out.bend = FitBend(knots.all);
  }
  for (RowSeries& series : GroupIntoSeries(rows)) {
    Reading reading;
    reading.key = std::move(series.key);
    const RowFrontier frontier = FrontierOf(rows, series.rows, query.x, query.y, query.all);
    for (const RowPoint& point : frontier.points)
      reading.points += point.excluded.empty() ? 1U : 0U;
    if (const auto step = StepAt(frontier, query.x, query.y, query.target)) {
      reading.row = frontier.points[*step].row;
      reading.x = frontier.points[*step].x;
      reading.y = frontier.points[*step].y;
    }
    if (query.interpolate) ReadBetween(knots, query.target, out.bend, reading);
    out.series.push_back(std::move(reading));
  }
  return out;
}

}  // namespace roofscape::analysis
