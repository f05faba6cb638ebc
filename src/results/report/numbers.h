// Numbers as a report writes them: three significant digits, thousands separated, an en dash for
// what is missing (never 0).
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "domain/spec/run_result.h"

namespace roofscape::report {

/// U+2013, in the place of a missing number.
inline constexpr const char* kMissing = "\u2013";

/// "0.0123", "4.56", "45.6", "456", "12,345".
std::string Number(std::optional<double> value);

/// Seconds shown in milliseconds, without unit.
std::string Millis(std::optional<double> seconds);

/// "12.3 ms", "4.56 s": for prose and tooltips.
std::string Duration(std::optional<double> seconds);

/// 0.0123 -> "1.2 %".
std::string Percent(std::optional<double> fraction);

/// " ± 12" in a soft colour: half of the interval in `scale` of its unit, to two digits. HTML.
std::string PlusMinus(const spec::Interval& interval, double scale);

/// "0.0123", "inf" for what never came.
std::string Attempted(std::optional<double> seconds, double scale);

std::string Count(std::int64_t value);

/// "1 point", "2 points".
std::string Counted(std::int64_t value, const std::string& noun);

}  // namespace roofscape::report
