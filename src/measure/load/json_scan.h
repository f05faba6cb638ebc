// Reads single JSON tokens where their place is known beforehand: strings, counts, lists of counts.
// Stricter than JSON: what is unusual is refused, so that a full parser can be asked.
//
// Ownership: views into the input or into the caller's scratch. Thread safety: plain functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roofscape::load {

/// A string's text and the quote that ended it.
struct ScannedString {
  std::string_view text;
  const char* end = nullptr;  // nullptr: refused.
};

/// The string whose first character is `p`. Refuses control characters, broken UTF-8, unknown
/// escapes, lone surrogates, and a string without its closing quote. `text` points to the input
/// unless there are escapes, then to `scratch`, which only grows.
ScannedString ScanString(const char* p, const char* end, std::string& scratch);

struct ScannedCount {
  std::int64_t value = 0;
  const char* end = nullptr;  // Behind the last digit; nullptr: refused.
};

/// The digits at `p`: at most 18 of them, no leading zero. What follows them is the caller's.
inline ScannedCount ScanCount(const char* p, const char* end) {
  constexpr std::ptrdiff_t kMaxDigits = 18;  // Always fits.
  std::int64_t value = 0;
  const char* at = p;
  while (at != end && *at >= '0' && *at <= '9') {
    if (at - p == kMaxDigits) return {};
    value = value * 10 + (*at - '0');
    ++at;
  }
  if (at == p || (*p == '0' && at - p > 1)) return {};
  return {value, at};
}

/// How many counts stand in a list whose first byte behind the bracket is `p`, separated by
/// commas and blanks; `end` of the result is the closing bracket.
ScannedCount CountItems(const char* p, const char* end);

}  // namespace roofscape::load
