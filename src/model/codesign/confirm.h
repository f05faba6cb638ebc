// A candidate played request by request: what the mean field leaves out (queues, bursts, batches
// that do not fit together) is in the simulator's figures.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>

#include "base/core/result.h"
#include "model/codesign/plan.h"
#include "model/sim/engine_policy.h"

namespace roofscape::codesign {

/// How the requests are sent: all users at once, each again when its answer has ended.
struct Protocol {
  std::int64_t input = 1024;  // Tokens, nominal.
  std::int64_t output = 1024;
  double spread = 0.8;  // Lengths are drawn from that share of nominal to all of it.
  std::int64_t requests_per_user = 10;
  std::uint64_t seed = 1;
};

/// Of the whole run.
struct Simulated {
  double ttft_s = 0.0;  // Means.
  double tpot_s = 0.0;
  double ttft_p99_s = 0.0;
  double tput_per_chip = 0.0;  // Input and output tokens a second and chip.
  std::int64_t requests = 0;
  std::int64_t preemptions = 0;
};

/// Of what runs the plan: the engine's defaults, the plan's token budget, and as many sequences as
/// its requests need.
sim::EnginePolicy PolicyOf(const Space& space, const Plan& plan, double concurrency);

/// Errors: no room for the cache; requests that are refused.
Result<Simulated> Simulate(const Space& space, const Plan& plan, double concurrency,
                           const Protocol& protocol);

}  // namespace roofscape::codesign
