#include "service/fleet/telemetry_plan.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "base/net/url.h"
#include "measure/host/exporter_page.h"

namespace roofscape::fleet {

host::TelemetrySettings ReadTelemetry(ObjectReader& reader) {
  host::TelemetrySettings settings;
  reader.Optional("enabled", settings.enabled);
  reader.Optional("interval_s", settings.interval_s);
  reader.Optional("nvml", settings.nvml);
  reader.Optional("powercap", settings.powercap);
  reader.Optional("exporter", settings.exporter);
  reader.Optional("metrics", settings.metrics);
  reader.Optional("devices", settings.devices);
  reader.Optional("packages_are_chips", settings.packages_are_chips);
  // Power that is sampled more seldom than every 3 s is never valid.
  if (!(settings.interval_s >= 0.02 && settings.interval_s <= 3)) {
    reader.Fail("interval_s", "must lie between 0.02 and 3");
  }
  if (!settings.exporter.empty()) {
    if (const auto url = net::ParseUrl(settings.exporter); !url) {
      reader.Fail("exporter", url.error().message);
    }
  }
  for (const auto& [theirs, ours] : settings.metrics) {
    if (host::IsSensorMetric(ours)) continue;
    reader.Fail("metrics", fmt::format("{}: '{}' is no metric: use device_power_w, host_power_w, "
                                       "package_power_w, dram_power_w, device_sm_clock_mhz, "
                                       "device_memory_clock_mhz, device_temperature_c or "
                                       "device_throttle_bits",
                                       Printable(theirs, 60), Printable(ours, 40)));
  }
  return settings;
}

Json ToJson(const host::TelemetrySettings& settings) {
  return {{"enabled", settings.enabled},   {"interval_s", settings.interval_s},
          {"nvml", settings.nvml},         {"powercap", settings.powercap},
          {"exporter", settings.exporter}, {"metrics", Json(settings.metrics)},
          {"devices", settings.devices},   {"packages_are_chips", settings.packages_are_chips}};
}

}  // namespace roofscape::fleet
