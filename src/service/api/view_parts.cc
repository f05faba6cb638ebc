#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "domain/analysis/days.h"
#include "domain/catalog/price.h"
#include "service/api/views.h"

namespace roofscape::api {
namespace {

constexpr std::array<std::string_view, 2> kPricingParams = {"tier", "date"};

}  // namespace

std::span<const std::string_view> PricingParams() { return kPricingParams; }

Result<analysis::Pricing> ReadPricing(const Params& params, const ViewInput& input) {
  analysis::Pricing pricing;
  pricing.catalog = &input.catalog();
  if (const std::string_view tier = params.One("tier"); !tier.empty()) {
    const auto parsed = catalog::ParseTier(tier);
    if (!parsed) return ParamError("tier", parsed.error().message);
    pricing.tier = *parsed;
  }
  RS_ASSIGN_OR_RETURN(const auto date, params.Day("date"));
  RS_ASSIGN_OR_RETURN(const auto as_of, params.Day("as_of"));
  pricing.date = date    ? *date
                 : as_of ? *as_of
                         : analysis::DayOf(input.now).value_or(catalog::Date{1970, 1, 1});
  return pricing;
}

Json PricingJson(const analysis::Pricing& pricing) {
  return {{"tier", catalog::Name(pricing.tier)}, {"date", pricing.date.ToIso()}};
}

Json KeyJson(const analysis::RowSeriesKey& key) {
  return {{"model", key.model},
          {"precision", key.precision},
          {"engine", key.engine},
          {"speculative", key.speculative},
          {"chip", key.chip},
          {"shape", ShapeOf(key.workload)},
          {"workload", spec::ShapeName(key.workload)},
          {"protocol", key.protocol},
          {"window", key.window},
          {"way", key.way}};
}

std::string SystemLabel(const analysis::RowSeriesKey& key) {
  std::string label;
  for (const std::string* part : {&key.chip, &key.engine, &key.precision}) {
    if (!part->empty()) label += (label.empty() ? "" : ", ") + *part;
  }
  if (!key.speculative.empty() && key.speculative != "none") label += ", " + key.speculative;
  return label.empty() ? "not told" : label;
}

Json PriceJson(const catalog::DatedFigure& price, const analysis::Pricing& pricing) {
  return {{"usd_per_chip_hour", price.value},
          {"tier", catalog::Name(pricing.tier)},
          {"book", price.book},
          {"date", price.date.ToIso()},
          {"placeholder", price.placeholder}};
}

std::string_view VerdictName(const spec::Row& row, const RowOrigin& origin) {
  const bool untold = origin.run.empty() && row.instrument == spec::Fitness::kValid;
  return untold ? "UNKNOWN" : spec::Name(row.instrument);
}

Json DayJson(const spec::Row& row) {
  const auto day = analysis::DayOf(row.measured);
  return day ? Json(day->ToIso()) : Json(nullptr);
}

Json NumberJson(std::optional<double> value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json ConcurrencyJson(const spec::Row& row) {
  return row.concurrency > 0 ? Json(row.concurrency) : Json(nullptr);
}

Json OptionalText(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

}  // namespace roofscape::api
