#include "model/sim/cluster.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

namespace roofscape::sim {
namespace {

/// Room for the cache of a worker, in blocks, and what a sequence takes of it for states and
/// windows.
void SetBlocks(const perf::Service& service, const perf::Lowered& w,
               const perf::Coefficients<double>& c, std::int64_t block_tokens, WorkerGroup& group) {
  const double bytes =
      service.unlimited_cache ? 1e15 : std::max(perf::CacheBytes(service, w, c), 0.0);
  const double fixed = w.windowed_bytes_per_sequence + w.recurrent.state_bytes;
  double block = w.cache_bytes_per_token * static_cast<double>(block_tokens);
  // States alone: what tokens then take must be nothing beside them.
  constexpr double kNothing = 1e-6;
  if (block <= 0.0) block = std::max(fixed * kNothing, 1.0);
  const double blocks = std::min(bytes / block, 1e15);
  // A pipeline works on a batch a stage, each like a copy; they share what its chips hold.
  group.copies = perf::Streams(w);
  group.blocks = static_cast<std::int64_t>(blocks * w.layout.dp);
  group.fixed_blocks = static_cast<std::int64_t>(std::ceil(fixed / block));
}

/// The probability p, alike at each place, with which so many of the drafts are accepted in the
/// mean: p + p^2 + ... = accepted.
double EvenAcceptance(std::size_t drafts, double accepted) {
  double low = 0.0;
  double high = 1.0;
  for (int i = 0; i < 50; ++i) {
    const double p = 0.5 * (low + high);
    double sum = 0.0;
    for (std::size_t k = drafts; k > 0; --k) sum = (sum + 1.0) * p;
    (sum < accepted ? low : high) = p;
  }
  return 0.5 * (low + high);
}

WorkerGroup GroupOf(const perf::Service& service, const perf::Pool& pool,
                    const perf::Coefficients<double>& c, std::int64_t block_tokens, double drafts) {
  WorkerGroup group;
  group.step = std::make_shared<PerfStepModel>(service.machine, pool.worker, c, drafts);
  group.workers = std::max<std::int64_t>(std::llround(pool.workers), 1);
  SetBlocks(service, pool.worker, c, block_tokens, group);
  return group;
}

}  // namespace

Result<Cluster> MakeCluster(const perf::Service& service,
                            const perf::Coefficients<double>& coefficients,
                            const EnginePolicy& policy) {
  Cluster cluster;
  cluster.policy = policy;
  RS_RETURN_IF_ERROR(Validate(policy));
  const perf::Coefficients<double>& c = coefficients;
  cluster.serve =
      GroupOf(service, service.serve, c, policy.block_tokens, service.speculation.drafts);
  if (service.disaggregated) {
    cluster.prefill = GroupOf(service, service.prefill, c, policy.block_tokens, 0.0);
    const perf::Machine& m = service.machine;
    const double bandwidth = m.rail_bandwidth > 0.0 ? m.rail_bandwidth : m.link_bandwidth;
    cluster.transfer_s = c[perf::kTransfer];
    if (bandwidth > 0.0) {
      cluster.transfer_token_s = service.prefill.worker.cache_bytes_per_token / bandwidth;
    }
  }
  cluster.request_s = c[perf::kRequest];
  cluster.prompt_token_s = c[perf::kPromptToken];
  if (!service.disaggregated) {
    cluster.front_s = c[perf::kFront];
    cluster.poll_steps = std::max(c[perf::kPoll] - 0.5, 0.0);
  }
  if (service.speculation.drafts > 0.0) {
    const auto drafts = static_cast<std::size_t>(std::llround(service.speculation.drafts));
    const double accepted = perf::TokensAStep(service, c) - 1.0;
    cluster.acceptance.assign(drafts, EvenAcceptance(drafts, accepted));
  }
  cluster.chunk_tokens = policy.block_tokens;
  RS_RETURN_IF_ERROR(Validate(cluster));
  return cluster;
}

Result<> Validate(const Cluster& cluster) {
  RS_RETURN_IF_ERROR(Validate(cluster.policy));
  const auto bad = [](std::string message) {
    return Error{ErrorCode::kInvalidArgument, std::move(message)};
  };
  std::int64_t workers = cluster.serve.workers;
  if (cluster.prefill) workers += cluster.prefill->workers;
  if (cluster.serve.workers < 1 || (cluster.prefill && cluster.prefill->workers < 1)) {
    return bad("a deployment has at least one worker of each role: give 1 or more");
  }
  if (cluster.serve.blocks <= cluster.serve.fixed_blocks) {
    return bad("no room for the cache of a single request: use more chips or a narrower precision");
  }
  for (const Failure& f : cluster.failures) {
    if (f.worker >= 0 && f.worker < workers && f.at_s >= 0.0 && f.lasts_s >= 0.0) continue;
    const std::string there =
        workers == 1 ? "the only worker is 0" : fmt::format("workers are 0 to {}", workers - 1);
    return bad(fmt::format("a failure of worker {} at {} s for {} s: {}, times are 0 or more",
                           f.worker, f.at_s, f.lasts_s, there));
  }
  for (const double p : cluster.acceptance) {
    if (p >= 0.0 && p <= 1.0) continue;
    return bad(fmt::format("acceptance {}: a probability is 0 to 1", p));
  }
  if (cluster.chunk_tokens < 1 || cluster.chunk_tokens % cluster.policy.block_tokens != 0) {
    return bad(
        fmt::format("chunks of {} tokens are hashed, but a block has {}: give a block that "
                    "divides it",
                    cluster.chunk_tokens, cluster.policy.block_tokens));
  }
  return {};
}

std::string_view Name(Routing routing) {
  if (routing == Routing::kRoundRobin) return "round-robin";
  return routing == Routing::kLeastLoaded ? "least-loaded" : "prefix-aware";
}

Result<Routing> ParseRouting(std::string_view name) {
  for (const Routing r : {Routing::kRoundRobin, Routing::kLeastLoaded, Routing::kPrefixAware}) {
    if (Name(r) == name) return r;
  }
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("'{}' is no router: round-robin, least-loaded or prefix-aware", name)};
}

}  // namespace roofscape::sim
