// [telemetry] of a plan and of a job's file.
//
// Thread safety: pure functions.

#pragma once

#include "base/core/document.h"
#include "base/core/json.h"
#include "measure/host/telemetry_settings.h"

namespace roofscape::fleet {

host::TelemetrySettings ReadTelemetry(ObjectReader& reader);
Json ToJson(const host::TelemetrySettings& settings);

}  // namespace roofscape::fleet
