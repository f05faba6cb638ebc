#include "measure/host/probe_pace.h"

#include <algorithm>

#include "measure/host/host_facts.h"

namespace roofscape::host {
namespace {

constexpr double kShortestRepeat_s = 0.002;
constexpr std::int64_t kFewestRepeats = 3;
constexpr std::int64_t kMostRepeats = 50;
constexpr double kFirstTouch = 2;  // The first call may meet cold caches and missing pages.

}  // namespace

ProbePace::ProbePace(const Clock& clock, const std::atomic<bool>& stop, Nanos total,
                     std::int64_t readings, OnReading on_reading)
    : clock_(&clock),
      stop_(&stop),
      begin_(clock.Now()),
      end_(begin_ + total),
      all_(readings),
      on_reading_(std::move(on_reading)) {}

void ProbePace::LeaveOut(std::int64_t readings) {
  number_ += readings;
  left_out_ += readings;
}

double ProbePace::Time(const std::function<void()>& work, std::int64_t calls,
                       TimeOfWork time) const {
  const auto now = [&] {
    return time == TimeOfWork::kThread ? ThreadCpuTime() : clock_->Now().time_since_epoch();
  };
  const Nanos begin = now();
  for (std::int64_t i = 0; i < calls; ++i) work();
  return ToSeconds(now() - begin).value() / static_cast<double>(calls);
}

std::int64_t ProbePace::CallsOfARepeat(const std::function<void()>& work, TimeOfWork time) const {
  const double left_s = ToSeconds(end_ - clock_->Now()).value();
  if (left_s <= 0) return 0;
  double call_s = Time(work, 1, time);
  if (call_s > kFirstTouch * left_s) return 0;
  if (call_s >= kShortestRepeat_s) return 1;
  // A single call of next to nothing times the clock.
  std::int64_t calls = 1;
  while (call_s * static_cast<double>(calls) < kShortestRepeat_s / 2 && calls < (1 << 24)) {
    calls *= 2;
    call_s = Time(work, calls, time);
    if (stopped()) return 0;
  }
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(kShortestRepeat_s / call_s));
}

std::vector<double> ProbePace::Repeat(const std::string& what, const std::function<void()>& work,
                                      TimeOfWork time) {
  std::vector<double> seconds;
  if (on_reading_) on_reading_(what, number_, all_);
  const Instant begin = clock_->Now();
  const Nanos share = (end_ - begin) / std::max<std::int64_t>(1, all_ - number_);
  ++number_;
  const std::int64_t calls = stopped() ? 0 : CallsOfARepeat(work, time);
  while (calls > 0 && std::ssize(seconds) < kMostRepeats && !stopped()) {
    const Instant now = clock_->Now();
    if (now >= end_) break;
    if (now - begin >= share && std::ssize(seconds) >= kFewestRepeats) break;
    // Never 0: a clock may be too coarse to see the work.
    seconds.push_back(std::max(Time(work, calls, time), 1e-12));
  }
  if (seconds.empty()) ++left_out_;
  return seconds;
}

}  // namespace roofscape::host
