#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "service/api/selection.h"
#include "service/api/views.h"

namespace roofscape::api {
namespace {

constexpr std::size_t kMaxLoads = 64;
constexpr std::size_t kMaxRates = 16;  // Each takes longer.
constexpr std::size_t kMaxMeasured = 500;
constexpr double kMeanLength = 0.9;  // Of nominal: lengths are even between 0.8 and 1.

struct Ask {
  calibrate::Wish wish;
  double input = 1024;
  double output = 1024;
  std::vector<double> loads;
  std::vector<double> rates;  // An open loop in place of the loads.
  std::optional<double> max_sequences;
  analysis::Pricing pricing;
};

/// Loads of a closed loop, or rates of an open one.
Result<> ReadLoads(const Params& params, Ask& ask) {
  RS_ASSIGN_OR_RETURN(ask.loads, params.Numbers("concurrency", 1, 1e7));
  RS_ASSIGN_OR_RETURN(ask.rates, params.Numbers("rate", 1e-6, 1e9));
  RS_ASSIGN_OR_RETURN(ask.max_sequences, params.Number("max_sequences", 1, 1e7));
  if (!ask.rates.empty() && !ask.loads.empty()) {
    return ParamError("rate", "is an open loop, in which concurrency is not given: leave one out");
  }
  if (ask.max_sequences && ask.rates.empty()) {
    return ParamError("max_sequences", "belongs to an open loop: give a rate, too");
  }
  if (ask.loads.size() > kMaxLoads) {
    return ParamError("concurrency", fmt::format("at most {} loads at once", kMaxLoads));
  }
  if (ask.rates.size() > kMaxRates) {
    return ParamError("rate", fmt::format("at most {} rates at once", kMaxRates));
  }
  std::sort(ask.loads.begin(), ask.loads.end());
  std::sort(ask.rates.begin(), ask.rates.end());
  if (ask.rates.empty() && ask.loads.empty()) ask.loads = {1, 2, 4, 8, 16, 32, 64, 128, 256};
  return {};
}

Result<Ask> ReadAsk(const ViewInput& input, const Params& params) {
  Ask ask;
  const std::pair<const char*, std::string*> texts[] = {{"model", &ask.wish.model},
                                                        {"chip", &ask.wish.chip},
                                                        {"fabric", &ask.wish.fabric},
                                                        {"engine", &ask.wish.engine},
                                                        {"precision", &ask.wish.precision}};
  for (const auto& [name, place] : texts) *place = params.One(name);
  if (ask.wish.engine == "tensorrt-llm") ask.wish.engine = "trtllm";
  for (const char* name : {"model", "chip"}) {
    if (params.One(name).empty()) {
      return ParamError(name, fmt::format("is needed: one of /api/v1/catalog/{}s", name));
    }
  }
  const std::pair<const char*, std::optional<double>*> degrees[] = {
      {"tp", &ask.wish.tp},
      {"ep", &ask.wish.ep},
      {"dp", &ask.wish.dp},
      {"pp", &ask.wish.pp},
      {"chips", &ask.wish.chips},
      {"workers", &ask.wish.workers},
      {"prefill_tp", &ask.wish.prefill_tp},
      {"prefill_ep", &ask.wish.prefill_ep},
      {"prefill_dp", &ask.wish.prefill_dp},
      {"prefill_workers", &ask.wish.prefill_workers}};
  for (const auto& [name, place] : degrees) {
    RS_ASSIGN_OR_RETURN(*place, params.Number(name, 1, 1e6));
  }
  RS_ASSIGN_OR_RETURN(ask.wish.power_cap_w, params.Number("power_cap", 1, 1e5));
  RS_ASSIGN_OR_RETURN(ask.wish.host_gbps, params.Number("host_gbps", 0.01, 1e5));
  for (const auto& [name, place] :
       {std::pair{"prefix_hit", &ask.wish.prefix_hit}, std::pair{"host_hit", &ask.wish.host_hit}}) {
    RS_ASSIGN_OR_RETURN(const auto share, params.Number(name, 0, 0.999));
    *place = share.value_or(0.0);
  }
  RS_ASSIGN_OR_RETURN(const auto in, params.Number("input", 1, 1e8));
  RS_ASSIGN_OR_RETURN(const auto out, params.Number("output", 2, 1e8));
  ask.input = in.value_or(1024);
  ask.output = out.value_or(1024);
  RS_RETURN_IF_ERROR(ReadLoads(params, ask));
  RS_ASSIGN_OR_RETURN(ask.pricing, ReadPricing(params, input));
  return ask;
}

std::string LayoutText(const calibrate::Wish& wish) {
  std::string text;
  const auto add = [&](const char* name, const std::optional<double>& degree) {
    if (degree) text += fmt::format("{}{}{:g}", text.empty() ? "" : " ", name, *degree);
  };
  add("tp", wish.tp);
  add("ep", wish.ep);
  add("dp", wish.dp);
  add("pp", wish.pp);
  add("workers ", wish.workers);
  add("prefill tp", wish.prefill_tp);
  add("prefill ep", wish.prefill_ep);
  add("prefill dp", wish.prefill_dp);
  add("prefill workers ", wish.prefill_workers);
  return text.empty() ? "tp1" : text;
}

calibrate::Figure Sum(const calibrate::Figure& ttft, const calibrate::Figure& rest) {
  return {ttft.value + rest.value, ttft.low80 + rest.low80, ttft.high80 + rest.high80};
}

/// What a point says in a user's and a buyer's units.
void AddDerived(const calibrate::Prediction& p, const Ask& ask, const std::optional<double>& usd,
                Json& json) {
  const double tokens = std::max(kMeanLength * ask.output - 1, 1e-9);  // After the first.
  json["interactivity_tps"] = calibrate::FigureJson(Inverse(p.tpot_s));
  json["e2e_mean_s"] = calibrate::FigureJson(Sum(p.ttft_s, Times(p.tpot_s, tokens)));
  json["usd_per_mtok_total"] =
      usd ? calibrate::FigureJson(Times(Inverse(p.tput_per_chip), *usd * 1e6 / 3600.0))
          : Json(nullptr);
}

Json PointsJson(const Predictor::Points& predicted, const Ask& ask,
                const std::optional<double>& usd) {
  Json points = calibrate::PredictionJson(predicted.points);
  for (std::size_t i = 0; i < predicted.points.size(); ++i) {
    AddDerived(predicted.points[i].prediction, ask, usd, points[i]);
  }
  return points;
}

Json RatesJson(const Predictor::Rates& predicted, const Ask& ask,
               const std::optional<double>& usd) {
  Json rates = Json::array();
  for (std::size_t i = 0; i < predicted.rates.size(); ++i) {
    Json json = calibrate::OpenPointJson(ask.rates[i], predicted.rates[i]);
    if (predicted.rates[i]) {
      AddDerived(predicted.rates[i]->prediction, ask, usd, json);
    } else {
      for (const char* name : {"interactivity_tps", "e2e_mean_s", "usd_per_mtok_total"}) {
        json[name] = nullptr;
      }
    }
    rates.push_back(std::move(json));
  }
  return rates;
}

/// Rows of the same system and shape, whatever their layout, to lay beside the curve.
Json MeasuredJson(const ViewInput& input, const Params& params, const Ask& ask) {
  Json all = Json::array();
  const auto selection = ReadSelection(params, input.catalog());
  if (!selection) return all;
  const Snapshot& snapshot = *input.snapshot;
  for (const std::size_t place : Select(*selection, snapshot)) {
    const spec::Row& row = snapshot.rows()[place];
    if (static_cast<double>(row.workload.input.tokens) != ask.input ||
        static_cast<double>(row.workload.output.tokens) != ask.output || row.concurrency <= 0) {
      continue;
    }
    const auto chips = spec::ChipCount(row.deployment);
    if (ask.wish.tp && (row.deployment.roles.size() != 1 ||
                        row.deployment.roles[0].tp != static_cast<std::int64_t>(*ask.wish.tp))) {
      continue;
    }
    if (!chips || all.size() == kMaxMeasured) continue;
    all.push_back({{"id", snapshot.origin(place).id},
                   {"concurrency", row.concurrency},
                   {"interactivity_tps", NumberJson(row.values.Get("interactivity_p50_tps"))},
                   {"ttft_s", NumberJson(row.values.Get("ttft_p50_s"))},
                   {"total_tps_per_chip", NumberJson(row.values.Get("total_tps_per_chip"))}});
  }
  return all;
}

}  // namespace

Result<Json> PredictView(const ViewInput& input, const Params& params) {
  RS_ASSIGN_OR_RETURN(const Ask ask, ReadAsk(input, params));
  const Predictor& predictor = *input.facts->predictor;
  const auto price = analysis::ChipPrice(ask.wish.chip, ask.pricing);
  const auto usd = price ? std::optional(price->value) : std::nullopt;
  Json parts = Json::array();
  for (std::size_t i = 0; i < perf::kStepParts; ++i) {
    parts.push_back({{"key", calibrate::PartKey(i)}, {"title", calibrate::PartTitle(i)}});
  }
  Json notes = Json::array();
  if (!price) notes.push_back(price.error().message);
  Json answer = {{"generation", input.snapshot->generation()},
                 {"model", ask.wish.model},
                 {"chip", ask.wish.chip},
                 {"engine", ask.wish.engine},
                 {"precision", ask.wish.precision},
                 {"layout", LayoutText(ask.wish)},
                 {"fitted_rows", predictor.fitted_rows()},
                 {"pricing", PricingJson(ask.pricing)},
                 {"price", price ? PriceJson(*price, ask.pricing) : Json(nullptr)},
                 {"parts", std::move(parts)},
                 {"points", Json::array()},
                 {"measured", MeasuredJson(input, params, ask)},
                 {"notes", std::move(notes)}};
  if (ask.rates.empty()) {
    RS_ASSIGN_OR_RETURN(const Predictor::Points predicted,
                        predictor.Predict(ask.wish, ask.input, ask.output, ask.loads));
    answer["chips"] = std::llround(predicted.chips);
    answer["points"] = PointsJson(predicted, ask, usd);
    return answer;
  }
  RS_ASSIGN_OR_RETURN(
      const Predictor::Rates predicted,
      predictor.PredictRates(ask.wish, ask.input, ask.output, ask.rates, ask.max_sequences));
  answer["chips"] = std::llround(predicted.chips);
  answer["rates"] = RatesJson(predicted, ask, usd);
  answer["capacity_rps"] = calibrate::FigureJson(predicted.capacity_rps);
  return answer;
}

}  // namespace roofscape::api
