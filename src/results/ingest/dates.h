// When a result was measured, as others write it.
//
// Private to ingest. Thread safety: pure functions.

#pragma once

#include <optional>
#include <string_view>

#include "base/core/clock.h"

namespace roofscape::ingest {

struct When {
  WallTime time;
  bool day_only = false;
};

/// "2026-06-11", "2026-06-11T10:20:30Z" with or without a fraction or "+00:00", "20260611-102030";
/// always UTC. Another offset from UTC, or another text, gives nothing.
std::optional<When> ReadTime(std::string_view text);

/// Seconds since 1970; nothing for what is no time since then.
std::optional<When> TimeOfUnixSeconds(double seconds);

}  // namespace roofscape::ingest
