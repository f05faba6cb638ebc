// What can happen to a campaign, as events of the store.
//
// Thread safety: pure functions.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "results/store/sweep_log.h"
#include "service/fleet/failure.h"
#include "service/fleet/state.h"

namespace roofscape::fleet::events {

store::SweepEvent Alive(const std::string& coordinator, const CoordinatorState& state,
                        WallTime now);
/// What does not determine a layout has changed: a time limit, a name.
store::SweepEvent Revised(const store::SweepLayout& layout, WallTime now);
store::SweepEvent Left(const std::string& coordinator, WallTime now);
store::SweepEvent Claimed(const std::string& layout, const std::string& coordinator, WallTime now);
/// The intention to start a job. Written before it is done, so that it is known whatever happens.
store::SweepEvent JobMade(const std::string& layout, const JobState& job, WallTime now);
store::SweepEvent Submitted(const std::string& layout, const std::string& job,
                            const std::string& id, WallTime now);
store::SweepEvent Running(const std::string& layout, const std::string& job,
                          const std::string& host, WallTime now);
/// `failure`: null where it did all it should. `device_s`: seconds times chips.
/// `accounting`: null where there is none.
store::SweepEvent Ended(const std::string& layout, const JobState& job, const Failure* failure,
                        double device_s, const Accounting* accounting, WallTime now);
/// What of the machine may change what a job measures.
store::SweepEvent Environment(const std::string& layout, const std::string& job,
                              const std::map<std::string, std::string>& facts, WallTime now);
store::SweepEvent Begun(const std::string& point, const std::string& job, WallTime now);
store::SweepEvent Kept(const std::string& point, const std::string& run, const std::string& verdict,
                       WallTime now);
store::SweepEvent Done(const std::string& point, const std::string& run, const std::string& verdict,
                       WallTime now);
/// `last`: it is not tried again.
store::SweepEvent Failed(const std::string& point, const Failure& failure, bool last, WallTime now);
store::SweepEvent Skipped(const std::string& point, const std::string& reason, WallTime now);
/// A point that has failed or was skipped is to be measured after all.
store::SweepEvent Again(const std::string& point, WallTime now);
store::SweepEvent Aside(const std::string& host, const std::string& reason, WallTime now);

}  // namespace roofscape::fleet::events
