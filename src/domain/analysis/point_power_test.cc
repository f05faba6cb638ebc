#include "domain/analysis/point_power.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace roofscape::analysis {
namespace {

constexpr std::int64_t kStart = 1'800'000'000;

spec::PointResult SomePoint() {
  spec::PointResult point;
  point.started = WallTime{kStart * 1'000'000};
  point.whole.window = {0, 20'000'000'000};
  point.whole.requests = 10;
  point.whole.input_tokens = 4000;
  point.whole.output_tokens = 1000;
  point.steady = point.whole;
  point.steady->window = {5'000'000'000, 15'000'000'000};
  point.steady->output_tokens = 0;
  return point;
}

/// Two devices of 300 W and 500 W, sampled each second, `from` to `to` seconds of the point.
std::vector<PowerSample> Samples(int from, int to) {
  std::vector<PowerSample> samples;
  for (int second = from; second <= to; ++second) {
    samples.push_back({static_cast<double>(kStart + second), 300.0, "0"});
    samples.push_back({static_cast<double>(kStart + second), 500.0, "1"});
  }
  return samples;
}

TEST(PointPower, DividesTheEnergyOfAllChipsByTheTokensOfTheWindow) {
  spec::PointResult point = SomePoint();
  EXPECT_TRUE(SetPower(Samples(-2, 22), 2, point).empty());
  EXPECT_NEAR(*point.whole.device_power_w, 800, 1e-6);
  EXPECT_NEAR(*point.whole.joules_per_output_token_device, 16.0, 1e-6);  // 800 W x 20 s / 1000
  EXPECT_NEAR(*point.whole.joules_per_input_token_device, 4.0, 1e-6);
  EXPECT_NEAR(*point.whole.joules_per_total_token_device, 3.2, 1e-6);
  EXPECT_NEAR(*point.steady->joules_per_input_token_device, 2.0, 1e-6);
  EXPECT_FALSE(point.steady->joules_per_output_token_device);  // No token: no figure.
  EXPECT_TRUE(point.verdict.server_reasons.empty());
}

TEST(PointPower, SaysByWhichRuleItIsNotValid) {
  spec::PointResult point = SomePoint();
  const auto faults = SetPower(Samples(6, 22), 8, point);
  EXPECT_EQ(CodesOf(faults), "expected_gpu_count_mismatch, benchmark_window_not_bracketed");
  EXPECT_FALSE(point.whole.device_power_w);
  ASSERT_EQ(point.verdict.server_reasons.size(), 1U);
  EXPECT_EQ(point.verdict.server_reasons[0], "power not valid: " + CodesOf(faults));
  // A trace that is whole takes the reason back.
  EXPECT_TRUE(SetPower(Samples(-2, 22), 2, point).empty());
  EXPECT_TRUE(point.verdict.server_reasons.empty());
  // And one that is not says nothing against what is known.
  const spec::PointResult known = point;
  EXPECT_FALSE(SetPower(Samples(6, 22), 2, point).empty());
  EXPECT_TRUE(point == known);
}

TEST(PointPower, JudgesTheWindowOfTheProtocol) {
  spec::PointResult point = SomePoint();
  EXPECT_TRUE(SetPower(Samples(4, 16), 2, point).empty());  // The steady one alone.
  EXPECT_TRUE(point.steady->device_power_w);
  EXPECT_FALSE(point.whole.device_power_w);
  point.protocol = "inferencex";
  EXPECT_EQ(CodesOf(SetPower(Samples(4, 16), 2, point)), "benchmark_window_not_bracketed");
}

}  // namespace
}  // namespace roofscape::analysis
