#include "service/api/series_view.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "domain/analysis/derived_axes.h"
#include "service/api/views.h"

namespace roofscape::api {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

using Part = std::string (*)(const analysis::RowSeriesKey&);

/// What a label names besides the system, where keys differ in it, in this order.
constexpr Part kParts[] = {
    [](const analysis::RowSeriesKey& k) { return k.model; },
    [](const analysis::RowSeriesKey& k) { return spec::ShapeName(k.workload); },
    [](const analysis::RowSeriesKey& k) { return k.workload.name; },
    [](const analysis::RowSeriesKey& k) { return k.protocol; },
    [](const analysis::RowSeriesKey& k) { return k.window; },
    [](const analysis::RowSeriesKey& k) { return k.way; },
};

/// The knots of one curve with the rows that they are.
struct KnotRows {
  std::vector<analysis::Knot> knots;
  std::vector<std::size_t> places;  // Of each knot, in the snapshot.
};

KnotRows KnotsOf(const Snapshot& snapshot, std::span<const std::size_t> curve,
                 const analysis::RowAxis& x, const analysis::RowAxis& y, bool all) {
  const analysis::RowFrontier frontier = analysis::FrontierOf(snapshot.rows(), curve, x, y, all);
  std::vector<analysis::Knot> points;
  for (const std::size_t i : frontier.front) {
    points.push_back({*frontier.points[i].x, *frontier.points[i].y});
  }
  KnotRows out;
  out.knots = analysis::FrontierKnots(points);
  for (const analysis::Knot& knot : out.knots) {
    for (const std::size_t i : frontier.front) {
      const analysis::RowPoint& point = frontier.points[i];
      if (*point.x == knot.x && *point.y == knot.y) {
        out.places.push_back(point.row);
        break;
      }
    }
  }
  return out;
}

/// The curves of a series, as analysis::SplitIntoCurves has them: rows of one layout, engine
/// version, run and day.
std::vector<KnotRows> CurvesOf(const Snapshot& snapshot, const ViewSeries& series,
                               const analysis::RowAxis& x, const analysis::RowAxis& y, bool all) {
  using Curve = std::tuple<std::uint32_t, std::string_view, std::string_view, std::int64_t>;
  std::map<Curve, std::vector<std::size_t>> places;
  for (const std::size_t place : series.places) {
    const spec::Row& row = snapshot.rows()[place];
    const std::string& run = row.origin.url.empty() ? row.origin.source : row.origin.url;
    const std::int64_t day = row.measured.unix_us / kDayUs;
    places[{snapshot.LayoutOf(place), row.deployment.engine_version, run, day}].push_back(place);
  }
  std::vector<KnotRows> curves;
  for (const auto& [curve, rows] : places) curves.push_back(KnotsOf(snapshot, rows, x, y, all));
  return curves;
}

/// The rate that was read, or the cost that it makes.
Between Derived(const analysis::SeriesReading& reading, const KnotRows& curve,
                const std::optional<double>& price) {
  const analysis::Interpolated& value = reading.value;
  Between between{value.y,
                  value.low,
                  value.high,
                  curve.places[value.left],
                  curve.places[value.right],
                  curve.places[value.left]};
  if (!price) return between;
  const auto cost = [&](double rate) { return analysis::UsdPerMtok(*price, rate); };
  between.y = cost(value.y);
  between.low = value.high ? std::optional(cost(*value.high)) : std::nullopt;
  between.high = value.low ? std::optional(cost(*value.low)) : std::nullopt;
  return between;
}

}  // namespace

std::vector<std::string> LabelsOf(std::span<const analysis::RowSeriesKey> keys) {
  std::vector<std::string> labels;
  for (const analysis::RowSeriesKey& key : keys) labels.push_back(SystemLabel(key));
  for (const Part part : kParts) {
    std::set<std::string> values;
    for (const analysis::RowSeriesKey& key : keys) values.insert(part(key));
    if (values.size() < 2) continue;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::string text = part(keys[i]);
      labels[i] += ", " + (text.empty() ? "not told" : text);
    }
  }
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (++seen[labels[i]] > 1) labels[i] += fmt::format(" ({})", seen[labels[i]]);
  }
  return labels;
}

std::vector<ViewSeries> SeriesOf(const Snapshot& snapshot, std::span<const std::size_t> places) {
  std::vector<std::vector<std::size_t>> by_code(snapshot.series().size());
  for (const std::size_t place : places) by_code[snapshot.SeriesOf(place)].push_back(place);
  std::vector<ViewSeries> series;
  std::vector<analysis::RowSeriesKey> keys;
  for (std::size_t code = 0; code < by_code.size(); ++code) {
    if (by_code[code].empty()) continue;
    series.push_back({static_cast<std::uint32_t>(code), std::move(by_code[code]), ""});
    keys.push_back(snapshot.series()[code]);
  }
  std::vector<std::string> labels = LabelsOf(keys);
  for (std::size_t i = 0; i < series.size(); ++i) series[i].label = std::move(labels[i]);
  std::sort(series.begin(), series.end(),
            [](const ViewSeries& a, const ViewSeries& b) { return a.label < b.label; });
  return series;
}

Result<std::vector<std::optional<Between>>> ReadBetween(
    const Snapshot& snapshot, std::span<const ViewSeries> series, const analysis::RowAxis& x,
    const std::string& y_name, const analysis::Pricing& pricing, double target, bool all) {
  const auto kind = analysis::CostKindOf(y_name);
  RS_ASSIGN_OR_RETURN(const analysis::RowAxis y,
                      analysis::AxisNamed(kind ? analysis::RateName(*kind) : y_name, pricing));
  constexpr auto kMore = spec::Direction::kHigherIsBetter;
  if (x.direction != kMore || y.direction != kMore || y_name.find("joules") != y_name.npos) {
    return ParamError("curve",
                      "only a rate or its cost against a speed is read between points: "
                      "choose other axes, or leave it away");
  }
  std::vector<std::vector<KnotRows>> curves;
  std::vector<std::vector<analysis::Knot>> all_knots;
  for (const ViewSeries& one : series) {
    curves.push_back(CurvesOf(snapshot, one, x, y, all));
    for (const KnotRows& curve : curves.back()) all_knots.push_back(curve.knots);
  }
  const analysis::Bend bend = analysis::FitBend(all_knots);
  std::vector<std::optional<Between>> out;
  for (std::size_t i = 0; i < series.size(); ++i) {
    std::vector<std::vector<analysis::Knot>> knots;
    for (const KnotRows& curve : curves[i]) knots.push_back(curve.knots);
    const auto best = analysis::InterpolateBest(knots, target, bend);
    std::optional<double> price;
    if (kind) {
      const auto found = analysis::ChipPrice(snapshot.series()[series[i].code].chip, pricing);
      if (found) price = found->value;
    }
    const bool known = best && (!kind || price);
    out.push_back(known ? std::optional(Derived(*best, curves[i][best->curve], price))
                        : std::nullopt);
  }
  return out;
}

}  // namespace roofscape::api
