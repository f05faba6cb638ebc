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

ClockPair SystemClock::Pair() const {
  ClockPair best;
  // An interrupt between the readings makes a pair wide; of three tries one is narrow.
  for (int i = 0; i < 3; ++i) {
    const Instant before = Now();
    const auto real = std::chrono::system_clock::now().time_since_epoch();
    const Nanos width = Now() - before;
    if (i > 0 && width >= best.width) continue;
    best = {before + width / 2, std::chrono::duration_cast<Nanos>(real).count(), width};
  }
  return best;
}

ClockPair ManualClock::Pair() const { return {now_, now_.time_since_epoch().count(), Nanos{0}}; }

WallTime ManualClock::Wall() const {
  return {std::chrono::duration_cast<std::chrono::microseconds>(now_.time_since_epoch()).count()};
}

}  // namespace roofscape
