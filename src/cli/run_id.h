// Ids of new runs.
//
// Thread safety: no shared state.

#pragma once

#include <string>

#include "base/core/clock.h"

namespace roofscape::cli {

/// Sortable by time, "20261123-190222-1a2b3c"; the tail keeps two runs of one second apart.
std::string NewRunId(const Clock& clock);

}  // namespace roofscape::cli
