#include "measure/host/telemetry.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/net/fetch.h"
#include "base/net/url.h"

namespace roofscape::host {
namespace {

constexpr const char* kNvmlSource = "nvml";
constexpr const char* kCounterSource = "powercap";
constexpr std::size_t kMostSamples = 5'000'000;  // Days of a machine with eight chips.

bool IsOneOf(const std::vector<std::string>& wanted, std::size_t index, const std::string& uuid) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& device) {
    return device == std::to_string(index) ||
           (device.starts_with("GPU-") && uuid.starts_with(device));
  });
}

}  // namespace

Telemetry::Telemetry(const TelemetrySettings& settings, const Clock& clock)
    : settings_(settings), clock_(clock) {
  const auto names = settings.nvml.empty() ? NvmlNames() : std::span(settings.nvml);
  if (auto nvml = Nvml::Open(names)) {
    nvml_.emplace(*std::move(nvml));
    for (std::size_t i = 0; i < nvml_->count(); ++i) {
      const bool ours =
          settings.devices.empty() || IsOneOf(settings.devices, i, nvml_->Describe(i).uuid);
      if (ours) devices_.push_back(i);
    }
  } else {
    notes_.push_back(nvml.error().message);
  }
  if (auto counters = EnergyCounters::Open(settings.powercap)) {
    counters_.emplace(*std::move(counters));
  } else {
    notes_.push_back(counters.error().message);
  }
  if (settings.exporter.empty()) return;
  if (const auto url = net::ParseUrl(settings.exporter)) {
    exporter_ = true;
  } else {
    notes_.push_back(url.error().message);
  }
}

Telemetry::~Telemetry() { Stop(); }

void Telemetry::Start() {
  Stop();
  Sample();  // Before anything is measured.
  thread_ = std::jthread([this](const std::stop_token& end) { Run(end); });
}

std::vector<TelemetrySample> Telemetry::Stop() {
  if (!thread_.joinable()) return {};
  thread_.request_stop();
  thread_.join();
  thread_ = {};
  Sample();
  return std::exchange(samples_, {});
}

void Telemetry::Run(const std::stop_token& end) {
  const auto interval = std::chrono::duration<double>(settings_.interval_s);
  std::unique_lock lock(mutex_);
  while (!end.stop_requested()) {
    wake_.wait_for(lock, end, interval, [] { return false; });
    if (!end.stop_requested()) Sample();
  }
}

void Telemetry::Sample() {
  if (nvml_) SampleNvml(clock_.Wall());
  if (counters_) SampleCounters(clock_.Wall());
  if (exporter_) SampleExporter();
}

void Telemetry::SampleNvml(WallTime now) {
  for (const std::size_t index : devices_) {
    const NvmlReading reading = nvml_->Read(index);
    const auto add = [&](const char* metric, const std::optional<double>& value) {
      if (value) Add(now, kNvmlSource, {metric, std::to_string(index), *value});
    };
    add(kDevicePower, reading.power_w);
    add("device_sm_clock_mhz", reading.sm_clock_mhz);
    add("device_memory_clock_mhz", reading.memory_clock_mhz);
    add("device_temperature_c", reading.temperature_c);
    add("device_throttle_bits", reading.throttle_bits);
  }
}

void Telemetry::SampleCounters(WallTime now) {
  for (const SensorReading& reading : counters_->Read(clock_.Now())) {
    // The mean of an interval holds from its begin to its end: at both, its area is the energy.
    const WallTime begin{counted_.value_or(now).unix_us + 1};
    std::vector<SensorReading> both = {reading};
    if (settings_.packages_are_chips && reading.metric == kPackagePower) {
      both.push_back({kDevicePower, reading.device, reading.value});
    }
    for (const SensorReading& one : both) {
      if (begin < now) Add(begin, kCounterSource, one);
      Add(now, kCounterSource, one);
    }
  }
  counted_ = now;
}

void Telemetry::SampleExporter() {
  const auto url = net::ParseUrl(settings_.exporter);
  net::FetchOptions options;
  options.timeout = std::chrono::seconds(2);
  options.max_body_bytes = std::size_t{8} << 20;
  const WallTime before = clock_.Wall();
  const auto page = net::Fetch(*url, url->path == "/" ? "/metrics" : url->path, options, clock_);
  if (!page || page->status != 200) return;  // A gap, which the rules of power see.
  // It read its sensors between the two.
  const WallTime at{before.unix_us + (clock_.Wall().unix_us - before.unix_us) / 2};
  for (SensorReading& reading : ReadExporterPage(page->body, settings_.metrics)) {
    const bool ours = settings_.devices.empty() || reading.metric == kHostPower ||
                      std::find(settings_.devices.begin(), settings_.devices.end(),
                                reading.device) != settings_.devices.end();
    if (ours) Add(at, settings_.exporter, std::move(reading));
  }
}

void Telemetry::Add(WallTime at, const std::string& source, SensorReading reading) {
  if (samples_.size() < kMostSamples) samples_.push_back({at, source, std::move(reading)});
}

}  // namespace roofscape::host
