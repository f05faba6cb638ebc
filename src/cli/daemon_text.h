// What `daemon --dry-run` prints.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/json.h"
#include "service/fleet/daemon_state.h"
#include "service/fleet/time_zone.h"

namespace roofscape::cli {

struct EntryForecast {
  const fleet::DaemonEntry* entry = nullptr;
  const fleet::TimeZone* zone = nullptr;
  fleet::EntryState state;
  std::vector<WallTime> times;
  std::optional<fleet::Due> due;  // Now.
  std::optional<Json> sweep;      // Of `sweep --dry-run --json`.
  std::string trouble;            // Why it is missing.
};

/// "2026-11-30 02:30:00 +01:00".
std::string LocalText(WallTime time, const fleet::TimeZone& zone);

std::string ForecastText(const std::vector<EntryForecast>& forecasts);
Json ForecastJson(const std::vector<EntryForecast>& forecasts);

}  // namespace roofscape::cli
