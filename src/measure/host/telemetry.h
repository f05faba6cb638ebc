// Samples what this machine draws, at which clocks and how hot, while something is measured: from
// NVML, from the processors' energy counters and from an exporter's page, each where it is there.
// A thread of its own reads; the one that measures is not disturbed.
//
// Metrics end in their units and say their boundary:
//   device_power_w        a chip with its board      device_sm_clock_mhz, device_memory_clock_mhz
//   package_power_w       a processor package        device_temperature_c
//   dram_power_w          its memory                 device_throttle_bits
//   host_power_w          a whole server, at its supply
//
// Thread safety: one owner; Stop() ends the thread.

#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "measure/host/energy_counters.h"
#include "measure/host/exporter_page.h"
#include "measure/host/nvml.h"
#include "measure/host/telemetry_settings.h"

namespace roofscape::host {

struct TelemetrySample {
  WallTime at;
  std::string source;  // "nvml", "powercap", or the exporter's URL without its secrets.
  SensorReading reading;
};

class Telemetry {
 public:
  /// Opens what is there; what is not, or cannot be used, stands in notes().
  Telemetry(const TelemetrySettings& settings, const Clock& clock);
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;
  ~Telemetry();

  const std::vector<std::string>& notes() const { return notes_; }
  /// Whether anything can be sampled at all.
  bool any() const { return nvml_ || counters_ || exporter_; }

  /// Begins a new series of samples.
  void Start();
  /// Reads once more and ends it.
  std::vector<TelemetrySample> Stop();

 private:
  void Run(const std::stop_token& end);
  void Sample();
  void SampleNvml(WallTime now);
  void SampleCounters(WallTime now);
  void SampleExporter();
  void Add(WallTime at, const std::string& source, SensorReading reading);

  const TelemetrySettings settings_;
  const Clock& clock_;
  std::optional<Nvml> nvml_;
  std::vector<std::size_t> devices_;  // Of NVML.
  std::optional<EnergyCounters> counters_;
  bool exporter_ = false;
  std::vector<std::string> notes_;
  std::optional<WallTime> counted_;  // When the counters were read last.
  std::vector<TelemetrySample> samples_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace roofscape::host
