#include "measure/load/course.h"

#include <algorithm>
#include <utility>

namespace roofscape::load {

std::optional<Course::Ticket> Course::Take(Instant intended, Refusal& refusal) {
  refusal = Refusal::kOver;
  const std::lock_guard lock(mutex_);
  const std::int64_t id = issued_;
  if (ending_ || SendingIsOver(intended, id)) return std::nullopt;
  if (id < limits_.warmup) {
    ++issued_;
    return Ticket{id, spec::Phase::kWarmup, Instant()};
  }
  if (limits_.drain_warmup && warmups_ended_ < limits_.warmup) {
    refusal = Refusal::kWait;
    return std::nullopt;
  }
  if (limits_.duration && !deadline_) deadline_ = intended + *limits_.duration;
  ++issued_;
  return Ticket{id, spec::Phase::kMeasure, limits_.drain_warmup ? warm_at_ : Instant()};
}

bool Course::SendingIsOver(Instant now, std::int64_t issued) const {
  if (limits_.measured) return issued >= limits_.warmup + *limits_.measured;
  return deadline_ && now >= *deadline_;
}

bool Course::NoteEnd(spec::Phase phase, spec::Outcome outcome, Instant now) {
  if (outcome == spec::Outcome::kOk) {
    failures_in_a_row_ = 0;
  } else if (++failures_in_a_row_ == 1) {
    failing_since_ns_ = now.time_since_epoch().count();
  }
  if (phase != spec::Phase::kWarmup) return false;
  const std::lock_guard lock(mutex_);
  warm_at_ = std::max(warm_at_, now);
  return ++warmups_ended_ == limits_.warmup;
}

void Course::Abort(Error reason) {
  const std::lock_guard lock(mutex_);
  if (!aborted_ && !ending_) aborted_ = std::move(reason);
  ending_ = true;
}

void Course::Stop() {
  stopped_ = true;
  ending_ = true;
}

std::optional<Error> Course::aborted() const {
  const std::lock_guard lock(mutex_);
  return aborted_;
}

}  // namespace roofscape::load
