// A deployment as the simulator runs it: workers of one or two roles, the engine's policy, a router
// before them, and what happens between and to them.
//
// Ownership: plain values; step models are shared. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "model/perf/mean_field.h"
#include "model/sim/engine_policy.h"
#include "model/sim/step_timer.h"

namespace roofscape::sim {

/// Workers of one role, all alike.
struct WorkerGroup {
  std::shared_ptr<const StepModel> step;
  std::int64_t workers = 1;
  double copies = 1.0;            // Of attention, a worker.
  std::int64_t blocks = 1 << 20;  // Of a worker's cache.
  std::int64_t fixed_blocks = 0;  // That a sequence holds however short it is.
};

enum class Routing {
  kRoundRobin,
  kLeastLoaded,  // Fewest requests, waiting or running.
  kPrefixAware,  // Where most of the prompt is cached, unless that worker is far busier than
                 // others.
};

/// A worker stops at a time and comes back, empty.
struct Failure {
  std::int64_t worker = 0;  // Prefill workers are counted first.
  double at_s = 0.0;
  double lasts_s = 0.0;
};

struct Cluster {
  EnginePolicy policy;
  WorkerGroup serve;                   // All, or the decoding side.
  std::optional<WorkerGroup> prefill;  // Where disaggregated.
  Routing routing = Routing::kLeastLoaded;
  std::vector<Failure> failures;

  double request_s = 0.0;       // Of a request, before it is in the engine's queue,
  double prompt_token_s = 0.0;  // for each token of its prompt,
  double front_s = 0.0;         // and for each other request of its worker that is in flight.
  /// Steps of those that decode, beyond the one that runs, before the engine looks for prompts.
  double poll_steps = 0.0;

  double transfer_s = 0.0;         // To hand a cache over: fixed,
  double transfer_token_s = 0.0;   // and a token; a prefill worker sends one at a time.
  std::int64_t chunk_tokens = 16;  // Of the hashes that requests bring.
  std::int64_t host_chunks = 0;    // A worker's host memory keeps so many evicted chunks,
  double host_chunk_s = 0.0;       // each brought back in this time.
  std::vector<double> acceptance;  // Of drafts, by place; empty: none.
};

/// What the performance model knows of a deployment, with a policy. Errors: a policy that cannot
/// run; no room for a cache.
Result<Cluster> MakeCluster(const perf::Service& service,
                            const perf::Coefficients<double>& coefficients,
                            const EnginePolicy& policy);

/// Refuses counts below 1, failures of workers that are not there, probabilities outside 0 to 1.
Result<> Validate(const Cluster& cluster);

std::string_view Name(Routing routing);
Result<Routing> ParseRouting(std::string_view name);

}  // namespace roofscape::sim
