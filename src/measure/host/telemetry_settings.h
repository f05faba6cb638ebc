// What is to be sampled beside a measurement; see telemetry.h.

#pragma once

#include <map>
#include <string>
#include <vector>

namespace roofscape::host {

struct TelemetrySettings {
  bool enabled = true;
  double interval_s = 0.5;
  std::vector<std::string> nvml;  // Libraries to try; empty: NvmlNames().
  std::string powercap = "/sys/class/powercap";
  std::string exporter;                        // A URL; empty: none.
  std::map<std::string, std::string> metrics;  // Of the exporter: its names to ours.
  std::vector<std::string> devices;  // By number, or UUID of NVML; empty: all that are visible.
  bool packages_are_chips = false;   // The deployment computes on processors: their power is the
                                     // device's.

  friend bool operator==(const TelemetrySettings&, const TelemetrySettings&) = default;
};

}  // namespace roofscape::host
