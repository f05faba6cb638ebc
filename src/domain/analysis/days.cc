#include "domain/analysis/days.h"

#include <chrono>

namespace roofscape::analysis {

std::optional<catalog::Date> DayOf(WallTime time) {
  if (time.unix_us == 0) return std::nullopt;
  const std::chrono::sys_time<std::chrono::microseconds> moment{
      std::chrono::microseconds(time.unix_us)};
  return DateOfNumber(std::chrono::floor<std::chrono::days>(moment).time_since_epoch().count());
}

std::int64_t DayNumber(catalog::Date date) {
  const std::chrono::year_month_day day{std::chrono::year(date.year),
                                        std::chrono::month(static_cast<unsigned>(date.month)),
                                        std::chrono::day(static_cast<unsigned>(date.day))};
  return std::chrono::sys_days(day).time_since_epoch().count();
}

catalog::Date DateOfNumber(std::int64_t days) {
  const std::chrono::year_month_day day{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
  return {static_cast<int>(day.year()), static_cast<int>(static_cast<unsigned>(day.month())),
          static_cast<int>(static_cast<unsigned>(day.day()))};
}

}  // namespace roofscape::analysis
