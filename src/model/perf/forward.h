// The time of a pass as it is served: at full clock (step.h), or with clocks that a power cap below
// the chip's TDP holds down.
//
// A chip that would draw more lowers its clock to a share f of the full one until it draws its cap:
//
//   seconds = kernels x (bound / f + 1 - bound) + launches and host
//   share   = idle + (active - idle) x busy x f^3 + compute x f^2 + memory + link
//
// the utilisations being those of the longer pass. Voltage follows the clock, so that energy an
// operation goes with f^2 and what a busy chip draws beside its work with f^3. `bound`: the share
// of kernel time in which the clock decides, not the memory (the weight of compute in SmoothMax).
//
// Published check: Splitwise (Patel et al., 2024) capped H100 at half of 700 W: prompts took 1.3
// times as long, tokens no longer (docs/concepts/performance-model.md). Measured kernel times hold
// what the full TDP does to clocks already.
//
// Templated on the scalar; f has no derivative, for nothing is fitted to capped rows. Thread
// safety: pure functions.

#pragma once

#include <algorithm>
#include <array>

#include "model/perf/power.h"
#include "model/perf/step.h"

namespace roofscape::perf {

namespace clock_internal {

inline double Sum(const std::array<double, kPrecisions>& parts) {
  double sum = 0.0;
  for (const double part : parts) sum += part;
  return sum;
}

template <class T>
Work<double> Plain(const Work<T>& work) {
  Work<double> out;
  for (std::size_t i = 0; i < kPrecisions; ++i) out.compute[i] = ValueOf(work.compute[i]);
  out.memory = ValueOf(work.memory);
  out.link = ValueOf(work.link);
  out.kernels = ValueOf(work.kernels);
  return out;
}

/// A pass with its work, and how it stretches.
class Stretch {
 public:
  /// `rest_s`: launches and host.
  Stretch(const Work<double>& work, double rest_s, const PowerShares& shares)
      : work_(work), rest_s_(rest_s), shares_(shares) {
    // What large products and long reads reach of the peaks.
    constexpr double kReached = 0.65;
    constexpr double kRead = 0.8;
    const double compute = std::max(Sum(work.compute) / kReached, 1e-15);
    const double memory = work.memory / kRead;
    const double ratio = memory / compute;
    bound_ = 1.0 / (1.0 + ratio * ratio * ratio * ratio);
  }

  /// Of the kernels.
  double At(double clock) const { return bound_ / clock + 1.0 - bound_; }

  /// Of the TDP.
  double ShareAt(double clock) const {
    const double kernels = work_.kernels * At(clock);
    const double wall = kernels + rest_s_;
    const double square = clock * clock;
    double share = shares_.memory * work_.memory + shares_.link * work_.link;
    share += (shares_.active - shares_.idle) * kernels * square * clock;
    for (std::size_t i = 0; i < kPrecisions; ++i) {
      share += shares_.compute[i] * work_.compute[i] * square;
    }
    return shares_.idle + share / wall;
  }

 private:
  Work<double> work_;
  double rest_s_;
  PowerShares shares_;
  double bound_ = 1.0;
};

/// The highest clock that keeps the cap; the lowest there is where none does.
inline double ClockOf(const Stretch& pass, double cap_share) {
  constexpr double kLowest = 0.2;
  if (pass.ShareAt(1.0) <= cap_share) return 1.0;
  double low = kLowest;
  double high = 1.0;
  for (int i = 0; i < 24; ++i) {
    const double middle = 0.5 * (low + high);
    (pass.ShareAt(middle) <= cap_share ? low : high) = middle;
  }
  return low;
}

}  // namespace clock_internal

/// What the cap leaves of the clock in a pass that takes `times` at full clock, and how much longer
/// its kernels take.
struct Clock {
  double share = 1.0;
  double stretch = 1.0;
};

template <class T>
Clock ClockUnderCap(const Machine& m, const Lowered& w, const StepLoad<T>& load,
                    const StepTimes<T>& times) {
  if (m.tdp_w <= 0.0 || CapShare(m) >= 1.0) return {};
  const clock_internal::Stretch pass(clock_internal::Plain(WorkOf(m, w, load, times)),
                                     ValueOf(times[kFloorsPart]) + ValueOf(times[kHostPart]),
                                     PowerShares{});
  const double clock = clock_internal::ClockOf(pass, CapShare(m));
  return {clock, pass.At(clock)};
}

/// One pass. `prefills`: launched kernel by kernel, as steps with prompts are.
template <class T>
StepTimes<T> ForwardSeconds(const Machine& m, const Lowered& w, const Coefficients<T>& c,
                            const StepLoad<T>& load, bool prefills) {
  StepTimes<T> times = FullClockSeconds(m, w, c, load, prefills);
  if (m.power_cap_w <= 0.0) return times;
  const double stretch = ClockUnderCap(m, w, load, times).stretch;
  for (std::size_t i = 0; i < kStepParts; ++i) {
    if (i != kFloorsPart && i != kHostPart) times[i] = times[i] * stretch;
  }
  return times;
}

}  // namespace roofscape::perf
