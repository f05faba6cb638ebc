// Time zones of the IANA database, read from its compiled files (TZif, RFC 8536): what a clock on
// the wall shows at an instant, and at which instants it shows a time. Where clocks are put forward
// a time is skipped, where they are put back one comes twice.
//
// Errors: kNotFound for a zone that is not there, kProtocol for a file that is none; with the cure.
// Thread safety: plain values and pure functions but for LoadTimeZone, which reads a file.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace roofscape::fleet {

/// When a rule of POSIX changes the clock in a year: "M3.5.0/2", "J60", "59".
struct ClockChange {
  enum class Kind { kMonthWeekDay, kJulianWithoutLeap, kJulian } kind = Kind::kMonthWeekDay;
  int month = 1, week = 1, day = 0;  // Of the other two kinds only `day`.
  std::int64_t time_s = 7200;        // Local.

  std::int64_t LocalSecond(int year) const;
};

struct SummerTime {
  std::int64_t offset_s = 0;
  ClockChange begin, end;
};

/// What holds after the last transition: "CET-1CEST,M3.5.0,M10.5.0/3".
struct YearRule {
  std::int64_t standard_s = 0;
  std::optional<SummerTime> summer;

  std::int64_t OffsetAt(std::int64_t unix_s) const;
};

class TimeZone {
 public:
  static TimeZone Utc() { return {}; }
  static Result<TimeZone> Parse(std::string_view tzif, const std::string& name);

  const std::string& name() const { return name_; }

  /// [s] East of Greenwich, at an instant in seconds since 1970-01-01 UTC.
  std::int64_t OffsetAt(std::int64_t unix_s) const;

  /// The instants at which clocks show a time, which is given as if it were UTC: none where it is
  /// skipped, two where it comes twice, in order.
  std::vector<std::int64_t> InstantsOf(std::int64_t local_s) const;

  /// The same, but of a skipped time the instant at which clocks are put forward.
  std::int64_t FirstInstantOf(std::int64_t local_s) const;

 private:
  friend class TzifReader;

  struct Transition {
    std::int64_t at_s = 0;
    std::int64_t offset_s = 0;  // From then on.
  };

  static std::optional<YearRule> ParseRule(std::string_view text);

  std::string name_ = "UTC";
  std::int64_t first_offset_s_ = 0;
  std::vector<Transition> transitions_;  // By time.
  std::optional<YearRule> rule_;
};

/// The zone of that name from the system's database ($TZDIR, else /usr/share/zoneinfo). "UTC" needs
/// none.
Result<TimeZone> LoadTimeZone(const std::string& name);

}  // namespace roofscape::fleet
