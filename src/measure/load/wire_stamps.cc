#include "measure/load/wire_stamps.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace roofscape::load {
namespace {

using namespace std::chrono_literals;

// The tap has looked at a packet this long after it came; see wire_tap.h.
constexpr Nanos kSettled = 100ms;

}  // namespace

std::int64_t StampFromWire(const WireTap& tap, Instant epoch, const WireMarks& marks,
                           spec::RequestLog& log) {
  const Nanos grain = tap.stats().grain;
  const auto width = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(2 * grain.count(), 1, std::numeric_limits<std::uint32_t>::max()));
  std::int64_t stamped = 0;
  for (std::size_t r = 0; r < log.requests.size(); ++r) {
    spec::Request& request = log.requests[r];
    const WireMarks::OfRequest& of = marks.requests[r];
    const auto first = static_cast<std::size_t>(request.first_event);
    const std::size_t last = first + static_cast<std::size_t>(request.event_count);
    for (std::size_t e = first; e < last; ++e) {
      const auto at = tap.Lookup(of.local_port, marks.event_ends[e], of.read_at);
      if (!at) continue;
      spec::Event& event = log.events[e];
      const std::int64_t time_ns = (*at + grain - epoch).count();
      const bool was_end = event.kind == spec::EventKind::kDone && request.end_ns == event.time_ns;
      event.time_ns = e > first ? std::max(time_ns, log.events[e - 1].time_ns) : time_ns;
      event.uncertainty_ns = width;
      if (was_end) request.end_ns = event.time_ns;
      ++stamped;
    }
  }
  return stamped;
}

WireStamps::WireStamps(WireTap& tap, Instant epoch, Sink sink, const Clock& clock)
    : tap_(tap), epoch_(epoch), sink_(std::move(sink)), clock_(clock), thread_([this] {
        Work();
      }) {}

WireStamps::~WireStamps() {
  if (thread_.joinable()) static_cast<void>(Finish());
}

Result<> WireStamps::Push(spec::RequestLog log, WireMarks marks) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back({clock_.Now(), std::move(log), std::move(marks)});
  wake_.notify_one();
  if (error_) return *error_;
  return {};
}

WireStamps::Outcome WireStamps::Finish() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
  // The tap takes what has come so far before it ends.
  tap_.Stop();
  while (!waiting_.empty()) {
    StampOne(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return std::move(outcome_);
}

void WireStamps::Work() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (waiting_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const Nanos left = waiting_.front().pushed + kSettled - clock_.Now();
    if (left > Nanos(0)) {
      wake_.wait_for(lock, left);
      continue;
    }
    Piece piece = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    StampOne(std::move(piece));
    lock.lock();
  }
}

/// Each connection's bytes are asked for once, in their order: what was answered is forgotten, so
/// that a long run fills no tables.
void WireStamps::ForgetStamped(const Piece& piece) {
  for (std::size_t r = 0; r < piece.log.requests.size(); ++r) {
    const spec::Request& request = piece.log.requests[r];
    if (request.event_count == 0) continue;
    const auto last = static_cast<std::size_t>(request.first_event + request.event_count - 1);
    tap_.Forget(piece.marks.requests[r].local_port, piece.marks.event_ends[last],
                piece.marks.requests[r].read_at);
  }
}

void WireStamps::StampOne(Piece piece) {
  outcome_.events += static_cast<std::int64_t>(piece.log.events.size());
  outcome_.stamped += StampFromWire(tap_, epoch_, piece.marks, piece.log);
  ForgetStamped(piece);
  outcome_.pieces.push_back(piece.log);
  if (!sink_) return;
  if (const Result<> taken = sink_(std::move(piece.log)); !taken) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = taken.error();
  }
}

}  // namespace roofscape::load
