#include "model/codesign/bound.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "model/codesign/test_spaces.h"

namespace roofscape::codesign {
namespace {

constexpr std::uint64_t kSeed = 919;
constexpr double kRounding = 1.0 + 1e-9;

/// Requests a second that an option serves.
double RequestsOf(const Space& space, const Option& o) {
  return o.concurrency / (o.ttft_s + o.tpot_s * (space.lengths.output - 1.0));
}

TEST(Bound, NothingThatIsComputedBeatsIt) {
  Rng rng(kSeed);
  std::size_t tight = 0;
  std::size_t checked = 0;
  for (int i = 0; i < 20; ++i) {
    const Space space = TestSpace(RandomWish(rng), true);
    const std::vector<double> limits = {0.2, 0.05, 0.02};
    std::vector<std::vector<WorkerBound>> bounds;
    for (const Family& f : space.families) {
      bounds.emplace_back();
      for (const Worker& w : f.workers) bounds.back().push_back(BoundOf(space, f, w, limits));
    }
    const auto plans = AllPlans(space);
    for (int k = 0; k < 400 && !plans.empty(); ++k) {
      const Plan plan = plans[rng.Below(plans.size())];
      const double n = space.concurrencies[rng.Below(space.concurrencies.size())];
      const Family& family = space.families[plan.family];
      perf::Load load = space.lengths;
      load.concurrency = n;
      if (!HoldsAll(ServiceOf(space, plan), family.coefficients, load)) continue;
      const Option o = Evaluate(space, plan, n);
      const WorkerBound& serve = bounds[plan.family][plan.serve];
      const bool pair = plan.prefill != kNoPrefill;
      const WorkerBound& prompts =
          pair ? bounds[plan.family][static_cast<std::size_t>(plan.prefill)] : serve;
      EXPECT_LE(prompts.least_ttft_s, o.ttft_s * kRounding);
      if (!pair) continue;
      EXPECT_LE(serve.least_tpot_s, o.tpot_s * kRounding);
      ++checked;
      const double requests = RequestsOf(space, o);
      const double rounded = space.lengths.output / (space.lengths.output - 1.0);
      const double fed =
          prompts.prompts_a_second * static_cast<double>(plan.prefill_workers) * rounded;
      EXPECT_LE(requests, fed * kRounding);
      for (std::size_t level = 0; level < limits.size(); ++level) {
        if (o.tpot_s > limits[level]) continue;
        const double decoded =
            serve.requests_a_second[level] * static_cast<double>(plan.serve_workers);
        EXPECT_LE(requests, decoded * kRounding);
        if (requests > 0.7 * std::min(fed, decoded)) ++tight;
      }
    }
  }
  EXPECT_GT(checked, 1000U);
  EXPECT_GT(tight, 20U);  // It is near what is reached, too.
}

TEST(Bound, HoldsWhereACurveFalls) {
  Wish wish = TestWish();
  wish.aggregated = false;
  wish.concurrencies = DefaultConcurrencies(1024.0);
  Space space = TestSpace(wish, true);
  // Twice as fast from 24 tokens on, then steeper than its work.
  const auto kernels =
      std::make_shared<perf::KernelTimes>(*space.families[0].workers[0].lowered.kernels);
  kernels->products = perf::TimeLine(
      [](double tokens) { return tokens < 24.0 ? 0.02 : 0.01 + 1e-7 * std::pow(tokens, 1.5); });
  for (Worker& worker : space.families[0].workers) worker.lowered.kernels = kernels;
  const Goal goal{{{20.0, 2}, {40.0, 2}}};
  EXPECT_EQ(Search(space, goal, {}).levels, Search(space, goal, {.prune = false}).levels);
}

}  // namespace
}  // namespace roofscape::codesign
