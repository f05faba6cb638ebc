#include "model/codesign/joint.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/core/rng.h"
#include "model/codesign/test_spaces.h"
#include "model/perf/testing/test_machines.h"

namespace roofscape::codesign {
namespace {

ChipSpace Chips() {
  ChipSpace chips;
  chips.base = perf::TestMachine();
  chips.low = {0.5, 2.0, 48.0, 100.0};
  chips.high = {4.0, 16.0, 256.0, 1600.0};
  chips.usd_per_hour = {0.5, {0.5, 0.1, 0.002, 0.0002}};
  chips.kw = {0.4, {0.3, 0.05, 0.0005, 0.0002}};
  FabricOption flat{"switch", perf::TestMachine()};
  FabricOption torus{"torus", perf::TestMachine()};
  torus.links.domain_chips = 16.0;
  torus.links.links = perf::TestLinks(catalog::Topology::kTorus, 400e9);
  chips.fabrics = {flat, torus};
  chips.most = 8;
  return chips;
}

struct Asked {
  ChipSpace chips = Chips();
  Wish common = TestWish();
  catalog::Model routed = perf::RoutedModel();
  JointAsk ask;

  Asked() {
    ask.chips = &chips;
    ask.shapes = {&routed};
    ask.precision = "fp8";
    ask.common = &common;
    ask.ttft_limit_s = std::numeric_limits<double>::infinity();
    ask.evaluations = 40'000;
    ask.seed = 5;
  }
};

bool SamePoint(const JointPoint& a, const JointPoint& b) {
  return a.chip == b.chip && a.shape == b.shape && a.layout == b.layout &&
         a.concurrency == b.concurrency && a.objectives == b.objectives;
}

TEST(Joint, IsTheSameInAnyOrderOfWork) {
  Asked one;
  SearchOptions backwards;
  backwards.parallel = [](std::size_t count, const Work& work) {
    for (std::size_t i = count; i > 0; --i) work(i - 1, 0);
  };
  const auto a = SearchJointly(one.ask, {});
  const auto b = SearchJointly(one.ask, backwards);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->evaluated, b->evaluated);
  ASSERT_EQ(a->front.size(), b->front.size());
  for (std::size_t i = 0; i < a->front.size(); ++i) {
    EXPECT_TRUE(SamePoint(a->front[i], b->front[i])) << i;
  }
}

TEST(Joint, PointsAreWhatTheMeanFieldSaysOfTheirChip) {
  Asked asked;
  const auto found = SearchJointly(asked.ask, {});
  ASSERT_TRUE(found);
  ASSERT_GT(found->front.size(), 10U);
  EXPECT_GE(found->evaluated, asked.ask.evaluations);
  for (const JointPoint& p : found->front) {
    for (std::size_t i = 0; i < kParts; ++i) {
      EXPECT_GE(p.chip.parts[i], asked.chips.low[i] * (1.0 - 1e-12));
      EXPECT_LE(p.chip.parts[i], asked.chips.high[i] * (1.0 + 1e-12));
    }
    perf::Service service;
    service.machine = MachineOf(asked.chips, p.chip);
    service.serve = {*perf::Lower(asked.routed, p.layout, *perf::FormatsOf(asked.routed, "fp8")),
                     1.0};
    const perf::Load load{p.concurrency, asked.common.input, asked.common.output};
    const auto c = asked.common.coefficients({perf::kVllm, perf::Generation::kOther, 0});
    const auto point = perf::MeanField(service, c, load);
    EXPECT_DOUBLE_EQ(1.0 / point.tpot, p.objectives[0]);
    const double usd = asked.chips.usd_per_hour.Of(p.chip.parts) / 3600.0;
    EXPECT_NEAR(p.objectives[1] * usd / p.tput_per_chip, 1.0, 1e-12);
  }
}

// Against drawing alone: no point of as many plain samples beats the front by more than epsilon and
// what further search would have given.
TEST(Joint, MoreSearchNeverLosesAPoint) {
  Asked asked;
  const auto few = SearchJointly(asked.ask, {});
  asked.ask.evaluations *= 4;
  const auto many = SearchJointly(asked.ask, {});
  ASSERT_TRUE(few && many);
  for (const JointPoint& p : few->front) {
    bool covered = false;
    for (const JointPoint& q : many->front) {
      bool covers = true;
      for (std::size_t i = 0; i < kObjectives; ++i) {
        // A box may be taken over by a neighbour's: two epsilons.
        covers = covers && q.objectives[i] * 1.05 >= p.objectives[i];
      }
      covered = covered || covers;
    }
    EXPECT_TRUE(covered);
  }
}

TEST(Joint, PartsThatCostNothingAreRefused) {
  Asked asked;
  asked.chips.usd_per_hour = {0.0, {}};
  const auto found = SearchJointly(asked.ask, {});
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("costs nothing"), std::string::npos);
  asked.chips = Chips();
  asked.chips.low[0] = 9.0;
  EXPECT_FALSE(SearchJointly(asked.ask, {}));
  asked.chips = Chips();
  asked.chips.low[2] = asked.chips.high[2] = 1.0;  // GB.
  EXPECT_FALSE(SearchJointly(asked.ask, {})) << "nothing fits";
}

TEST(Joint, LinksAreAsQuickAsTheChipSays) {
  const ChipSpace chips = Chips();
  const auto m = MachineOf(chips, {{1.0, 4.0, 100.0, 800.0}, 1});
  EXPECT_DOUBLE_EQ(m.link_bandwidth, 800e9);
  ASSERT_TRUE(m.links);
  EXPECT_DOUBLE_EQ(m.links->fabric.link_bytes_per_s, 200e9);  // A quarter: two links an axis.
  EXPECT_DOUBLE_EQ(m.flops[1], 2e15);
}

}  // namespace
}  // namespace roofscape::codesign
