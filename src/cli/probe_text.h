// What `roofscape probe` found, for people and for machines.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "base/core/json.h"
#include "cli/table.h"
#include "measure/host/probe_result.h"

namespace roofscape::cli {

/// Who the devices are, a table of what memory, launches and products reached, then every doubt.
std::string ProbeText(const host::ProbeResult& result, const Style& style);

/// The same as one object, with all digits.
Json ProbeJson(const host::ProbeResult& result);

}  // namespace roofscape::cli
