#include "model/perf/wafer.h"

#include <gtest/gtest.h>

#include "model/perf/test_fabrics.h"

namespace roofscape::perf {
namespace {

Wafer Wse3() {
  const auto wafer = MakeWafer(ShippedFabrics(), **FindChip(ShippedFabrics(), "wse-3"));
  if (!wafer) ADD_FAILURE() << wafer.error().message;
  return wafer ? *wafer : Wafer{};
}

/// Llama 70B in 16 bits: 140 GB, published at 1,800 to 2,100 tokens a second a user on four wafers.
WaferLoad Llama70B() { return {80, 140e9, 140e9, 4, {1e-6, 5e-6}}; }

TEST(Wafer, MeetsTheWallOfItsMemory) {
  const WaferCount llama = WafersFor(Wse3(), 140e9);
  EXPECT_EQ(llama.likely, 4);
  // A model of many experts needs all of them, however few work: DeepSeek V3 in 8 bits.
  const WaferCount deepseek = WafersFor(Wse3(), 671e9);
  EXPECT_EQ(deepseek.likely, 17);
  EXPECT_LE(deepseek.least, deepseek.likely);
  EXPECT_LE(deepseek.likely, deepseek.most);
  EXPECT_EQ(WafersFor(Wse3(), 1).most, 1);
}

TEST(Wafer, HoldsThePublishedSpeedInItsBounds) {
  const Bounds speed = WaferUserTokensPerSecond(Wse3(), Llama70B());
  EXPECT_LT(speed.low, 1800);
  EXPECT_GT(speed.high, 2050);
  // Not the roofline: all weights once out of the SRAM of four wafers would be 600,000 tokens/s.
  EXPECT_LT(speed.high, 4 * Wse3().bytes_per_s / 140e9 / 200);
}

TEST(Wafer, FillsItsStagesAndThenItsArithmetic) {
  const Bounds one = WaferTokensPerSecond(Wse3(), Llama70B(), 1);
  const Bounds ten = WaferTokensPerSecond(Wse3(), Llama70B(), 10);
  const Bounds many = WaferTokensPerSecond(Wse3(), Llama70B(), 100000);
  EXPECT_DOUBLE_EQ(ten.low, 10 * one.low);
  EXPECT_EQ(many, WaferTokensPerSecond(Wse3(), Llama70B(), 80));
  EXPECT_LE(many.high, 4 * Wse3().flops.high / 140e9);
}

TEST(Wafer, SaysWhatIsMissing) {
  const catalog::Chip& gpu = **FindChip(ShippedFabrics(), "h200");
  EXPECT_NE(MakeWafer(ShippedFabrics(), gpu).error().message.find("not a wafer"),
            std::string::npos);
  catalog::Chip bare = **FindChip(ShippedFabrics(), "wse-3");
  bare.memory.bandwidth_tb_s.reset();
  EXPECT_NE(MakeWafer(ShippedFabrics(), bare).error().message.find("memory.bandwidth_tb_s"),
            std::string::npos);
}

}  // namespace
}  // namespace roofscape::perf
