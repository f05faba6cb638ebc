#include "model/codesign/wafer_plan.h"

#include <gtest/gtest.h>

#include "model/perf/testing/test_machines.h"

namespace roofscape::codesign {
namespace {

/// 40 GB, 20 PB/s, a layer in 5 to 20 us, 10 to 10 PFLOP/s.
WaferSite Site() {
  WaferSite site;
  site.wafer.memory_bytes = 40e9;
  site.wafer.bytes_per_s = 20e15;
  site.wafer.flops = {10e15, 10e15};
  site.wafer.layer_s = {5e-6, 20e-6};
  site.crossing_s = {1e-6, 4e-6};
  return site;
}

WaferTask Task() {
  WaferTask t;
  t.layers = 80;
  t.weight_bytes = 70e9;
  t.active_bytes = 70e9;
  t.active = 70e9;
  t.cache_bytes = 0.25e9;
  t.input = 1000;
  t.output = 1000;
  return t;
}

TEST(WaferPlan, CountsWafersByMemoryAndUsersByLayers) {
  const auto plan = BestWafers(Site(), Task(), 900.0);
  ASSERT_TRUE(plan);
  EXPECT_GE(plan->wafers, 2);  // 70 of 72 GB.
  // 80 layers of 10 us and a few crossings: 1.2 kHz at most.
  EXPECT_GE(plan->user_tps, 900.0);
  EXPECT_LE(plan->user_tps, 1250.0);
  EXPECT_LE(plan->low, plan->value);
  EXPECT_GE(plan->high, plan->value);
}

TEST(WaferPlan, NeverGivesMoreAtAHigherSpeed) {
  double before = 1e300;
  for (const double speed : {50.0, 200.0, 500.0, 900.0, 1200.0}) {
    const auto plan = BestWafers(Site(), Task(), speed);
    const double value = plan ? plan->value : 0.0;
    EXPECT_LE(value, before * (1.0 + 1e-12)) << speed;
    before = value;
  }
  EXPECT_FALSE(BestWafers(Site(), Task(), 5000.0)) << "no layer is so quick";
}

TEST(WaferPlan, LongContextsLeaveRoomForFewer) {
  WaferTask longer = Task();
  longer.cache_bytes *= 40.0;
  const auto few = BestWafers(Site(), longer, 100.0);
  const auto many = BestWafers(Site(), Task(), 100.0);
  ASSERT_TRUE(few && many);
  EXPECT_LT(few->value, many->value);
  WaferSite small = Site();
  small.most = 1;
  EXPECT_FALSE(BestWafers(small, Task(), 100.0));
  EXPECT_EQ(AloneOnWafers(small, Task()).high, 0.0);
}

TEST(WaferPlan, ArithmeticBindsWherePromptsAreLong) {
  WaferTask prompts = Task();
  prompts.input = 200'000;
  const auto plan = BestWafers(Site(), prompts, 100.0);
  ASSERT_TRUE(plan);
  EXPECT_STREQ(plan->ends, "arithmetic");
  // Two for each parameter and token, at the peak, of one wafer in a second.
  EXPECT_NEAR(plan->value / (10e15 / (2.0 * 70e9)), 1.0, 1e-9);
}

TEST(WaferPlan, SeesAModelByItsCounts) {
  const catalog::Model model = perf::RoutedModel();
  const auto count = catalog::CountParameters(model);
  const auto task = TaskOf(model, {perf::Precision::kFp8, perf::Precision::kFp8, 1.0}, 1000, 200);
  EXPECT_DOUBLE_EQ(task.weight_bytes, count.total);
  EXPECT_DOUBLE_EQ(task.active, count.active);
  EXPECT_DOUBLE_EQ(task.cache_bytes, 1100.0 * 32 * 576);
}

}  // namespace
}  // namespace roofscape::codesign
