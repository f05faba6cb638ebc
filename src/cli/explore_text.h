// Explorations as text and JSON.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "base/core/json.h"
#include "cli/exploration.h"
#include "cli/table.h"

namespace roofscape::cli {

std::string ExplorationText(const Exploration& e, const Style& style);

/// How many layouts were refused for which reason.
std::string RefusalText(const codesign::Space& space, const Style& style);

Json ExplorationJson(const Exploration& e);

}  // namespace roofscape::cli
