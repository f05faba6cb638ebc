// What was sampled beside a run, kept with it: series, and power and joules a token of its points
// where the samples cover them.
//
// Thread safety: as the store's.

#pragma once

#include <string>
#include <vector>

#include "base/core/result.h"
#include "measure/host/telemetry.h"
#include "results/store/store.h"

namespace roofscape::cli {

/// `wanted`: the plan asks for power, so that its absence is told among the reasons about the
/// server. Of several sources of device_power_w one counts: NVML, then an exporter, then counters.
Result<> KeepTelemetry(const std::string& run, const std::vector<host::TelemetrySample>& samples,
                       bool wanted, store::Store& store, WallTime now);

}  // namespace roofscape::cli
