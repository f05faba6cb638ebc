#include "model/sim/workloads.h"

#include <algorithm>
#include <cmath>

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
  if (!requests_ && at_ns >= *duration_ns_) return std::nullopt;
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

}  // namespace roofscape::sim
