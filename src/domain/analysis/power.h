// Whether sampled power covers a measurement well enough to be shown, and the energy if it does:
// InferenceX's rules (its power schema 2). For each device the power is integrated by trapezoids
// over the window, with the power at the two borders interpolated between the samples around them.
// Valid only if
//   - time, power and device of every sample in the window can be read;
//   - as many devices as expected were seen;
//   - each device has samples at or before the window's begin and at or after its end;
//   - no two neighbouring samples of a device that touch the window are more than 3 s apart;
//   - the window is as long as the measurement says: within max(0.5 s, 1 %).
// Unreadable samples outside the window are ignored and counted. Invalid power has no figures; it
// does not make the measurement invalid.
//
// Units: seconds of one clock, watts, joules. Thread safety: pure functions.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roofscape::analysis {

/// Why power is not valid. The first six are for who reads the file; Integrate gives the others.
enum class PowerFault {
  kFileMissing,
  kFileEmpty,
  kFileUnreadable,
  kTimestampColumnMissing,
  kPowerColumnMissing,
  kDeviceColumnMissing,
  kInvalidTimestamp,
  kInvalidPower,
  kDeviceMissing,
  kNoUsableSamples,
  kDeviceCountMismatch,
  kTooFewSamples,
  kWindowNotBracketed,
  kGapExceeded,
  kInvalidWindow,
  kDurationMismatch,
  kInvalidExpectedCount,
  kInvalidMaxGap,
  kInternalError,
};

/// InferenceX's reason code: "benchmark_window_not_bracketed".
std::string_view ReasonCode(PowerFault fault);

/// One line of telemetry as it could be read.
struct PowerSample {
  std::optional<double> time_s;
  std::optional<double> power_w;
  std::string device;  // Empty: not said.
};

struct PowerWindow {
  double begin_s = 0.0;
  double end_s = 0.0;
  double duration_s = 0.0;  // As the measurement itself says it.
  std::int64_t expected_devices = 0;
  double max_gap_s = 3.0;
};

struct PowerReading {
  std::vector<PowerFault> faults;  // Each once, in the order of the enum; empty: valid.
  std::optional<double> energy_j;  // Of all devices in the window.
  std::optional<double> device_w;  // Mean of one device.
  std::optional<double> total_w;   // Mean of all.
  std::int64_t ignored = 0;        // Unreadable samples outside the window.
};

PowerReading IntegratePower(std::span<const PowerSample> samples, const PowerWindow& window);

}  // namespace roofscape::analysis
