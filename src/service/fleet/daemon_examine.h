// What the store says of an occasion: which points were measured or failed since it began, and the
// findings over them and what came before.
//
// Errors: of the store. Thread safety: as Store.

#pragma once

#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "results/store/store.h"
#include "results/store/sweep_log.h"
#include "service/fleet/daemon_report.h"
#include "service/fleet/daemon_state.h"
#include "service/fleet/findings.h"
#include "service/fleet/state.h"

namespace roofscape::fleet {

/// The campaign's runs that take part in comparisons with the occasion `report` is of, in order of
/// time: of each occasion since its history begins, and by days of what nobody's daemon has run.
Result<std::vector<Batch>> LoadBatches(store::Store& store, const std::string& campaign,
                                       const CampaignState& campaign_state, const EntryState& state,
                                       WallTime begun);

/// Fills in points, failures and findings. REQUIRES: report.campaign, report.begun are set.
Result<> ExamineOccasion(store::Store& store, store::SweepLog& log, const EntryState& state,
                         const JudgeSettings& settings, OccasionReport& report);

/// How a campaign is gone on with after an occasion was cut off.
enum class GoOn {
  kAnew,   // Nothing of it was entered yet.
  kRest,   // Points are open.
  kJudge,  // All of it was measured.
};
GoOn HowToGoOn(const CampaignState& state, WallTime begun);

/// Whether the daemon on another machine that took the occasion then is gone: no sign of life of a
/// coordinator there for a while.
bool IsGoneElsewhere(const Occasion& occasion, const CampaignState& state, WallTime now);

}  // namespace roofscape::fleet
