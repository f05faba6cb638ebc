// What a list of runs says of each, for all who print one.
//
// Thread safety: pure functions.

#pragma once

#include <string_view>

#include "base/core/json.h"
#include "results/store/store.h"

namespace roofscape::store {

/// "complete"; "stopped" before all points were measured; "no end": still running, or killed.
std::string_view StateOf(const RunSummary& run);

/// When it ran and with what, how many points were asked, begun and done, their verdicts, labels.
/// Neither its id and state, which readers name differently, nor the server's address.
Json SummaryFacts(const RunSummary& run);

}  // namespace roofscape::store
