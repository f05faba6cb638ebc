// Repeats work and times it, for as long as its share of the whole time allows: each of the
// readings still to come gets the same, so that what one does not use goes to the later ones.
//
// Thread safety: one thread; `stop` may be set from any, also from a signal handler.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/core/clock.h"

namespace roofscape::host {

/// Told before each reading: what it is, its number from 0 on, and how many there are.
using OnReading =
    std::function<void(const std::string& what, std::int64_t number, std::int64_t all)>;

/// What counts as the time of some work: that on the clock, or, for what the calling thread does
/// alone, the processor time that it used: other work that takes the core away then does not count.
enum class TimeOfWork { kClock, kThread };

class ProbePace {
 public:
  /// `readings` will be taken in `total` from now on. `clock` and `stop` must outlive this.
  ProbePace(const Clock& clock, const std::atomic<bool>& stop, Nanos total, std::int64_t readings,
            OnReading on_reading);

  /// Seconds that one call of `work` took, several times; empty where the time is over or `stop` is
  /// set. The first call is not counted. Work that is over in less than 2 ms is called as often as
  /// fills them, and the mean is one repeat.
  std::vector<double> Repeat(const std::string& what, const std::function<void()>& work,
                             TimeOfWork time = TimeOfWork::kClock);

  /// Counts readings that are not taken.
  void LeaveOut(std::int64_t readings);

  std::int64_t left_out() const { return left_out_; }
  bool stopped() const { return stop_->load(std::memory_order_relaxed); }
  double elapsed_s() const { return ToSeconds(clock_->Now() - begin_).value(); }

 private:
  /// The calls that make a repeat long enough; 0 where there is no time for it.
  std::int64_t CallsOfARepeat(const std::function<void()>& work, TimeOfWork time) const;
  double Time(const std::function<void()>& work, std::int64_t calls, TimeOfWork time) const;

  const Clock* clock_;
  const std::atomic<bool>* stop_;
  Instant begin_;
  Instant end_;
  std::int64_t all_;
  std::int64_t number_ = 0;
  std::int64_t left_out_ = 0;
  OnReading on_reading_;
};

}  // namespace roofscape::host
