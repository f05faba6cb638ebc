#include "domain/analysis/power.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

#include "base/core/rng.h"

namespace roofscape::analysis {
namespace {

constexpr PowerWindow kWindow{10, 20, 10, 2, 3};

/// Two devices, a sample a second from 9.5 s to 20.5 s, of 400 W and 600 W.
std::vector<PowerSample> Good() {
  std::vector<PowerSample> samples;
  for (int i = 0; i < 12; ++i) {
    samples.push_back({9.5 + i, 400.0, "0"});
    samples.push_back({9.5 + i, 600.0, "1"});
  }
  return samples;
}

TEST(Power, IntegratesEveryDevice) {
  const PowerReading reading = IntegratePower(Good(), kWindow);
  ASSERT_TRUE(reading.faults.empty()) << ReasonCode(reading.faults.front());
  EXPECT_NEAR(*reading.energy_j, 10000, 1e-9);
  EXPECT_NEAR(*reading.device_w, 500, 1e-9);
  EXPECT_NEAR(*reading.total_w, 1000, 1e-9);
}

/// A straight ramp has the trapezoid's exact integral wherever the samples lie.
TEST(Power, IsExactOnARampForAnySampling) {
  const std::uint64_t seed = 7;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng rng(seed);
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<PowerSample> samples;
    for (double t = 8; t < 22; t += 0.1 + 2.5 * rng.Uniform()) {
      samples.push_back({t, 100 + 10 * t, "0"});
    }
    samples.push_back({22.0, 320.0, "0"});
    PowerWindow window = kWindow;
    window.expected_devices = 1;
    const PowerReading reading = IntegratePower(samples, window);
    ASSERT_TRUE(reading.faults.empty()) << ReasonCode(reading.faults.front());
    EXPECT_NEAR(*reading.energy_j, 10 * (100 + 10 * 15), 1e-6);
  }
}

TEST(Power, NamesWhatIsWrong) {
  using Samples = std::vector<PowerSample>;
  const struct {
    std::string code;
    std::function<void(Samples&, PowerWindow&)> spoil;
  } cases[] = {
      {"invalid_timestamp_sample", [](Samples& s, PowerWindow&) { s[3].time_s.reset(); }},
      {"invalid_power_sample", [](Samples& s, PowerWindow&) { s[4].power_w.reset(); }},
      {"gpu_identity_missing", [](Samples& s, PowerWindow&) { s[4].device.clear(); }},
      {"no_usable_power_samples", [](Samples& s, PowerWindow&) { s.clear(); }},
      {"expected_gpu_count_mismatch", [](Samples&, PowerWindow& w) { w.expected_devices = 3; }},
      {"insufficient_power_samples",
       [](Samples& s, PowerWindow& w) { s.push_back({12.0, 1.0, "2"}), w.expected_devices = 3; }},
      {"benchmark_window_not_bracketed", [](Samples& s, PowerWindow&) { s.pop_back(); }},
      {"sampling_gap_exceeded",
       [](Samples& s, PowerWindow&) { s.erase(s.begin() + 6, s.begin() + 14); }},
      {"invalid_benchmark_window", [](Samples&, PowerWindow& w) { w.end_s = w.begin_s; }},
      {"benchmark_duration_mismatch", [](Samples&, PowerWindow& w) { w.duration_s = 10.6; }},
      {"invalid_expected_gpu_count", [](Samples&, PowerWindow& w) { w.expected_devices = 0; }},
      {"invalid_max_sample_gap", [](Samples&, PowerWindow& w) { w.max_gap_s = NAN; }},
  };
  for (const auto& c : cases) {
    Samples samples = Good();
    PowerWindow window = kWindow;
    c.spoil(samples, window);
    const PowerReading reading = IntegratePower(samples, window);
    bool told = false;
    for (const PowerFault fault : reading.faults) told |= ReasonCode(fault) == c.code;
    EXPECT_TRUE(told) << c.code;
    EXPECT_FALSE(reading.energy_j) << c.code;
  }
}

TEST(Power, IgnoresRubbishOutsideTheWindow) {
  std::vector<PowerSample> samples = Good();
  samples.push_back({30.0, {}, "0"});
  samples.push_back({5.0, 400.0, ""});
  PowerWindow window = kWindow;
  window.duration_s = 10.5;  // Within half a second.
  const PowerReading reading = IntegratePower(samples, window);
  EXPECT_TRUE(reading.faults.empty());
  EXPECT_EQ(reading.ignored, 2);
}

}  // namespace
}  // namespace roofscape::analysis
