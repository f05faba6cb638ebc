// A calendar day, for facts: when a source said something, from when a price holds. No time zone,
// no clock: days only compare.
//
// Thread safety: plain values.

#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace roofscape::catalog {

struct Date {
  int year = 0;
  int month = 0;
  int day = 0;

  /// "2026-07-01".
  std::string ToIso() const;

  friend auto operator<=>(const Date&, const Date&) = default;
};

/// A day as "2026-07-01" that exists in the calendar; nothing for any other text.
std::optional<Date> ParseDate(std::string_view text);

}  // namespace roofscape::catalog
