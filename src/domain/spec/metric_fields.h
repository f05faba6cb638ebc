// The fields of PointMetrics as tables of member pointers: the one list from which the registry,
// the JSON writer and the JSON reader are made, so that a metric cannot be in one and not another.
//
// Private to spec/. Thread safety: constant data.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/spec/metric_registry.h"
#include "domain/spec/run_result.h"

namespace roofscape::spec {

struct CountField {
  std::string_view name;
  std::string_view unit;
  std::string_view title;
  std::int64_t PointMetrics::* member;
};

struct ScalarField {
  std::string_view name;
  std::string_view unit;
  std::string_view title;
  Direction direction;
  std::optional<double> PointMetrics::* member;
};

struct SummaryField {
  std::string_view stem;    // "ttft": names are stem_stat_suffix
  std::string_view suffix;  // "s"
  std::string_view unit;
  std::string_view title;
  Direction direction;
  Summary PointMetrics::* member;
};

struct StatField {
  std::string_view name;
  std::optional<double> Summary::* member;
};

inline constexpr std::array<CountField, 5> kCountFields = {{
    {"requests", "requests", "requests attempted", &PointMetrics::requests},
    {"successes", "requests", "requests that succeeded", &PointMetrics::successes},
    {"failures", "requests", "requests that failed", &PointMetrics::failures},
    {"input_tokens", "tokens", "input tokens", &PointMetrics::input_tokens},
    {"output_tokens", "tokens", "output tokens", &PointMetrics::output_tokens},
}};

inline constexpr std::array<ScalarField, 26> kScalarFields = {{
    {"cached_tokens", "tokens", "cached input tokens", Direction::kNeither,
     &PointMetrics::cached_tokens},
    {"input_tps", "tokens/s", "input throughput", Direction::kHigherIsBetter,
     &PointMetrics::input_tps},
    {"output_tps", "tokens/s", "output throughput", Direction::kHigherIsBetter,
     &PointMetrics::output_tps},
    {"total_tps", "tokens/s", "total throughput", Direction::kHigherIsBetter,
     &PointMetrics::total_tps},
    {"request_rps", "requests/s", "request rate", Direction::kHigherIsBetter,
     &PointMetrics::request_rps},
    {"input_tps_per_chip", "tokens/s/chip", "input throughput per chip", Direction::kHigherIsBetter,
     &PointMetrics::input_tps_per_chip},
    {"output_tps_per_chip", "tokens/s/chip", "output throughput per chip",
     Direction::kHigherIsBetter, &PointMetrics::output_tps_per_chip},
    {"total_tps_per_chip", "tokens/s/chip", "total throughput per chip", Direction::kHigherIsBetter,
     &PointMetrics::total_tps_per_chip},
    {"in_flight_mean", "requests", "requests in flight", Direction::kNeither,
     &PointMetrics::in_flight_mean},
    {"littles_law_in_flight", "requests", "arrival rate x mean time in the system",
     Direction::kNeither, &PointMetrics::littles_law_in_flight},
    {"ttft_attempted_p50_s", "s", "TTFT p50 of attempted requests", Direction::kLowerIsBetter,
     &PointMetrics::ttft_attempted_p50_s},
    {"ttft_attempted_p99_s", "s", "TTFT p99 of attempted requests", Direction::kLowerIsBetter,
     &PointMetrics::ttft_attempted_p99_s},
    {"tpot_attempted_p50_s", "s/token", "TPOT p50 of attempted requests", Direction::kLowerIsBetter,
     &PointMetrics::tpot_attempted_p50_s},
    {"tpot_attempted_p99_s", "s/token", "TPOT p99 of attempted requests", Direction::kLowerIsBetter,
     &PointMetrics::tpot_attempted_p99_s},
    {"e2e_attempted_p50_s", "s", "E2E latency p50 of attempted requests", Direction::kLowerIsBetter,
     &PointMetrics::e2e_attempted_p50_s},
    {"e2e_attempted_p99_s", "s", "E2E latency p99 of attempted requests", Direction::kLowerIsBetter,
     &PointMetrics::e2e_attempted_p99_s},
    {"first_token_uncertainty_p50_s", "s", "uncertainty of first tokens p50",
     Direction::kLowerIsBetter, &PointMetrics::first_token_uncertainty_p50_s},
    {"first_token_uncertainty_p99_s", "s", "uncertainty of first tokens p99",
     Direction::kLowerIsBetter, &PointMetrics::first_token_uncertainty_p99_s},
    {"uncertain_token_fraction", "fraction", "tokens stamped worse than the median ITL",
     Direction::kLowerIsBetter, &PointMetrics::uncertain_token_fraction},
    {"device_power_w", "W", "power of all chips", Direction::kLowerIsBetter,
     &PointMetrics::device_power_w},
    {"joules_per_input_token_device", "J/token", "energy an input token, at the chips",
     Direction::kLowerIsBetter, &PointMetrics::joules_per_input_token_device},
    {"joules_per_output_token_device", "J/token", "energy an output token, at the chips",
     Direction::kLowerIsBetter, &PointMetrics::joules_per_output_token_device},
    {"joules_per_total_token_device", "J/token", "energy a token, at the chips",
     Direction::kLowerIsBetter, &PointMetrics::joules_per_total_token_device},
    {"prefill_chip_input_tps", "tokens/s/chip", "input throughput per prefill chip",
     Direction::kHigherIsBetter, &PointMetrics::prefill_chip_input_tps},
    {"decode_chip_output_tps", "tokens/s/chip", "output throughput per decode chip",
     Direction::kHigherIsBetter, &PointMetrics::decode_chip_output_tps},
    {"acceptance_length_tokens", "tokens", "tokens a step of speculative decoding",
     Direction::kHigherIsBetter, &PointMetrics::acceptance_length_tokens},
}};

inline constexpr std::array<SummaryField, 13> kSummaryFields = {{
    {"ttft", "s", "s", "TTFT", Direction::kLowerIsBetter, &PointMetrics::ttft_s},
    {"ttft_from_tx", "s", "s", "TTFT from transmit", Direction::kLowerIsBetter,
     &PointMetrics::ttft_from_tx_s},
    {"ttfa", "s", "s", "time to first answer", Direction::kLowerIsBetter, &PointMetrics::ttfa_s},
    {"tpot", "s", "s/token", "TPOT", Direction::kLowerIsBetter, &PointMetrics::tpot_s},
    {"itl", "s", "s/token", "ITL", Direction::kLowerIsBetter, &PointMetrics::itl_s},
    {"icl", "s", "s", "inter-chunk latency", Direction::kLowerIsBetter, &PointMetrics::icl_s},
    {"e2e", "s", "s", "E2E latency", Direction::kLowerIsBetter, &PointMetrics::e2e_s},
    {"interactivity", "tps", "tokens/s/user", "interactivity", Direction::kHigherIsBetter,
     &PointMetrics::interactivity_tps},
    {"e2e_interactivity", "tps", "tokens/s/user", "E2E interactivity", Direction::kHigherIsBetter,
     &PointMetrics::e2e_interactivity_tps},
    {"send_delay", "s", "s", "send delay", Direction::kLowerIsBetter, &PointMetrics::send_delay_s},
    {"connect", "s", "s", "connect time", Direction::kLowerIsBetter, &PointMetrics::connect_s},
    {"input_length", "tokens", "tokens", "input length", Direction::kNeither,
     &PointMetrics::input_length_tokens},
    {"output_length", "tokens", "tokens", "output length", Direction::kNeither,
     &PointMetrics::output_length_tokens},
}};

inline constexpr std::array<StatField, 9> kStatFields = {{
    {"mean", &Summary::mean},
    {"min", &Summary::min},
    {"p50", &Summary::p50},
    {"p75", &Summary::p75},
    {"p90", &Summary::p90},
    {"p95", &Summary::p95},
    {"p99", &Summary::p99},
    {"p999", &Summary::p999},
    {"max", &Summary::max},
}};

}  // namespace roofscape::spec
