// Does a job: brings its server up, tries it with a handful of requests, measures its points one
// after the other, and writes down each. Begun again in the same folder, it goes on where it was.
//
// Thread safety: one worker a process; `stop` may be set from a signal handler.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "domain/spec/run_result.h"
#include "service/fleet/failure.h"
#include "service/fleet/job.h"

namespace roofscape::fleet {

/// What came of a run of one point.
struct Measured {
  std::string run;
  spec::Fitness instrument = spec::Fitness::kValid;
  bool complete = false;
  std::int64_t successes = 0;
  std::vector<std::string> reasons;  // Of the server's half of the verdict.
};

/// Measures a plan of one load and keeps the run in a new database at that path.
using Measure =
    std::function<Result<Measured>(const spec::Plan& plan, const std::string& database)>;

/// Does the job in `folder`, or what is left of it; its server by the gate in that folder (gate.h),
/// where one is named. None: every point is done, or failed for a
/// reason of its own. Errors: kUnavailable where somebody else does it already; a folder that holds
/// no job.
Result<std::optional<Failure>> DoJob(const std::string& folder, const Measure& measure,
                                     const std::atomic<bool>& stop, const Clock& clock,
                                     const std::string& gate = "");

}  // namespace roofscape::fleet
