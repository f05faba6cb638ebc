#include "measure/host/exporter_page.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "base/core/text.h"

namespace roofscape::host {
namespace {

constexpr std::size_t kMostReadings = 100'000;

constexpr std::array<std::string_view, 8> kMetrics = {
    kDevicePower,           kPackagePower,         kHostPower,
    "device_sm_clock_mhz",  "dram_power_w",        "device_memory_clock_mhz",
    "device_temperature_c", "device_throttle_bits"};

struct Known {
  std::string_view name, metric;
};

/// Names and units as their documentation has them, read on 2026-11-29: NVIDIA's dcgm-exporter (its
/// default counters), AMD's device-metrics-exporter (MI3xx the first, MI2xx the second name), and
/// ipmi_exporter of Prometheus' community.
constexpr std::array<Known, 12> kKnown = {{
    {"DCGM_FI_DEV_POWER_USAGE", kDevicePower},
    {"DCGM_FI_DEV_SM_CLOCK", "device_sm_clock_mhz"},
    {"DCGM_FI_DEV_MEM_CLOCK", "device_memory_clock_mhz"},
    {"DCGM_FI_DEV_GPU_TEMP", "device_temperature_c"},
    {"DCGM_FI_DEV_CLOCK_THROTTLE_REASONS", "device_throttle_bits"},
    {"DCGM_FI_DEV_CLOCKS_EVENT_REASONS", "device_throttle_bits"},
    {"gpu_package_power", kDevicePower},
    {"gpu_average_package_power", kDevicePower},
    {"amd_gpu_package_power", kDevicePower},
    {"amd_gpu_average_package_power", kDevicePower},
    {"gpu_junction_temperature", "device_temperature_c"},
    {"ipmi_dcmi_power_consumption_watts", kHostPower},
}};

bool IsNameChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':';
}

std::string_view TakeName(std::string_view& rest) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), IsNameChar);
  const std::string_view name(rest.begin(), end);
  rest.remove_prefix(name.size());
  return name;
}

void SkipBlanks(std::string_view& rest) {
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
}

/// A value in quotation marks, with its escapes; nothing where it has no end.
std::optional<std::string> TakeQuoted(std::string_view& rest) {
  if (rest.empty() || rest.front() != '"') return std::nullopt;
  std::string value;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    value += rest[i];
  }
  return std::nullopt;
}

using Labels = std::map<std::string, std::string, std::less<>>;

std::optional<Labels> TakeLabels(std::string_view& rest) {
  Labels labels;
  if (rest.empty() || rest.front() != '{') return labels;
  rest.remove_prefix(1);
  while (true) {
    while (!rest.empty() && (rest.front() == ',' || rest.front() == ' ')) rest.remove_prefix(1);
    if (!rest.empty() && rest.front() == '}') {
      rest.remove_prefix(1);
      return labels;
    }
    const std::string_view name = TakeName(rest);
    SkipBlanks(rest);
    if (name.empty() || rest.empty() || rest.front() != '=') return std::nullopt;
    rest.remove_prefix(1);
    SkipBlanks(rest);
    auto value = TakeQuoted(rest);
    if (!value) return std::nullopt;
    labels.emplace(name, *std::move(value));
  }
}

std::string MetricOf(std::string_view name, const std::map<std::string, std::string>& names) {
  if (const auto given = names.find(std::string(name)); given != names.end()) return given->second;
  const auto* const known =
      std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& k) { return k.name == name; });
  return known == kKnown.end() ? "" : std::string(known->metric);
}

std::string DeviceOf(const Labels& labels) {
  for (const char* label : {"gpu", "gpu_id", "device", "chip"}) {
    const auto found = labels.find(label);
    if (found != labels.end()) return Printable(found->second, 60);
  }
  return "0";
}

std::optional<SensorReading> ReadLine(std::string_view line,
                                      const std::map<std::string, std::string>& names) {
  const std::string_view name = TakeName(line);
  std::string metric = MetricOf(name, names);
  if (metric.empty()) return std::nullopt;
  const auto labels = TakeLabels(line);
  if (!labels) return std::nullopt;
  SkipBlanks(line);
  double value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  const bool whole =
      end == line.data() + line.size() || *end == ' ' || *end == '\t' || *end == '\r';
  if (error != std::errc() || !whole || !std::isfinite(value)) return std::nullopt;
  return SensorReading{std::move(metric), DeviceOf(*labels), value};
}

}  // namespace

bool IsSensorMetric(std::string_view metric) {
  return std::find(kMetrics.begin(), kMetrics.end(), metric) != kMetrics.end();
}

std::vector<SensorReading> ReadExporterPage(std::string_view page,
                                            const std::map<std::string, std::string>& names) {
  std::vector<SensorReading> readings;
  while (!page.empty() && readings.size() < kMostReadings) {
    const std::string_view line = page.substr(0, page.find('\n'));
    page.remove_prefix(std::min(page.size(), line.size() + 1));
    if (auto reading = ReadLine(line, names)) readings.push_back(*std::move(reading));
  }
  return readings;
}

}  // namespace roofscape::host
