#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "service/api/axes.h"
#include "service/api/recipe.h"
#include "service/api/store_views.h"

namespace roofscape::api {
namespace {

/// Everything of a row, with what only the store holds.
struct WholeRow {
  spec::Row row;
  spec::Verdict verdict;
  Json recipe;
  std::string original;
};

Result<WholeRow> LoadWhole(const ViewInput& input, StoreAccess& store, std::size_t place) {
  const RowOrigin& origin = input.snapshot->origin(place);
  WholeRow whole;
  whole.row = input.snapshot->rows()[place];
  whole.verdict.instrument = whole.row.instrument;
  if (origin.run.empty()) {
    const std::array ids = {origin.archive_id};
    RS_ASSIGN_OR_RETURN(auto texts, store.Texts(ids));
    if (const auto found = texts.find(origin.archive_id); found != texts.end()) {
      whole.row.corrections = std::move(found->second.corrections);
      whole.row.facts = std::move(found->second.facts);
      whole.row.origin.key = std::move(found->second.origin.key);
    }
    whole.original = store.Original(origin.import_id, whole.row.origin.place);
    whole.recipe = RecipeOf(whole.row);
    return whole;
  }
  RS_ASSIGN_OR_RETURN(const spec::RunResult run, store.LoadRun(origin.run));
  for (const spec::PointResult& point : run.points) {
    if (point.index == origin.point) whole.verdict = point.verdict;
  }
  whole.recipe = RecipeOf(run.plan);
  return whole;
}

Json FigureJson(const std::string& name, const std::string& title, const std::string& unit,
                std::optional<double> value, const RowOrigin& origin) {
  Json figure = {{"name", name},           {"title", title},    {"unit", unit},
                 {"group", GroupOf(name)}, {"digits", kDigits}, {"value", NumberJson(value)},
                 {"low", nullptr},         {"high", nullptr}};
  if (const auto found = origin.intervals.find(name); found != origin.intervals.end()) {
    figure["low"] = NumberJson(found->second.low);
    figure["high"] = NumberJson(found->second.high);
  }
  return figure;
}

Json FiguresJson(const spec::Row& row, const RowOrigin& origin) {
  Json figures = Json::array();
  for (const auto& entry : row.values.entries()) {
    const spec::MetricInfo& metric = spec::AllMetrics()[entry.place];
    figures.push_back(FigureJson(metric.name, metric.title, metric.unit, entry.value, origin));
  }
  return figures;
}

Json DerivedJson(const spec::Row& row, const RowOrigin& origin, const analysis::Pricing& pricing) {
  Json figures = Json::array();
  for (const analysis::AxisInfo& info : analysis::AllAxes()) {
    if (!info.derived) continue;
    const auto axis = analysis::AxisNamed(info.name, pricing);
    const auto value = axis ? axis->value(row) : std::nullopt;
    if (value) figures.push_back(FigureJson(info.name, info.title, info.unit, value, origin));
  }
  return figures;
}

Json OriginJson(const spec::Row& row, const RowOrigin& origin) {
  const bool imported = origin.run.empty();
  return {{"format", row.origin.format},
          {"source", row.origin.source},
          {"url", OptionalText(row.origin.url)},
          {"key", row.origin.key},
          {"import_id", imported ? Json(origin.import_id) : Json(nullptr)},
          {"revision", imported ? Json(origin.revision) : Json(nullptr)},
          {"known", origin.known.unix_us == 0 ? Json(nullptr) : Json(origin.known.ToIso())}};
}

}  // namespace

Result<Json> RowView(const ViewInput& input, StoreAccess& store, std::string_view id,
                     const Params& params) {
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing, ReadPricing(params, input));
  const auto place = input.snapshot->Find(id);
  if (!place) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("no row has the id '{}': /api/v1/frontier names those that are there",
                             id.substr(0, 80))};
  }
  RS_ASSIGN_OR_RETURN(const WholeRow whole, LoadWhole(input, store, *place));
  const spec::Row& row = whole.row;
  const RowOrigin& origin = input.snapshot->origin(*place);
  const analysis::RowSeriesKey& key = input.snapshot->series()[input.snapshot->SeriesOf(*place)];
  const auto chips = spec::ChipCount(row.deployment);
  const auto price = analysis::ChipPrice(row.deployment.chip, pricing);
  Json verdict = spec::ToJson(whole.verdict);
  if (origin.run.empty()) verdict["instrument"] = VerdictName(row, origin);
  return Json{{"id", origin.id},
              {"label", SystemLabel(key)},
              {"key", KeyJson(key)},
              {"layout", analysis::LayoutName(row.deployment)},
              {"chips", chips ? Json(*chips) : Json(nullptr)},
              {"concurrency", ConcurrencyJson(row)},
              {"rate_rps", NumberJson(row.rate_rps)},
              {"measured", DayJson(row)},
              {"complete", row.complete},
              {"origin", OriginJson(row, origin)},
              {"deployment", spec::ToJson(row.deployment)},
              {"workload", spec::ToJson(row.workload)},
              {"verdict", std::move(verdict)},
              {"figures", FiguresJson(row, origin)},
              {"derived", DerivedJson(row, origin, pricing)},
              {"price", price ? PriceJson(*price, pricing) : Json(nullptr)},
              {"pricing", PricingJson(pricing)},
              {"corrections", spec::ToJson(row.corrections)},
              {"facts", Json(row.facts)},
              {"recipe", whole.recipe},
              {"run", origin.run.empty() ? Json(nullptr)
                                         : Json{{"id", origin.run}, {"point", origin.point}}},
              {"original", OptionalText(whole.original)}};
}

}  // namespace roofscape::api
