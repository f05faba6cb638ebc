// Samples from a pretended NVML, counters in a folder, and a page that a small server gives.

#include "measure/host/telemetry.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

namespace roofscape::host {
namespace {

namespace fs = std::filesystem;

class TelemetryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "telemetry-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    settings_.interval_s = 0.02;
    settings_.nvml = {folder_ + "/no-library.so"};
    settings_.powercap = folder_;
  }
  void TearDown() override {
    fs::remove_all(folder_);
    unsetenv("ROOFSCAPE_FAKE_CUDA");
  }

  void Count(const char* energy_uj) {
    fs::create_directories(folder_ + "/intel-rapl:0");
    std::ofstream(folder_ + "/intel-rapl:0/name") << "package-0\n";
    std::ofstream(folder_ + "/intel-rapl:0/max_energy_range_uj") << "100000000\n";
    std::ofstream(folder_ + "/intel-rapl:0/energy_uj") << energy_uj << '\n';
  }

  std::set<std::string> Metrics(const std::vector<TelemetrySample>& samples) const {
    std::set<std::string> metrics;
    for (const TelemetrySample& sample : samples) metrics.insert(sample.reading.metric);
    return metrics;
  }

  std::string folder_;
  TelemetrySettings settings_;
  SystemClock clock_;
};

TEST_F(TelemetryTest, WhereNothingIsThereItSaysWhyAndSamplesNothing) {
  Telemetry telemetry(settings_, clock_);
  EXPECT_FALSE(telemetry.any());
  EXPECT_EQ(telemetry.notes().size(), 2U);
  telemetry.Start();
  EXPECT_TRUE(telemetry.Stop().empty());
}

TEST_F(TelemetryTest, SamplesBracketWhatIsMeasured) {
  setenv("ROOFSCAPE_FAKE_CUDA", "two", 1);
  settings_.nvml = {ROOFSCAPE_FAKE_CUDA_LIBRARY};
  Telemetry telemetry(settings_, clock_);
  const WallTime begin = clock_.Wall();
  telemetry.Start();
  const WallTime first = clock_.Wall();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const WallTime last = clock_.Wall();
  const std::vector<TelemetrySample> samples = telemetry.Stop();
  EXPECT_EQ(
      Metrics(samples),
      (std::set<std::string>{"device_power_w", "device_sm_clock_mhz", "device_memory_clock_mhz",
                             "device_temperature_c", "device_throttle_bits"}));
  std::set<std::string> devices;
  for (const TelemetrySample& sample : samples) devices.insert(sample.reading.device);
  EXPECT_EQ(devices, (std::set<std::string>{"0", "1"}));
  EXPECT_GE(samples.front().at, begin);
  EXPECT_LE(samples.front().at, first);
  EXPECT_GE(samples.back().at, last);
  EXPECT_GE(samples.size(), 2U * 5U * 4U);  // Of ten intervals at least some, with two ends.
  EXPECT_EQ(samples.front().reading, (SensorReading{"device_power_w", "0", 400}));
}

TEST_F(TelemetryTest, OnlyTheDevicesThatArePartOfIt) {
  setenv("ROOFSCAPE_FAKE_CUDA", "two", 1);
  settings_.nvml = {ROOFSCAPE_FAKE_CUDA_LIBRARY};
  settings_.devices = {"1"};
  Telemetry telemetry(settings_, clock_);
  telemetry.Start();
  for (const TelemetrySample& sample : telemetry.Stop()) {
    EXPECT_EQ(sample.reading.device, "1");
  }
}

TEST_F(TelemetryTest, WhatADeviceDoesNotTellIsMissing) {
  setenv("ROOFSCAPE_FAKE_CUDA", "no-power", 1);
  settings_.nvml = {ROOFSCAPE_FAKE_CUDA_LIBRARY};
  Telemetry telemetry(settings_, clock_);
  telemetry.Start();
  const auto metrics = Metrics(telemetry.Stop());
  EXPECT_FALSE(metrics.contains("device_power_w"));
  EXPECT_TRUE(metrics.contains("device_temperature_c"));
}

TEST_F(TelemetryTest, EnergyOfCountersIsTheAreaOfTheSamples) {
  Count("1000000");
  settings_.packages_are_chips = true;
  settings_.interval_s = 3;  // Only the two ends.
  Telemetry telemetry(settings_, clock_);
  telemetry.Start();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  Count("3000000");
  const std::vector<TelemetrySample> samples = telemetry.Stop();
  ASSERT_EQ(samples.size(), 4U);  // Begin and end, as a package and as a chip.
  EXPECT_EQ(Metrics(samples), (std::set<std::string>{"package_power_w", "device_power_w"}));
  const double seconds = static_cast<double>(samples[3].at.unix_us - samples[0].at.unix_us) / 1e6;
  EXPECT_NEAR(samples[0].reading.value * seconds, 2.0, 0.05);
}

TEST_F(TelemetryTest, AnExporterThatDoesNotAnswerLeavesAGap) {
  settings_.exporter = "http://127.0.0.1:1/metrics";
  Telemetry telemetry(settings_, clock_);
  EXPECT_TRUE(telemetry.any());
  telemetry.Start();
  EXPECT_TRUE(telemetry.Stop().empty());
}

}  // namespace
}  // namespace roofscape::host
