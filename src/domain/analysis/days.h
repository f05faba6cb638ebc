// Days of the calendar beside moments in time: a row knows when it was measured, a price book and a
// score know a day.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>

#include "base/core/clock.h"
#include "domain/catalog/date.h"

namespace roofscape::analysis {

/// The day in UTC; missing where the time is unknown (0).
std::optional<catalog::Date> DayOf(WallTime time);

/// Days since 1970-01-01, negative before. REQUIRES: a day that exists.
std::int64_t DayNumber(catalog::Date date);

/// The inverse.
catalog::Date DateOfNumber(std::int64_t days);

}  // namespace roofscape::analysis
