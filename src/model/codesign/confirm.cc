#include "model/codesign/confirm.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "domain/spec/workload.h"
#include "model/sim/cluster.h"
#include "model/sim/run.h"
#include "model/sim/workloads.h"

namespace roofscape::codesign {
namespace {

class Sums final : public sim::Observer {
 public:
  void OnTokens(std::int64_t, std::span<const sim::TokenEvent>) override {}
  void OnCompletion(const sim::Completion& c) override {
    if (c.refused) return;
    const double ttft = static_cast<double>(c.first_token_ns - c.arrival_ns) * 1e-9;
    ttfts_.push_back(ttft);
    ttft_sum_ += ttft;
    tokens_ += static_cast<double>(c.input + c.output);
    if (c.output < 2) return;
    tpot_sum_ +=
        static_cast<double>(c.end_ns - c.first_token_ns) * 1e-9 / static_cast<double>(c.output - 1);
    ++with_tpot_;
  }

  Simulated Result(const sim::RunEnd& end, double chips) {
    Simulated s;
    s.requests = static_cast<std::int64_t>(ttfts_.size());
    s.preemptions = end.preemptions;
    if (ttfts_.empty()) return s;
    s.ttft_s = ttft_sum_ / static_cast<double>(ttfts_.size());
    if (with_tpot_ > 0) s.tpot_s = tpot_sum_ / static_cast<double>(with_tpot_);
    const std::size_t rank = (ttfts_.size() * 99 + 99) / 100 - 1;
    const auto place = ttfts_.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(ttfts_.begin(), place, ttfts_.end());
    s.ttft_p99_s = *place;
    const double seconds = static_cast<double>(end.end_ns) * 1e-9;
    if (seconds > 0.0) s.tput_per_chip = tokens_ / seconds / chips;
    return s;
  }

 private:
  std::vector<double> ttfts_;
  double ttft_sum_ = 0.0;
  double tpot_sum_ = 0.0;
  double tokens_ = 0.0;
  std::int64_t with_tpot_ = 0;
};

}  // namespace

sim::EnginePolicy PolicyOf(const Space& space, const Plan& plan, double concurrency) {
  const Family& family = space.families[plan.family];
  // What an engine chooses by a chip's memory, the plan's launch command states.
  sim::EnginePolicy policy = sim::DefaultPolicy(family.engine);
  policy.token_budget = std::llround(family.token_budget);
  const double batches =
      static_cast<double>(plan.serve_workers) * perf::Streams(family.workers[plan.serve].lowered);
  policy.max_sequences =
      std::max<std::int64_t>(static_cast<std::int64_t>(std::ceil(concurrency / batches)), 1);
  // A router cannot part users so evenly that none ever has one more.
  policy.max_sequences += policy.max_sequences / 8 + 1;
  policy.token_budget = std::max(policy.token_budget, policy.max_sequences);
  return policy;
}

Result<Simulated> Simulate(const Space& space, const Plan& plan, double concurrency,
                           const Protocol& protocol) {
  const Family& family = space.families[plan.family];
  RS_ASSIGN_OR_RETURN(const sim::Cluster cluster,
                      sim::MakeCluster(ServiceOf(space, plan), family.coefficients,
                                       PolicyOf(space, plan, concurrency)));
  spec::Workload workload;
  workload.input = {protocol.input, protocol.spread};
  workload.output = {protocol.output, protocol.spread};
  const auto users = static_cast<std::int64_t>(std::llround(concurrency));
  sim::ClosedLoop source(workload, users, users * protocol.requests_per_user, protocol.seed);
  Sums sums;
  sim::RunOptions options;
  options.seed = protocol.seed;
  options.detail = sim::Detail::kRequests;
  const sim::RunEnd end = sim::RunWorkload(cluster, source, sums, options);
  if (end.refused > 0) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{} requests are larger than the cache of a worker", end.refused)};
  }
  return sums.Result(end, static_cast<double>(ChipsOf(space, plan)));
}

}  // namespace roofscape::codesign
