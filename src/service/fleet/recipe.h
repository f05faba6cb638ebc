// A point to take away: a shell script that measures it again, elsewhere, from this file alone.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <string>

#include "service/fleet/state.h"

namespace roofscape::fleet {

/// The script. `run` is what it is to repeat. Running it gives points of the same recipe.
std::string RecipeScript(const PointState& point, const LayoutState& layout, const std::string& run,
                         std::int64_t repeats, const std::string& version);

/// The point that a run measured, or null.
const PointState* PointOfRun(const CampaignState& state, const std::string& run);

/// The recipe that a script says it repeats; empty where it is none.
std::string RecipeOfScript(const std::string& script);

}  // namespace roofscape::fleet
