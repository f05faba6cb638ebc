#include "model/sim/workloads.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/core/check.h"

namespace roofscape::sim {

ClosedLoop::ClosedLoop(const spec::Workload& workload, std::int64_t concurrency,
                       std::int64_t requests, std::uint64_t seed)
    : lengths_(workload, seed), requests_(requests) {
  RS_CHECK(concurrency >= 1 && requests >= 1);
  for (std::int64_t i = concurrency; i-- > 0;) free_.push_back({i, 0});
}

std::optional<Ask> ClosedLoop::Next() {
  if (free_.empty() || sent_ == requests_) return std::nullopt;
  const User user = free_.back();
  free_.pop_back();
  const workload::RequestShape shape = lengths_.ShapeOf(sent_);
  Ask ask;
  ask.id = sent_++;
  ask.at_ns = user.free_ns;
  ask.input = shape.input_tokens;
  ask.output = shape.output_tokens;
  ask.tag = user.number;
  return ask;
}

void ClosedLoop::OnEnd(const Completion& completion) {
  free_.push_back({completion.tag, completion.end_ns});
}

OpenLoop::OpenLoop(const spec::Workload& workload, workload::ArrivalStream arrivals,
                   std::optional<std::int64_t> requests, std::optional<std::int64_t> duration_ns,
                   std::uint64_t seed)
    : lengths_(workload, seed),
      arrivals_(arrivals),
      requests_(requests),
      duration_ns_(duration_ns) {
  RS_CHECK(requests || duration_ns);
}

std::optional<Ask> OpenLoop::Next() {
  if (requests_ && sent_ >= *requests_) return std::nullopt;
  const std::int64_t at_ns = arrivals_.Next().count();
  if (duration_ns_ && at_ns >= *duration_ns_) return std::nullopt;
  const workload::RequestShape shape = lengths_.ShapeOf(sent_);
  Ask ask;
  ask.id = sent_++;
  ask.at_ns = at_ns;
  ask.input = shape.input_tokens;
  ask.output = shape.output_tokens;
  return ask;
}

Replay::Replay(const workload::Trace& trace, double speed, std::optional<std::int64_t> requests)
    : trace_(trace), speed_(speed), count_(trace.requests.size()) {
  RS_CHECK(speed > 0.0);
  if (requests) count_ = std::min(count_, static_cast<std::size_t>(*requests));
}

std::optional<Ask> Replay::Next() {
  if (sent_ == count_) return std::nullopt;
  const workload::TraceRequest& r = trace_.requests[sent_];
  Ask ask;
  ask.id = static_cast<std::int64_t>(sent_++);
  ask.at_ns = std::llround(static_cast<double>(r.at.count()) / speed_);
  ask.input = r.input_tokens;
  ask.output = r.output_tokens;
  ask.hashes = trace_.HashesOf(r);
  return ask;
}

namespace {

constexpr auto kSooner = [](const auto& a, const auto& b) {
  return a.at_ns != b.at_ns ? a.at_ns > b.at_ns : a.slot > b.slot;
};

/// What the server counted, else what was asked for.
std::int64_t Tokens(std::int64_t counted, std::int64_t asked) {
  return counted > 0 ? counted : asked;
}

/// Warm-ups of a log whose last had ended before a measured request was sent; 0 where it ran over.
std::int64_t DrainedWarmups(const spec::RequestLog& log) {
  std::int64_t count = 0;
  std::optional<std::int64_t> last_end;
  std::optional<std::int64_t> first_sent;
  for (const spec::Request& r : log.requests) {
    if (r.phase == spec::Phase::kWarmup) {
      ++count;
      last_end = std::max(last_end.value_or(r.end_ns), r.end_ns);
    } else {
      first_sent = std::min(first_sent.value_or(r.intended_ns), r.intended_ns);
    }
  }
  return last_end && first_sent && *last_end <= *first_sent ? count : 0;
}

}  // namespace

RunReplay::RunReplay(const spec::RequestLog& log, bool closed) : closed_(closed) {
  std::optional<std::int64_t> begin_ns;
  for (const spec::Request& r : log.requests) {
    Ask ask;
    ask.input = Tokens(r.input_tokens, r.input_tokens_asked);
    ask.output = Tokens(r.output_tokens, r.output_tokens_asked);
    if (ask.input < 1 || ask.output < 1 || r.intended_ns == spec::kNoStamp) continue;
    begin_ns = std::min(begin_ns.value_or(r.intended_ns), r.intended_ns);
    ask.id = static_cast<std::int64_t>(asks_.size());
    ask.at_ns = r.intended_ns;
    ask.tag = closed ? r.slot : -1;
    asks_.push_back(ask);
    origins_.push_back({r.id, r.phase});
  }
  for (Ask& ask : asks_) ask.at_ns -= *begin_ns;
  if (closed && DrainedWarmups(log) > 0) {
    before_drain_ = std::count_if(origins_.begin(), origins_.end(), [](const Origin& origin) {
      return origin.phase == spec::Phase::kWarmup;
    });
  }
  if (!closed) {
    std::sort(asks_.begin(), asks_.end(), [](const Ask& a, const Ask& b) {
      return a.at_ns != b.at_ns ? a.at_ns < b.at_ns : a.id < b.id;
    });
    return;
  }
  for (std::size_t i = asks_.size(); i-- > 0;) {
    const auto slot = static_cast<std::size_t>(std::max<std::int64_t>(asks_[i].tag, 0));
    if (slot >= lists_.size()) lists_.resize(slot + 1);
    lists_[slot].push_back(i);
  }
  for (std::size_t slot = 0; slot < lists_.size(); ++slot) {
    if (lists_[slot].empty()) continue;
    Ready(static_cast<std::int64_t>(slot), asks_[lists_[slot].back()].at_ns);
  }
}

void RunReplay::Ready(std::int64_t slot, std::int64_t at_ns) {
  ready_.push_back({at_ns, slot});
  std::push_heap(ready_.begin(), ready_.end(), kSooner);
}

std::optional<Ask> RunReplay::Next() {
  if (!closed_) {
    if (sent_ == asks_.size()) return std::nullopt;
    return asks_[sent_++];
  }
  if (ready_.empty()) return std::nullopt;
  const User user = ready_.front();
  std::pop_heap(ready_.begin(), ready_.end(), kSooner);
  ready_.pop_back();
  auto& list = lists_[static_cast<std::size_t>(user.slot)];
  Ask ask = asks_[list.back()];
  list.pop_back();
  ask.at_ns = user.at_ns;
  return ask;
}

void RunReplay::OnEnd(const Completion& completion) {
  if (!closed_) return;
  const auto phase = [this](std::size_t i) { return origins_[i].phase; };
  const auto& list = lists_[static_cast<std::size_t>(completion.tag)];
  const bool warmup = phase(static_cast<std::size_t>(completion.id)) == spec::Phase::kWarmup;
  if (warmup && before_drain_ > 0) --before_drain_;
  if (!list.empty()) {
    const bool waits = before_drain_ > 0 && phase(list.back()) == spec::Phase::kMeasure;
    if (waits) {
      held_.push_back(completion.tag);
    } else {
      Ready(completion.tag, completion.end_ns);
    }
  }
  if (before_drain_ > 0) return;
  for (const std::int64_t slot : std::exchange(held_, {})) Ready(slot, completion.end_ns);
}

}  // namespace roofscape::sim
