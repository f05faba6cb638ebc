// What `daemon --dry-run` prints.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/json.h"
#include "base/core/result.h"
#include "service/fleet/daemon_state.h"
#include "service/fleet/time_zone.h"

namespace roofscape::cli {

/// Of `sweep --dry-run --json`.
struct SweepSize {
  std::int64_t points = 0;  // To measure.
  std::int64_t starts = 0;
  double device_s = 0;
  std::optional<double> usd;
};

/// Of what that prints. Errors: kProtocol.
Result<SweepSize> SizeOf(const std::string& forecast);

struct EntryForecast {
  const fleet::DaemonEntry* entry = nullptr;
  const fleet::TimeZone* zone = nullptr;
  fleet::EntryState state;
  std::vector<WallTime> times;
  std::optional<fleet::Due> due;  // Now.
  std::optional<SweepSize> sweep;
  std::string trouble;  // Why it is missing.
};

/// "2026-11-30 02:30:00 +01:00".
std::string LocalText(WallTime time, const fleet::TimeZone& zone);

std::string ForecastText(const std::vector<EntryForecast>& forecasts);
Json ForecastJson(const std::vector<EntryForecast>& forecasts);

}  // namespace roofscape::cli
