// What an exporter of a machine's sensors says, in Prometheus' text form: one sample a line,
//   NAME{LABEL="VALUE",...} NUMBER [TIME]
// and what is known of the names that exporters of chips and servers use.
//
// Bytes come from outside: whatever cannot be read is passed over. Thread safety: pure functions.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roofscape::host {

/// A metric of ours, which ends in its unit, at one device.
struct SensorReading {
  std::string metric;
  std::string device;
  double value = 0;

  friend bool operator==(const SensorReading&, const SensorReading&) = default;
};

/// The samples that are known, or that `names` gives a metric of ours by theirs. Devices are called
/// by the label gpu, gpu_id, device or chip, the first that is there; "0" where there is none.
std::vector<SensorReading> ReadExporterPage(std::string_view page,
                                            const std::map<std::string, std::string>& names);

/// Whether a metric of ours is one that a plan may name.
bool IsSensorMetric(std::string_view metric);

inline constexpr const char* kDevicePower = "device_power_w";
inline constexpr const char* kPackagePower = "package_power_w";  // Of processors.
inline constexpr const char* kHostPower = "host_power_w";        // Of whole servers.

}  // namespace roofscape::host
