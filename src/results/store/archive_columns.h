// The metrics that have a column of their own in the archive; all others stand in more_json.
//
// Private to store/. Thread safety: constant data.

#pragma once

#include <array>
#include <string_view>

namespace roofscape::store {

/// In the order of the columns. A further one needs a migration.
inline constexpr std::array<std::string_view, 62> kMetricColumns = {
    "requests",
    "successes",
    "failures",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "input_tps",
    "output_tps",
    "total_tps",
    "request_rps",
    "input_tps_per_chip",
    "output_tps_per_chip",
    "total_tps_per_chip",
    "device_power_w",
    "joules_per_input_token_device",
    "joules_per_output_token_device",
    "joules_per_total_token_device",
    "prefill_chip_input_tps",
    "decode_chip_output_tps",
    "acceptance_length_tokens",
    "ttft_mean_s",
    "ttft_p50_s",
    "ttft_p75_s",
    "ttft_p90_s",
    "ttft_p95_s",
    "ttft_p99_s",
    "ttft_p999_s",
    "tpot_mean_s",
    "tpot_p50_s",
    "tpot_p75_s",
    "tpot_p90_s",
    "tpot_p95_s",
    "tpot_p99_s",
    "tpot_p999_s",
    "itl_mean_s",
    "itl_p50_s",
    "itl_p75_s",
    "itl_p90_s",
    "itl_p95_s",
    "itl_p99_s",
    "itl_p999_s",
    "e2e_mean_s",
    "e2e_p50_s",
    "e2e_p75_s",
    "e2e_p90_s",
    "e2e_p95_s",
    "e2e_p99_s",
    "e2e_p999_s",
    "interactivity_mean_tps",
    "interactivity_p50_tps",
    "interactivity_p75_tps",
    "interactivity_p90_tps",
    "interactivity_p95_tps",
    "interactivity_p99_tps",
    "interactivity_p999_tps",
    "e2e_interactivity_mean_tps",
    "e2e_interactivity_p50_tps",
    "e2e_interactivity_p75_tps",
    "e2e_interactivity_p90_tps",
    "e2e_interactivity_p95_tps",
    "e2e_interactivity_p99_tps",
    "e2e_interactivity_p999_tps",
};

}  // namespace roofscape::store
