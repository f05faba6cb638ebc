#include "results/ingest/power_csv.h"

#include <cmath>
#include <map>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "results/ingest/test_data.h"

namespace roofscape::ingest {
namespace {

using analysis::PowerFault;

constexpr std::string_view kText =
    "timestamp, index, power.draw [W], temperature.gpu\r\n"
    "2026/09/08 07:20:19.279, 0, 380.42 W, 37\r\n"
    "2026-09-08T07:20:19.5Z, 1, [N/A], 43\r\n"
    "1788852020.25, 1, 92.5, 43\r\n"
    "yesterday, , 92.5 mW\r\n";

TEST(PowerCsv, ReadsWhatNvidiaSmiWrites) {
  const PowerTrace trace = ReadPowerCsv(kText, -10.0);
  EXPECT_TRUE(trace.faults.empty());
  ASSERT_EQ(trace.samples.size(), 4U);
  // 2026-09-08 07:20:19 UTC is 1788852019.
  EXPECT_NEAR(*trace.samples[0].time_s, 1788852009.279, 1e-6);
  EXPECT_EQ(trace.samples[0].power_w, 380.42);
  EXPECT_EQ(trace.samples[0].device, "0");
  EXPECT_NEAR(*trace.samples[1].time_s, 1788852009.5, 1e-6);
  EXPECT_FALSE(trace.samples[1].power_w);
  EXPECT_NEAR(*trace.samples[2].time_s, 1788852010.25, 1e-6);
  EXPECT_FALSE(trace.samples[3].time_s);
  EXPECT_FALSE(trace.samples[3].power_w);
  EXPECT_EQ(trace.samples[3].device, "");
}

TEST(PowerCsv, FilesThatCannotBeUsedSayWhy) {
  const std::map<std::string, std::vector<PowerFault>> cases = {
      {"", {PowerFault::kFileEmpty}},
      {" \r\n", {PowerFault::kFileEmpty}},
      {"index, power.draw [W]\n", {PowerFault::kTimestampColumnMissing}},
      {"timestamp, index\n", {PowerFault::kPowerColumnMissing}},
      {"timestamp, power.draw [W]\n", {PowerFault::kDeviceColumnMissing}},
  };
  for (const auto& [text, faults] : cases) EXPECT_EQ(ReadPowerCsv(text, 0).faults, faults) << text;
}

TEST(PowerCsv, NoBytesBreakIt) {
  constexpr std::uint64_t kSeed = 11;
  Rng rng(kSeed);
  for (int round = 0; round < 2000; ++round) {
    std::string text(kText);
    for (int change = 0; change < 4; ++change) {
      text[static_cast<std::size_t>(rng.Uniform() * static_cast<double>(text.size()))] =
          static_cast<char>(rng.Below(256));
    }
    for (const analysis::PowerSample& sample : ReadPowerCsv(text, 0).samples) {
      EXPECT_TRUE(!sample.time_s || *sample.time_s >= 0.0) << "seed " << kSeed << " " << round;
    }
  }
}

TEST(PowerCsv, ReadsInferencexsSample) {
  RS_SHARED_DATA_OR_SKIP(text, "inferencex/samples/gpu_metrics.nvidia.csv");
  const PowerTrace trace = ReadPowerCsv(text, 0.0);
  EXPECT_TRUE(trace.faults.empty());
  EXPECT_FALSE(trace.samples.empty());
  for (const analysis::PowerSample& sample : trace.samples) {
    EXPECT_TRUE(sample.time_s && sample.power_w && !sample.device.empty());
  }
}

}  // namespace
}  // namespace roofscape::ingest
