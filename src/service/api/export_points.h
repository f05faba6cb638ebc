// The points of one model, shape and protocol as columns, with the frontiers of the usual pairs of
// axes: what a published page draws from.
//
// Thread safety: pure functions.

#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/core/json.h"
#include "domain/analysis/cost.h"
#include "service/api/snapshot.h"

namespace roofscape::api {

inline constexpr std::array<std::string_view, 6> kSiteX = {"interactivity_p50_tps",
                                                           "interactivity_p99_tps",
                                                           "ttft_p50_s",
                                                           "ttft_p99_s",
                                                           "e2e_p50_s",
                                                           "e2e_p99_s"};
inline constexpr std::array<std::string_view, 4> kSiteY = {
    "total_tps_per_chip", "output_tps_per_chip", "usd_per_mtok_total",
    "joules_per_total_token_provisioned"};

/// Without model, shape and protocol, which are the caller's. Values have seven digits.
Json SitePointsJson(const Snapshot& snapshot, std::span<const std::size_t> places,
                    const analysis::Pricing& pricing);

}  // namespace roofscape::api
