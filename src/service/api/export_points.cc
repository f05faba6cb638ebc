#include "service/api/export_points.h"

#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "service/api/axes.h"
#include "service/api/series_view.h"
#include "service/api/views.h"

namespace roofscape::api {
namespace {

/// Seven digits: no measurement is that exact, and all of them would double the file.
Json Rounded(std::optional<double> value) {
  const Json whole = NumberJson(value);
  if (whole.is_null()) return whole;
  std::array<char, 40> text;
  const auto written =
      std::to_chars(text.data(), text.data() + text.size(), *value, std::chars_format::general, 7);
  double rounded = *value;
  std::from_chars(text.data(), written.ptr, rounded);
  return rounded;
}

template <class Of>
Json Column(std::span<const std::size_t> places, Of of) {
  Json column = Json::array();
  for (const std::size_t place : places) column.push_back(of(place));
  return column;
}

Json ColumnsJson(const Snapshot& snapshot, std::span<const std::size_t> places,
                 std::vector<std::string>& layouts) {
  const auto row = [&](std::size_t place) -> const spec::Row& { return snapshot.rows()[place]; };
  std::map<std::uint32_t, std::size_t> known;
  const auto layout = [&](std::size_t place) {
    const auto [at, is_new] = known.emplace(snapshot.LayoutOf(place), layouts.size());
    if (is_new) layouts.push_back(snapshot.layouts()[snapshot.LayoutOf(place)]);
    return Json(at->second);
  };
  const auto excluded = [&](std::size_t place) -> Json {
    if (row(place).instrument == spec::Fitness::kInvalid) return "instrument INVALID";
    return row(place).complete ? "" : "incomplete";
  };
  return {{"id", Column(places, [&](std::size_t p) { return Json(snapshot.origin(p).id); })},
          {"concurrency", Column(places, [&](std::size_t p) { return ConcurrencyJson(row(p)); })},
          {"rate_rps", Column(places, [&](std::size_t p) { return NumberJson(row(p).rate_rps); })},
          {"chips", Column(places,
                           [&](std::size_t p) {
                             const auto chips = spec::ChipCount(row(p).deployment);
                             return chips ? Json(*chips) : Json(nullptr);
                           })},
          {"layout", Column(places, layout)},
          {"measured", Column(places, [&](std::size_t p) { return DayJson(row(p)); })},
          {"verdict",
           Column(places,
                  [&](std::size_t p) { return Json(VerdictName(row(p), snapshot.origin(p))); })},
          {"excluded", Column(places, excluded)}};
}

/// Places in the columns on the frontier of each series.
Json FrontsJson(const Snapshot& snapshot, std::span<const ViewSeries> series,
                const std::map<std::size_t, std::size_t>& column_of, const analysis::RowAxis& x,
                const analysis::RowAxis& y) {
  Json fronts = Json::array();
  for (const ViewSeries& one : series) {
    const auto frontier = analysis::FrontierOf(snapshot.rows(), one.places, x, y);
    Json front = Json::array();
    for (const std::size_t i : frontier.front) {
      front.push_back(column_of.at(frontier.points[i].row));
    }
    fronts.push_back(std::move(front));
  }
  return fronts;
}

}  // namespace

Json SitePointsJson(const Snapshot& snapshot, std::span<const std::size_t> places,
                    const analysis::Pricing& pricing) {
  std::map<std::size_t, std::size_t> column_of;
  for (std::size_t i = 0; i < places.size(); ++i) column_of.emplace(places[i], i);
  const std::vector<ViewSeries> series = SeriesOf(snapshot, places);
  std::vector<std::string> layouts;
  Json columns = ColumnsJson(snapshot, places, layouts);
  Json all_series = Json::array();
  for (const ViewSeries& one : series) {
    Json rows = Json::array();
    for (const std::size_t place : one.places) rows.push_back(column_of.at(place));
    all_series.push_back({{"key", KeyJson(snapshot.series()[one.code])},
                          {"label", one.label},
                          {"rows", std::move(rows)}});
  }
  const Json axes = AxesOf(snapshot, places, pricing);
  Json values = Json::object();
  for (const Json& axis : axes) {
    const std::string name = axis["name"];
    const auto found = analysis::AxisNamed(name, pricing);
    values[name] =
        Column(places, [&](std::size_t p) { return Rounded(found->value(snapshot.rows()[p])); });
  }
  Json fronts = Json::object();
  for (const std::string_view x : kSiteX) {
    for (const std::string_view y : kSiteY) {
      if (!values.contains(std::string(x)) || !values.contains(std::string(y))) continue;
      const auto x_axis = analysis::AxisNamed(x, pricing);
      const auto y_axis = analysis::AxisNamed(y, pricing);
      fronts[std::string(x) + "|" + std::string(y)] =
          FrontsJson(snapshot, series, column_of, *x_axis, *y_axis);
    }
  }
  return {{"layouts", layouts}, {"series", std::move(all_series)}, {"columns", std::move(columns)},
          {"axes", axes},       {"values", std::move(values)},     {"fronts", std::move(fronts)}};
}

}  // namespace roofscape::api
