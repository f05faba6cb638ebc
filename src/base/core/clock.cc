#include "base/core/clock.h"

#include <ctime>

#include <fmt/format.h>

namespace roofscape {

std::string WallTime::ToIso() const {
  const std::time_t seconds = static_cast<std::time_t>(unix_us / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     unix_us % 1'000'000);
}

Instant SystemClock::Now() const { return std::chrono::steady_clock::now(); }

WallTime SystemClock::Wall() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
}

WallTime ManualClock::Wall() const {
  return {std::chrono::duration_cast<std::chrono::microseconds>(now_.time_since_epoch()).count()};
}

}  // namespace roofscape
