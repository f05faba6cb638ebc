// What no deployment of a worker can beat, whatever is chosen beside it: how fast its tokens can
// come, how many requests a second it can decode at a speed, how many prompts it can take up. The
// bounds are of the mean field itself (mean_field.h), not of the machine: a search that leaves out
// what a bound excludes finds the same as one that computes everything.
//
// Why they hold, also where a measured curve says that more work takes less time, is in
// docs/concepts/co-design.md. Where a bound cannot be shown it is infinite.
//
// Thread safety: pure functions.

#pragma once

#include <span>
#include <vector>

#include "model/codesign/space.h"

namespace roofscape::codesign {

struct WorkerBound {
  double least_tpot_s = 0.0;              // As a decode worker: TPOT is never below.
  double least_ttft_s = 0.0;              // Where it takes up prompts: TTFT is never below.
  double prompts_a_second = 0.0;          // As a prefill worker, at most.
  double admitted = 0.0;                  // Sequences that its cache holds at once, all batches.
  std::vector<double> requests_a_second;  // As a decode worker, by interactivity, at most.
};

/// `tpot_limits_s`: one a level of interactivity.
WorkerBound BoundOf(const Space& space, const Family& family, const Worker& worker,
                    std::span<const double> tpot_limits_s);

}  // namespace roofscape::codesign
