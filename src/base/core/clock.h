// Time as an argument. Code that needs the time takes a Clock&; only SystemClock reads the machine.
//
// Thread safety: SystemClock may be shared; ManualClock belongs to one thread.

#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "base/core/units.h"

namespace roofscape {

/// Microseconds since 1970-01-01 UTC: when something happened, never how long it took.
struct WallTime {
  std::int64_t unix_us = 0;

  /// "2026-11-23T19:02:22.123456Z".
  std::string ToIso() const;

  friend auto operator<=>(const WallTime&, const WallTime&) = default;
};

/// The calendar clock and the monotonic clock read as near to each other as can be. The kernel
/// stamps packets with the calendar clock; this brings its stamps to the monotonic one.
struct ClockPair {
  Instant monotonic;             // The middle of the reading.
  std::int64_t realtime_ns = 0;  // Since 1970-01-01 UTC.
  Nanos width{};                 // The reading of the calendar clock lies within this.
};

class Clock {
 public:
  virtual ~Clock() = default;

  /// The monotonic time (CLOCK_MONOTONIC on the real clock).
  virtual Instant Now() const = 0;

  /// The calendar time.
  virtual WallTime Wall() const = 0;

  /// Both at once; the best of a few tries.
  virtual ClockPair Pair() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  Instant Now() const override;
  WallTime Wall() const override;
  ClockPair Pair() const override;
};

/// A clock for tests: it moves only when told.
class ManualClock final : public Clock {
 public:
  Instant Now() const override { return now_; }
  WallTime Wall() const override;
  ClockPair Pair() const override;
  void Advance(Nanos by) { now_ += by; }

 private:
  Instant now_{};
};

}  // namespace roofscape
