#include "model/codesign/confirm.h"

#include <gtest/gtest.h>

#include "model/codesign/test_spaces.h"

namespace roofscape::codesign {
namespace {

TEST(Confirm, TheSimulatorIsNearTheMeanField) {
  Wish wish = TestWish();
  wish.input = 0.9 * 512.0;
  wish.output = 0.9 * 256.0;
  const Space space = TestSpace(wish, true);
  const Found found = Search(space, {{{20.0, 8}}}, {});
  ASSERT_FALSE(found.levels[0].empty());
  for (const Option& o : found.levels[0]) {
    const auto s = Simulate(space, o.plan, o.concurrency, {512, 256, 0.8, 10, 7});
    ASSERT_TRUE(s);
    EXPECT_EQ(s->requests, static_cast<std::int64_t>(o.concurrency) * 10);
    EXPECT_NEAR(s->tpot_s / o.tpot_s, 1.0, 0.3);
    EXPECT_GE(s->ttft_p99_s, s->ttft_s);
    EXPECT_NEAR(s->tput_per_chip / o.value, 1.0, 0.3);
  }
}

TEST(Confirm, APipelineFillsItsStages) {
  Wish wish = TestWish();
  wish.most_stages = 2;
  wish.disaggregated = false;
  const Space space = TestSpace(wish, false);
  for (std::uint32_t w = 0; w < space.families[0].workers.size(); ++w) {
    if (space.families[0].workers[w].lowered.layout.pp != 2.0) continue;
    const Plan plan{0, w, kNoPrefill, 1, 0};
    const Option o = Evaluate(space, plan, 64.0);
    const auto s = Simulate(space, plan, 64.0, {1024, 1024, 0.999, 4, 3});
    ASSERT_TRUE(s);
    EXPECT_NEAR(s->tpot_s / o.tpot_s, 1.0, 0.25);
  }
}

TEST(Confirm, RunsOfOneSeedAreTheSame) {
  const Space space = TestSpace(TestWish(), true);
  const Plan plan{0, 0, kNoPrefill, 1, 0};
  const auto one = Simulate(space, plan, 8.0, {256, 64, 0.8, 10, 5});
  const auto two = Simulate(space, plan, 8.0, {256, 64, 0.8, 10, 5});
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->ttft_s, two->ttft_s);
  EXPECT_EQ(one->tput_per_chip, two->tput_per_chip);
}

// A plan states what an engine would choose by the memory of its chip. What it does not state must
// not depend on the chip, or the plan would be simulated as something that its command does not
// start.
TEST(Confirm, ThePlanStatesWhatDependsOnTheChip) {
  Space space = TestSpace(TestWish(), true);
  const Plan plan{0, 0, kNoPrefill, 1, 0};
  for (const auto engine : {perf::kVllm, perf::kSglang, perf::kTensorRtLlm}) {
    space.families[0].engine = engine;
    const sim::EnginePolicy simulated = PolicyOf(space, plan, 64.0);
    for (const double gb : {16.0, 48.0, 80.0, 180.0}) {
      catalog::Chip chip;
      chip.entry.id = "a100-sxm";
      chip.memory.physical_gb = gb;
      sim::EnginePolicy engines = sim::DefaultPolicy(engine, chip);
      engines.token_budget = simulated.token_budget;
      engines.max_sequences = simulated.max_sequences;
      EXPECT_EQ(simulated, engines) << gb << " GB";
    }
  }
}

}  // namespace
}  // namespace roofscape::codesign
