// Schedules as cron writes them: minute, hour, day of the month, month, day of the week, in the
// local time of a zone.
//
//   *            every          5,10   these           JAN-DEC, SUN-SAT (0 and 7: SUN)
//   1-5          a range        */15, 10-40/5, 3/20    every so many from the first on
//   @hourly @daily @midnight @weekly @monthly @yearly @annually
//
// Where day of the month and day of the week are both restricted (none begins with '*'), either one
// will do, as everywhere.
//
// Where clocks are put forward, a time that is skipped comes at the moment of the change; several
// of one schedule come once. Where they are put back, a time that comes twice comes the first time
// only. With an hour field that begins with '*' ("every hour", "every 15 minutes") real time
// counts: then nothing is made up for, and both passes count.
//
// Thread safety: plain values and pure functions.

#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "service/fleet/time_zone.h"

namespace roofscape::fleet {

class Cron {
 public:
  /// Errors: kInvalidArgument with field and cure; also for a day that never comes (31 February).
  static Result<Cron> Parse(std::string_view text);

  /// The first time after `after`. Missing: none within nine years.
  std::optional<WallTime> Next(WallTime after, const TimeZone& zone) const;

  const std::string& text() const { return text_; }

 private:
  bool IsOn(std::int64_t local_day) const;
  /// The instants of a local day, in order.
  std::vector<std::int64_t> InstantsOn(std::int64_t local_day, const TimeZone& zone) const;

  std::string text_;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;    // 1 .. 31
  std::bitset<13> months_;  // 1 .. 12
  std::bitset<7> weekdays_;
  bool any_hour_ = false, any_day_ = false, any_weekday_ = false;  // Begin with '*'.
};

}  // namespace roofscape::fleet
