#include "model/calibrate/prediction_json.h"

#include <algorithm>
#include <array>
#include <string>

#include <nlohmann/json.hpp>

namespace roofscape::calibrate {
namespace {

/// In the order of perf::StepPart.
constexpr std::array<std::string_view, perf::kStepParts> kTitles = {"projections and dense layers",
                                                                    "attention",
                                                                    "routed experts",
                                                                    "recurrent state",
                                                                    "output head",
                                                                    "sums over the group",
                                                                    "tokens to experts and back",
                                                                    "launches",
                                                                    "host"};
constexpr std::array<std::string_view, perf::kStepParts> kKeys = {
    "products_s", "attention_s", "experts_s", "recurrent_s", "head_s",
    "sums_s",     "travel_s",    "floors_s",  "host_s"};

Json StepJson(const perf::StepTimes<double>& times) {
  Json json = Json::object();
  for (std::size_t i = 0; i < perf::kStepParts; ++i) json[std::string(kKeys[i])] = times[i];
  json["total_s"] = perf::Total(times);
  return json;
}

}  // namespace

std::string_view PartTitle(std::size_t part) { return kTitles[part]; }

std::string_view PartWord(std::size_t part) {
  constexpr std::array<std::string_view, perf::kStepParts> kWords = {
      "products", "attention", "experts", "state", "head", "sums", "travel", "launches", "host"};
  return kWords[part];
}

std::string_view PartKey(std::size_t part) { return kKeys[part]; }

std::size_t LargestPart(const perf::StepTimes<double>& times) {
  return static_cast<std::size_t>(std::max_element(times.begin(), times.end()) - times.begin());
}

Json FigureJson(const Figure& f) {
  return {{"value", f.value}, {"low80", f.low80}, {"high80", f.high80}};
}

Json PredictionJson(std::span<const PredictedPoint> points) {
  Json all = Json::array();
  for (const auto& p : points) {
    all.push_back({{"concurrency", p.concurrency},
                   {"ttft_mean_s", FigureJson(p.prediction.ttft_s)},
                   {"tpot_mean_s", FigureJson(p.prediction.tpot_s)},
                   {"total_tps_per_chip", FigureJson(p.prediction.tput_per_chip)},
                   {"domain", Name(p.prediction.domain)},
                   {"decoding_sequences", p.why.decoding},
                   {"admitted_sequences", std::min(p.why.admitted, 1e9)},
                   {"limited_by", PartKey(LargestPart(p.why.decode))},
                   {"decode_step", StepJson(p.why.decode)},
                   {"prompt", StepJson(p.why.prefill)},
                   {"tokens_a_step", p.why.gained},
                   {"clock", {{"decode_step", p.why.decode_clock}, {"prompt", p.why.prompt_clock}}},
                   {"memory",
                    {{"chip_bytes", p.why.memory},
                     {"weight_bytes", p.why.weights},
                     {"cache_room_bytes", p.why.cache_room},
                     {"cache_filled_bytes", p.why.cache}}}});
  }
  return all;
}

Json OpenPointJson(double rate_rps, const std::optional<OpenPrediction>& open) {
  Json json = Json::object();
  if (open) {
    const PredictedPoint plain{rate_rps, open->prediction, open->why};
    json = PredictionJson({&plain, 1})[0];
    json.erase("concurrency");
  } else {
    for (const char* name : {"ttft_mean_s", "tpot_mean_s", "total_tps_per_chip", "domain",
                             "decoding_sequences", "admitted_sequences", "limited_by",
                             "decode_step", "prompt", "tokens_a_step", "clock", "memory"}) {
      json[name] = nullptr;
    }
  }
  const auto number = [&](double perf::OpenPoint::* field) {
    return open ? Json(open->point.*field) : Json();
  };
  json["rate_rps"] = rate_rps;
  json["saturated"] = !open;
  json["waiting_mean_s"] = number(&perf::OpenPoint::waits_s);
  json["in_flight_mean_requests"] = number(&perf::OpenPoint::in_flight);
  json["serving_mean_requests"] = number(&perf::OpenPoint::serving);
  json["idle_fraction"] = number(&perf::OpenPoint::idle);
  return json;
}

}  // namespace roofscape::calibrate
