// Physical and accounting units. A raw double never crosses a room's border: it is a Quantity, or
// the last word of its name is its unit (JSON, SQL, CSV: `ttft_p99_s`, `energy_j`).
//
// Two quantities of one unit add and compare; a product or quotient of different units exists only
// if this file names its unit. Clock time is std::chrono (clock.h); Seconds is for durations that
// are computed, averaged or modelled.

#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace roofscape {

/// Integer nanoseconds: every measured time.
using Nanos = std::chrono::nanoseconds;

/// A monotonic instant. Only differences mean something.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Nanos>;

template <class Unit>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(double value) : value_(value) {}

  constexpr double value() const { return value_; }

  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity(a.value_ + b.value_);
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity(a.value_ - b.value_);
  }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity(k * a.value_); }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity(k * a.value_); }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity(a.value_ / k); }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value_ / b.value_; }
  friend constexpr auto operator<=>(Quantity, Quantity) = default;

 private:
  double value_ = 0.0;
};

using Seconds = Quantity<struct SecondUnit>;
using Tokens = Quantity<struct TokenUnit>;
using TokensPerSecond = Quantity<struct TokenPerSecondUnit>;
using RequestsPerSecond = Quantity<struct RequestPerSecondUnit>;

constexpr Seconds ToSeconds(Nanos t) { return Seconds(std::chrono::duration<double>(t).count()); }
/// What people and files give in seconds, as clocks count.
constexpr Nanos FromSeconds(double seconds) {
  return Nanos(static_cast<std::int64_t>(seconds * 1e9));
}
constexpr TokensPerSecond operator/(Tokens n, Seconds t) {
  return TokensPerSecond(n.value() / t.value());
}
constexpr Tokens operator*(TokensPerSecond r, Seconds t) { return Tokens(r.value() * t.value()); }

}  // namespace roofscape
