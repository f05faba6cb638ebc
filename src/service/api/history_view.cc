#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/core/names.h"
#include "base/core/text.h"
#include "domain/analysis/derived_axes.h"
#include "domain/analysis/noise.h"
#include "domain/analysis/regression.h"
#include "domain/analysis/trend.h"
#include "service/api/axes.h"
#include "service/api/selection.h"
#include "service/api/views.h"

namespace roofscape::api {
namespace {

constexpr double kUsualTarget = 50;
constexpr std::array<std::string_view, 5> kGroupNames = {"chip", "engine", "model", "precision",
                                                         "speculative"};
using FieldOf = const std::string& (*)(const spec::Deployment&);
constexpr std::array<FieldOf, 5> kGroupFields = {
    [](const spec::Deployment& d) -> const std::string& { return d.chip; },
    [](const spec::Deployment& d) -> const std::string& { return d.engine; },
    [](const spec::Deployment& d) -> const std::string& { return d.model; },
    [](const spec::Deployment& d) -> const std::string& { return d.precision; },
    [](const spec::Deployment& d) -> const std::string& { return d.speculative; }};

struct Ask {
  Selection selection;
  analysis::Pricing pricing;
  analysis::TrendQuery query;
  std::vector<std::size_t> by;  // Places in kGroupNames.
  bool priced = false;
  bool regressions = false;
  std::vector<std::string> notes;
};

/// The target, else the usual one, else where that is beyond all of them what half of the rows
/// reach.
double TargetOf(std::optional<double> asked, const analysis::RowAxis& floor,
                std::span<const spec::Row> rows, std::vector<std::string>& notes) {
  if (asked) return *asked;
  std::vector<double> values;
  for (const spec::Row& row : rows) {
    if (const auto value = floor.value(row)) values.push_back(*value);
  }
  if (values.empty()) return kUsualTarget;
  std::sort(values.begin(), values.end());
  const bool more = floor.direction == spec::Direction::kHigherIsBetter;
  const bool reached = more ? values.back() >= kUsualTarget : values.front() <= kUsualTarget;
  if (floor.name.find("interactivity") != std::string::npos && reached) return kUsualTarget;
  notes.push_back(
      fmt::format("The target is what half of the points reach; choose another with "
                  "'at'."));
  return values[values.size() / 2];
}

Result<Ask> ReadAsk(const ViewInput& input, const Params& params, std::vector<std::size_t>& places,
                    std::vector<spec::Row>& rows) {
  Ask ask;
  RS_ASSIGN_OR_RETURN(ask.selection, ReadSelection(params, input.catalog()));
  RS_ASSIGN_OR_RETURN(ask.pricing, ReadPricing(params, input));
  RS_ASSIGN_OR_RETURN(ask.regressions, params.Flag("regressions"));
  RS_ASSIGN_OR_RETURN(const auto at, params.Number("at", 0, 1e12));
  for (const std::string& name : params.Many("by")) {
    const auto found = std::find(kGroupNames.begin(), kGroupNames.end(), name);
    if (found == kGroupNames.end()) {
      return ParamError("by", UnknownName(Printable(name, 60), kGroupNames));
    }
    ask.by.push_back(static_cast<std::size_t>(found - kGroupNames.begin()));
  }
  const auto axis = [&](const char* name, const char* otherwise) {
    const std::string_view asked = params.One(name);
    auto found = analysis::AxisNamed(asked.empty() ? otherwise : asked, ask.pricing);
    return found ? found : Result<analysis::RowAxis>(ParamError(name, found.error().message));
  };
  RS_ASSIGN_OR_RETURN(ask.query.floor, axis("x", "interactivity_p50_tps"));
  RS_ASSIGN_OR_RETURN(ask.query.best, axis("y", "total_tps_per_chip"));
  RS_ASSIGN_OR_RETURN(const analysis::AxisInfo best, analysis::FindAxis(ask.query.best.name));
  ask.priced = best.derived;
  constexpr std::array kDefaults = {Field::kModel, Field::kShape, Field::kProtocol};
  FillIn(ask.selection, *input.snapshot, kDefaults);
  places = Select(ask.selection, *input.snapshot);
  rows = RowsAt(*input.snapshot, places);
  ask.query.target = TargetOf(at, ask.query.floor, rows, ask.notes);
  return ask;
}

/// A row of the view, with its place in the snapshot.
struct Rows {
  const Snapshot& snapshot;
  std::vector<std::size_t> places;
  std::vector<spec::Row> rows;

