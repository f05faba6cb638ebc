#include "service/api/predictor.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "domain/analysis/curve.h"
#include "domain/analysis/derived_axes.h"
#include "model/sim/engine_policy.h"
#include "service/api/serving_row.h"

namespace roofscape::api {
namespace {

/// A predicted load on an axis, where the model has the figure. Those of a median stand for it by
/// the mean: the model knows no distributions. A price of 0: not known.
std::optional<calibrate::Figure> On(const std::string& axis, const calibrate::PredictedPoint& p,
                                    double usd_per_chip_hour) {
  if (axis == "interactivity_p50_tps" || axis == "interactivity_mean_tps") {
    return Inverse(p.prediction.tpot_s);
  }
  if (axis == "tpot_p50_s" || axis == "tpot_mean_s") return p.prediction.tpot_s;
  if (axis == "ttft_p50_s" || axis == "ttft_mean_s") return p.prediction.ttft_s;
  if (axis == "total_tps_per_chip") return p.prediction.tput_per_chip;
  if (axis == "usd_per_mtok_total" && usd_per_chip_hour > 0) {
    return Times(Inverse(p.prediction.tput_per_chip), usd_per_chip_hour * 1e6 / 3600.0);
  }
  return std::nullopt;
}

/// An open loop walks through the numbers of requests that there can be: not for millions.
Result<> CheckStates(const calibrate::Case& lone, double sequences) {
  constexpr double kMost = 1e6;
  const perf::Service& s = lone.service;
  const double serve = s.serve.workers * perf::Streams(s.serve.worker) * sequences;
  const double prompts = std::max(s.token_budget / lone.load.input, 1.0);
  const double prefill =
      s.disaggregated ? s.prefill.workers * perf::Streams(s.prefill.worker) * prompts : 0.0;
  if (std::max(serve, prefill) <= kMost) return {};
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("a deployment that takes {:.3g} requests at once is too large for a "
                           "rate: ask for a part of it, with its part of the rate, or lower "
                           "max_sequences; at most {:g} are followed",
                           std::max(serve, prefill), kMost)};
}

}  // namespace

calibrate::Figure Inverse(const calibrate::Figure& figure) {
  return {1.0 / figure.value, 1.0 / figure.high80, 1.0 / figure.low80};
}

calibrate::Figure Times(const calibrate::Figure& figure, double factor) {
  return {figure.value * factor, figure.low80 * factor, figure.high80 * factor};
}

Result<calibrate::Case> Predictor::MakeCase(const catalog::Catalog& catalog,
                                            const calibrate::ServingRow& row) const {
  const std::scoped_lock lock(mutex_);
  return calibrate::MakeCase(catalog, row, &kernels_);
}

Result<Predictor::Points> Predictor::PredictRow(const catalog::Catalog& catalog,
                                                calibrate::ServingRow row,
                                                std::span<const double> loads,
                                                bool must_fit) const {
  Points out;
  for (const double load : loads) {
    row.concurrency = load;
    RS_ASSIGN_OR_RETURN(const calibrate::Case made, MakeCase(catalog, row));
    if (must_fit) RS_RETURN_IF_ERROR(calibrate::CheckFits(made));
    out.chips = made.chips;
    out.points.push_back({load, model_.Predict(made), model_.Explain(made)});
  }
  return out;
}

Result<calibrate::ServingRow> Predictor::RowOf(const calibrate::Wish& wish, double input,
                                               double output,
                                               std::optional<catalog::Catalog>& changed) const {
  RS_RETURN_IF_ERROR(calibrate::CheckLayout(wish, catalog_));
  calibrate::ServingRow row = calibrate::RowOf(wish);
  row.input = input;
  row.output = output;
  if (wish.fabric.empty()) return row;
  changed = catalog_;
  RS_RETURN_IF_ERROR(calibrate::ReplaceFabric(wish, *changed));
  return row;
}

Result<Predictor::Points> Predictor::Predict(const calibrate::Wish& wish, double input,
                                             double output, std::span<const double> loads) const {
  std::optional<catalog::Catalog> changed;
  RS_ASSIGN_OR_RETURN(const calibrate::ServingRow row, RowOf(wish, input, output, changed));
  return PredictRow(changed ? *changed : catalog_, row, loads, true);
}

Result<Predictor::Rates> Predictor::PredictRates(const calibrate::Wish& wish, double input,
                                                 double output, std::span<const double> rates_rps,
                                                 std::optional<double> max_sequences) const {
  std::optional<catalog::Catalog> changed;
  RS_ASSIGN_OR_RETURN(calibrate::ServingRow row, RowOf(wish, input, output, changed));
  Rates out;
  const auto case_at = [&](double concurrency) -> Result<calibrate::Case> {
    row.concurrency = concurrency;
    RS_ASSIGN_OR_RETURN(calibrate::Case made, MakeCase(changed ? *changed : catalog_, row));
    RS_RETURN_IF_ERROR(calibrate::CheckFits(made));
    out.chips = made.chips;
    return made;
  };
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(catalog_, row.chip));
  const auto policy = sim::DefaultPolicy(perf::EngineClassOf(wish.engine), *chip);
  const double sequences = max_sequences.value_or(static_cast<double>(policy.max_sequences));
  RS_ASSIGN_OR_RETURN(const calibrate::Case lone, case_at(1.0));
  RS_RETURN_IF_ERROR(CheckStates(lone, sequences));
  RS_ASSIGN_OR_RETURN(
      const calibrate::OpenLoop loop,
      calibrate::OpenLoop::Make(case_at, model_, calibrate::OwnChip(),
                                calibrate::LengthVariation(row.length_low), sequences));
  out.capacity_rps = loop.capacity_rps();
  for (const double rate : rates_rps) {
    RS_ASSIGN_OR_RETURN(auto open, loop.At(rate));
    out.rates.push_back(std::move(open));
  }
  return out;
}

Json Predictor::OverlayJson(const spec::Row& row, std::span<const double> loads,
                            const std::string& x, const std::string& y,
                            const analysis::Pricing& pricing) const {
  const auto serving = ServingRowOf(row);
  if (!serving || loads.empty()) return nullptr;
  const auto points = PredictRow(catalog_, *serving, loads, false);
  if (!points) return nullptr;
  const auto price = analysis::ChipPrice(row.deployment.chip, pricing);
  const double usd = price ? price->value : 0.0;
  Json json = {{"layout", analysis::LayoutName(row.deployment)},
               {"domain", calibrate::Name(points->points.front().prediction.domain)},
               {"concurrency", loads}};
  for (const auto& [axis, name] : {std::pair(x, 'x'), std::pair(y, 'y')}) {
    Json value = Json::array();
    Json low = Json::array();
    Json high = Json::array();
    for (const calibrate::PredictedPoint& point : points->points) {
      const auto figure = On(axis, point, usd);
      if (!figure) return nullptr;
      value.push_back(figure->value);
      low.push_back(figure->low80);
      high.push_back(figure->high80);
    }
    const std::string key(1, name);
    json[key] = std::move(value);
    json[key + "_low"] = std::move(low);
    json[key + "_high"] = std::move(high);
  }
  return json;
}

}  // namespace roofscape::api
