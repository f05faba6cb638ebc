// What the loops of one point share: how many requests have been given out, when sending ends, and
// whether something ended it early. Everything per request; nothing per event.
//
// Thread safety: all functions from any thread.

#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/core/result.h"
#include "base/core/units.h"
#include "domain/spec/request_log.h"

namespace roofscape::load {

class Course {
 public:
  struct Limits {
    std::int64_t warmup = 0;               // Requests of the warm-up phase, given out first.
    std::optional<std::int64_t> measured;  // Requests of the measured phase; missing: by time.
    std::optional<Nanos> duration;         // Of sending, from the first measured request.
    bool drain_warmup = false;             // Measured requests wait until all warm-ups have ended.
    // So many failures in a row, over at least so long, end the point.
    std::int64_t patience = 0;
    Nanos patience_time{};
  };

  explicit Course(const Limits& limits) : limits_(limits) {}

  struct Ticket {
    std::int64_t id = 0;
    spec::Phase phase = spec::Phase::kMeasure;
    Instant
        not_before;  // No request of this phase is intended before: when the warm-up had drained.
  };
  enum class Refusal { kWait, kOver };

  /// The next request, or why there is none: kWait while warm-ups drain.
  std::optional<Ticket> Take(Instant intended, Refusal& refusal);

  /// A request has ended. True for the warm-up that ended last: whoever waits can go on.
  bool NoteEnd(spec::Phase phase, spec::Outcome outcome, Instant now);

  /// True once nothing but failures has come for long enough.
  bool LostPatience(Instant now) const {
    return failures_in_a_row_ >= limits_.patience &&
           now.time_since_epoch().count() - failing_since_ns_ >= limits_.patience_time.count();
  }
  std::int64_t failures_in_a_row() const { return failures_in_a_row_; }

  /// Ends sending; the first reason is kept.
  void Abort(Error reason);
  void Stop();
  bool ending() const { return ending_.load(std::memory_order_relaxed); }
  bool stopped() const { return stopped_; }
  std::optional<Error> aborted() const;

  const Limits& limits() const { return limits_; }

 private:
  bool SendingIsOver(Instant now, std::int64_t issued) const;

  const Limits limits_;
  std::atomic<std::int64_t> issued_{0};
  std::atomic<std::int64_t> warmups_ended_{0};
  std::atomic<std::int64_t> failures_in_a_row_{0};
  std::atomic<std::int64_t> failing_since_ns_{0};  // First failure of the row.
  std::atomic<bool> ending_{false};
  std::atomic<bool> stopped_{false};
  mutable std::mutex mutex_;
  std::optional<Instant> deadline_;  // Guarded by mutex_, as below.
  Instant warm_at_;                  // End of the warm-up that ended last, so far.
  std::optional<Error> aborted_;
};

}  // namespace roofscape::load
