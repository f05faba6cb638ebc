// What rows of the store say of a gain: setups between its two ends that differ in one thing alone
// and were both measured.
//
// Thread safety: pure functions.

#pragma once

#include "base/core/result.h"
#include "service/api/views.h"
#include "service/study/attribution.h"

namespace roofscape::api {

Result<study::Evidence> EvidenceOf(const ViewInput& input, const study::AttributionTable& gain);

}  // namespace roofscape::api