  const std::string& Id(std::size_t row) const { return snapshot.origin(places[row]).id; }
  std::string Label(std::size_t row) const {
    return SystemLabel(snapshot.series()[snapshot.SeriesOf(places[row])]);
  }
};

Json ChangedJson(const spec::Row& before, const spec::Row& now) {
  Json changed = Json::array();
  const auto compare = [&](std::string_view field, const std::string& was, const std::string& is) {
    if (was != is) changed.push_back({{"field", field}, {"was", was}, {"now", is}});
  };
  for (std::size_t i = 0; i < kGroupNames.size(); ++i) {
    compare(kGroupNames[i], kGroupFields[i](before.deployment), kGroupFields[i](now.deployment));
  }
  compare("engine_version", before.deployment.engine_version, now.deployment.engine_version);
  compare("layout", analysis::LayoutName(before.deployment), analysis::LayoutName(now.deployment));
  return changed;
}

Json TrendJson(const Rows& rows, const analysis::Trend& trend) {
  Json steps = Json::array();
  const analysis::TrendStep* before = nullptr;
  for (const analysis::TrendStep& step : trend.steps) {
    const spec::Row& row = rows.rows[step.row];
    const bool has_gain = before != nullptr && before->value != 0;
    steps.push_back({{"from", step.from.ToIso()},
                     {"value", step.value},
                     {"at", step.at},
                     {"id", rows.Id(step.row)},
                     {"label", rows.Label(step.row)},
                     {"layout", analysis::LayoutName(row.deployment)},
                     {"run_url", OptionalText(row.origin.url)},
                     {"gain", has_gain ? Json(step.value / before->value - 1) : Json(nullptr)},
                     {"changed", before == nullptr ? Json::array()
                                                   : ChangedJson(rows.rows[before->row], row)}});
    before = &step;
  }
  std::string model = trend.key.model;
  if (model.empty() && !trend.steps.empty()) {
    model = rows.rows[trend.steps.back().row].deployment.model;
  }
  return {{"model", model},
          {"workload", spec::ShapeName(trend.key.workload)},
          {"protocol", trend.key.protocol},
          {"window", trend.key.window},
          {"way", trend.key.way},
          {"undated", trend.undated},
          {"steps", std::move(steps)}};
}

/// The rows by what the query groups them by, in order of name.
std::map<std::string, Rows> Groups(const Snapshot& snapshot, const Ask& ask,
                                   std::span<const std::size_t> places,
                                   std::span<const spec::Row> rows) {
  std::map<std::string, Rows> groups;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<std::string> parts;
    for (const std::size_t field : ask.by) {
      const std::string& value = kGroupFields[field](rows[i].deployment);
      parts.push_back(value.empty() ? "not told" : value);
    }
    const std::string name = fmt::format("{}", fmt::join(parts, ", "));
    auto& group = groups.try_emplace(name, Rows{snapshot, {}, {}}).first->second;
    group.places.push_back(places[i]);
    group.rows.push_back(rows[i]);
  }
  return groups;
}

Json ShiftJson(const Rows& rows, const analysis::RowCurve& curve, const analysis::Shift& shift) {
  Json ids = Json::array();
  for (const std::size_t row : curve.rows) ids.push_back(rows.Id(row));
  const spec::Row& first = rows.rows[curve.rows.front()];
  return {{"label", rows.Label(curve.rows.front())},
          {"layout", curve.layout},
          {"day", curve.occasion.day ? Json(curve.occasion.day->ToIso()) : Json(nullptr)},
          {"run_url", OptionalText(first.origin.url)},
          {"verdict", analysis::Name(shift.verdict)},
          {"change", shift.change},
          {"smallest_finding", shift.smallest},
          {"loads", shift.loads},
          {"history", shift.history},
          {"own_noise", shift.own_noise},
          {"ids", std::move(ids)}};
}

Json RegressionsJson(const Rows& rows, Ask& ask) {
  if (!ask.regressions) return nullptr;
  const std::string& metric = ask.query.best.name;
  if (!analysis::FloorOf(metric)) {
    ask.notes.push_back(metric +
                        ": its noise between runs is not known, so nothing can be judged: "
                        "choose total_tps_per_chip, tpot_p50_s or ttft_p50_s as y.");
    return nullptr;
  }
  const auto curves = analysis::SplitIntoCurves(rows.rows);
  std::vector<analysis::CurveShift> shifts = analysis::FindShifts(rows.rows, curves, metric);
  std::sort(shifts.begin(), shifts.end(), [](const auto& a, const auto& b) {
    return std::pair(a.shift.change, a.curve) < std::pair(b.shift.change, b.curve);
  });
  std::int64_t judged = 0;
  std::int64_t too_few = 0;
  Json found = Json::array();
  for (const analysis::CurveShift& shift : shifts) {
    const analysis::ShiftVerdict verdict = shift.shift.verdict;
    ++(verdict == analysis::ShiftVerdict::kTooFew ? too_few : judged);
    if (verdict == analysis::ShiftVerdict::kWorse || verdict == analysis::ShiftVerdict::kBetter) {
      found.push_back(ShiftJson(rows, curves[shift.curve], shift.shift));
    }
  }
  return {{"metric", metric}, {"judged", judged}, {"too_few", too_few}, {"shifts", found}};
}

}  // namespace

Result<Json> HistoryView(const ViewInput& input, const Params& params) {
  const Snapshot& snapshot = *input.snapshot;
  Rows all{snapshot, {}, {}};
  RS_ASSIGN_OR_RETURN(Ask ask, ReadAsk(input, params, all.places, all.rows));
  Json groups = Json::array();
  for (const auto& [name, rows] : Groups(snapshot, ask, all.places, all.rows)) {
    Json trends = Json::array();
    for (const analysis::Trend& trend : analysis::TrendsOf(rows.rows, ask.query)) {
      trends.push_back(TrendJson(rows, trend));
    }
    groups.push_back({{"name", name}, {"trends", std::move(trends)}});
  }
  if (all.rows.empty()) ask.notes.emplace_back("No point fits these filters.");
  const Json regressions = RegressionsJson(all, ask);
  return Json{{"generation", snapshot.generation()},
              {"query", SelectionJson(ask.selection)},
              {"pricing", ask.priced ? PricingJson(ask.pricing) : Json(nullptr)},
              {"floor", AxisJson(ask.query.floor)},
              {"at", ask.query.target},
              {"best", AxisJson(ask.query.best)},
              {"groups", std::move(groups)},
              {"regressions", regressions},
              {"options", FacetsJson(ask.selection, snapshot, input.catalog())},
              {"notes", ask.notes}};
}

}  // namespace roofscape::api
