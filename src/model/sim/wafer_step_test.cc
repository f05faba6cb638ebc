#include "model/sim/wafer_step.h"

#include <gtest/gtest.h>

namespace roofscape::sim {
namespace {

/// Bounds without width, so that the middle is the value.
perf::Wafer SharpWafer() {
  perf::Wafer wafer;
  wafer.memory_bytes = 10e9;
  wafer.bytes_per_s = 1e16;
  wafer.flops = {1e15, 1e15};
  wafer.layer_s = {1e-5, 1e-5};
  return wafer;
}

perf::Lowered Whole(double weight_bytes) {
  perf::Lowered whole;
  whole.layers = 20.0;
  whole.weight_bytes = weight_bytes;
  whole.cache_bytes_per_token = 1e5;
  return whole;
}

TEST(WaferStepTest, ManySequencesShareTheWayUntilTheLayersAreFull) {
  const auto made = MakeWaferCluster(SharpWafer(), Whole(4e9), 2e9, std::nullopt, {});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->wafers, 1);
  const StepModel& step = *made->cluster.serve.step;
  EXPECT_NEAR(step.DecodeSeconds(1, 100), 20e-5, 1e-12);
  EXPECT_NEAR(step.DecodeSeconds(20, 9000), 20e-5, 1e-12) << "each in another layer";
  EXPECT_NEAR(step.DecodeSeconds(40, 100), 40e-5, 1e-12) << "two rounds";
  // 1,000 tokens of 4 GFLOP each on 1 PFLOP/s, and once through all layers.
  EXPECT_NEAR(step.PromptSeconds(0, 0, 1000, 0), 4e-3 + 20e-5, 1e-12);
  EXPECT_NEAR(step.PromptSeconds(3, 10, 1000, 0), 4e-3, 1e-12);
}

TEST(WaferStepTest, MemoryIsAWall) {
  EXPECT_EQ(MakeWaferCluster(SharpWafer(), Whole(17e9), 2e9, std::nullopt, {})->wafers, 2);
  const auto two = MakeWaferCluster(SharpWafer(), Whole(17e9), 2e9, 2, {});
  const auto three = MakeWaferCluster(SharpWafer(), Whole(17e9), 2e9, 3, {});
  ASSERT_TRUE(two && three);
  EXPECT_NEAR(static_cast<double>(two->cluster.serve.blocks), 1e9 / (1e5 * 16), 1.0);
  EXPECT_GT(three->cluster.serve.blocks, 9 * two->cluster.serve.blocks);
  const auto one = MakeWaferCluster(SharpWafer(), Whole(17e9), 2e9, 1, {});
  ASSERT_FALSE(one);
  EXPECT_NE(one.error().message.find("use 2 or more"), std::string::npos) << one.error().message;
  perf::Wafer dark = SharpWafer();
  dark.flops = {};
  EXPECT_FALSE(MakeWaferCluster(dark, Whole(1e9), 2e9, 1, {}));
}

}  // namespace
}  // namespace roofscape::sim
