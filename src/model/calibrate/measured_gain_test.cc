#include "model/calibrate/measured_gain.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace roofscape::calibrate {
namespace {

struct Rows {
  std::vector<Case> cases;
  std::vector<std::optional<double>> tput;

  void Add(const Setup& setup, const std::string& curve, double tpot_s, double tput_per_chip) {
    Case c;
    c.kinds[kModelKind] = "model";
    c.kinds[kChipKind] = setup[0];
    c.kinds[kEngineKind] = setup[1];
    c.kinds[kPrecisionKind] = setup[2];
    c.kinds[kModeKind] = setup[3];
    c.kinds[kSpeculationKind] = setup[4];
    c.kinds[kCurveKind] = curve;
    c.sizes[kInputSize] = c.sizes[kOutputSize] = 10.0;
    c.ttft_s = 0.2;
    c.tpot_s = tpot_s;
    cases.push_back(c);
    tput.emplace_back(tput_per_chip);
  }
};

const Setup kA = {"old", "vllm", "fp8", "aggregated", "none"};
const Setup kB = {"new", "vllm", "fp4", "aggregated", "none"};

MeasuredAsk Ask() {
  return {"model", 1024.0, 1024.0, 0.02, std::numeric_limits<double>::infinity(), kA, kB};
}

const AxisGain* Of(const MeasuredGain& gain, SetupAxis axis) {
  for (const AxisGain& g : gain.axes) {
    if (g.axis == axis) return &g;
  }
  return nullptr;
}

TEST(MeasuredGain, IsReadWhereRowsDifferInOneThingAlone) {
  Rows rows;
  rows.Add(kA, "a", 0.02, 100.0);
  rows.Add({"new", "vllm", "fp8", "aggregated", "none"}, "b", 0.02, 250.0);
  rows.Add({"new", "vllm", "fp8", "aggregated", "none"}, "b2", 0.02, 300.0);  // A better layout.
  rows.Add(kB, "c", 0.02, 450.0);
  const MeasuredGain gain = MeasureGain(rows.cases, Ask(), rows.tput);
  EXPECT_EQ(gain.a, 100.0);
  EXPECT_EQ(gain.b, 450.0);
  ASSERT_EQ(gain.axes.size(), 2U);
  EXPECT_NEAR(Of(gain, SetupAxis::kChip)->middle, 3.0, 1e-12);
  EXPECT_NEAR(Of(gain, SetupAxis::kPrecision)->middle, 1.5, 1e-12);
  EXPECT_EQ(Of(gain, SetupAxis::kPrecision)->pairs, 1U);
}

TEST(MeasuredGain, SeveralPairsGiveARangeAndHiddenDraftsNothing) {
  Rows rows;
  rows.Add(kA, "a", 0.02, 100.0);
  rows.Add({"new", "vllm", "fp8", "aggregated", "none"}, "b", 0.02, 200.0);
  rows.Add({"old", "vllm", "fp4", "aggregated", "none"}, "d", 0.02, 50.0);
  rows.Add(kB, "c", 0.02, 400.0);
  rows.Add({"new", "vllm", "fp4", "aggregated", "unknown(none or mtp)"}, "e", 0.02, 9000.0);
  const MeasuredGain gain = MeasureGain(rows.cases, Ask(), rows.tput);
  const AxisGain* chip = Of(gain, SetupAxis::kChip);
  ASSERT_NE(chip, nullptr);
  EXPECT_EQ(chip->pairs, 2U);
  EXPECT_NEAR(chip->low, 2.0, 1e-12);
  EXPECT_NEAR(chip->high, 8.0, 1e-12);
  EXPECT_NEAR(chip->middle, 4.0, 1e-12);
  EXPECT_EQ(gain.b, 400.0);
}

TEST(MeasuredGain, OtherLengthsSlowerLoadsAndLateTokensAreNoEvidence) {
  Rows rows;
  rows.Add(kA, "a", 0.02, 100.0);
  rows.Add(kB, "c", 0.05, 400.0);  // Too slow.
  MeasuredAsk ask = Ask();
  EXPECT_FALSE(MeasureGain(rows.cases, ask, rows.tput).b);
  ask.input = 8192.0;
  EXPECT_FALSE(MeasureGain(rows.cases, ask, rows.tput).a);
  ask = Ask();
  ask.ttft_limit_s = 0.1;
  EXPECT_FALSE(MeasureGain(rows.cases, ask, rows.tput).a);
  EXPECT_TRUE(MeasureGain(rows.cases, Ask(), rows.tput).axes.empty());
}

TEST(MeasuredGain, AnyModeIsTheBetterOfBoth) {
  Rows rows;
  auto b = kA;
  b[3] = "any";
  rows.Add(kA, "a", 0.02, 100.0);
  rows.Add({"old", "vllm", "fp8", "disaggregated", "none"}, "d", 0.02, 130.0);
  MeasuredAsk ask = Ask();
  ask.b = b;
  const MeasuredGain gain = MeasureGain(rows.cases, ask, rows.tput);
  ASSERT_EQ(gain.axes.size(), 1U);
  EXPECT_EQ(gain.axes[0].axis, SetupAxis::kMode);
  EXPECT_NEAR(gain.axes[0].middle, 1.3, 1e-12);
}

}  // namespace
}  // namespace roofscape::calibrate
