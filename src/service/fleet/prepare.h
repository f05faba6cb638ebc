// From a plan's text to a campaign in the store: what is outside the plan is looked at (files, the
// engines' versions), points are made, and those that are to be measured are added.
//
// Thread safety: no shared state.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "results/store/sweep_log.h"
#include "service/fleet/expand.h"
#include "service/fleet/state.h"

namespace roofscape::fleet {

/// Reads the files (relative to `folder`) and asks the version commands, in `folder`. A file that
/// is not there is an error; a version that nobody tells is left open, with a line in `notes`.
Result<Surroundings> LookAround(const Wanted& wanted, const std::string& folder,
                                std::vector<std::string>& notes, const Clock& clock);

struct Preparation {
  Expansion expansion;
  Planned planned;
  std::map<std::string, double> estimates;  // [s] By recipe.
  std::int64_t estimates_measured = 0;      // Of them, from earlier runs.
};

/// `measured`: seconds that runs of a recipe took.
Preparation Prepare(const SweepPlan& plan, Expansion expansion, const CampaignState& state,
                    const RoundRules& rules, const std::map<std::string, double>& measured,
                    WallTime now);

/// Adds it to the campaign, which is made where it is not there. Called again it adds nothing.
Result<> Enter(const SweepPlan& plan, const std::string& plan_text, const std::string& folder,
               const Preparation& preparation, store::SweepLog& log, WallTime now);

/// The campaign as it stands; an empty one where it is not there.
Result<CampaignState> LoadCampaign(const std::string& name, store::SweepLog& log);

}  // namespace roofscape::fleet
