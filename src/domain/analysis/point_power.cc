#include "domain/analysis/point_power.h"

#include <algorithm>
#include <optional>

namespace roofscape::analysis {
namespace {

std::optional<double> Per(double joules, std::int64_t tokens) {
  return tokens > 0 ? std::optional(joules / static_cast<double>(tokens)) : std::nullopt;
}

/// The faults of a window; none: its figures are set.
std::vector<PowerFault> SetWindow(std::span<const PowerSample> samples, std::int64_t devices,
                                  WallTime started, spec::PointMetrics& metrics) {
  const double zero_s = static_cast<double>(started.unix_us) * 1e-6;
  PowerWindow window;
  window.begin_s = zero_s + static_cast<double>(metrics.window.begin_ns) * 1e-9;
  window.end_s = zero_s + static_cast<double>(metrics.window.end_ns) * 1e-9;
  window.duration_s = window.end_s - window.begin_s;
  window.expected_devices = devices;
  const PowerReading reading = IntegratePower(samples, window);
  if (!reading.energy_j) return reading.faults;
  metrics.device_power_w = reading.total_w;
  metrics.joules_per_input_token_device = Per(*reading.energy_j, metrics.input_tokens);
  metrics.joules_per_output_token_device = Per(*reading.energy_j, metrics.output_tokens);
  metrics.joules_per_total_token_device =
      Per(*reading.energy_j, metrics.input_tokens + metrics.output_tokens);
  return {};
}

}  // namespace

std::string CodesOf(std::span<const PowerFault> faults) {
  std::string codes;
  for (const PowerFault fault : faults) {
    codes += codes.empty() ? "" : ", ";
    codes += ReasonCode(fault);
  }
  return codes;
}

std::vector<PowerFault> SetPower(std::span<const PowerSample> samples, std::int64_t devices,
                                 spec::PointResult& point) {
  if (point.whole == spec::PointMetrics{}) return {};
  std::vector<PowerFault> whole = SetWindow(samples, devices, point.started, point.whole);
  std::vector<PowerFault> primary = whole;
  if (point.steady) {
    const auto steady = SetWindow(samples, devices, point.started, *point.steady);
    if (point.Primary() == &*point.steady) primary = steady;
  }
  // An earlier trace covered the point; that this one does not takes nothing back.
  const spec::PointMetrics* const judged = point.Primary();
  if (!primary.empty() && judged != nullptr && judged->device_power_w) return primary;
  std::vector<std::string>& reasons = point.verdict.server_reasons;
  std::erase_if(reasons, [](const std::string& r) { return r.starts_with(kPowerNotValid); });
  if (!primary.empty()) reasons.push_back(std::string(kPowerNotValid) + CodesOf(primary));
  return primary;
}

}  // namespace roofscape::analysis
