#include "measure/load/exchange.h"

#include <utility>

#include "base/net/http_listener.h"

namespace roofscape::load {
namespace {

using spec::Outcome;

constexpr Nanos kIdleCloseGrace = std::chrono::milliseconds(250);

Outcome OutcomeOf(const net::Failure& failure) {
  switch (failure.kind) {
    case net::FailureKind::kConnect: return Outcome::kConnect;
    case net::FailureKind::kTimeout: return Outcome::kTimeout;
    case net::FailureKind::kReset: return Outcome::kReset;
    case net::FailureKind::kClosedEarly: return Outcome::kTruncated;
    case net::FailureKind::kProtocol: return Outcome::kProtocol;
    case net::FailureKind::kClient: return Outcome::kClient;
  }
  RS_CHECK(false && "unknown FailureKind");
  return Outcome::kProtocol;
}

}  // namespace

net::HttpTimeouts TimeoutsOf(const spec::Timeouts& timeouts) {
  return {FromSeconds(timeouts.connect_s), FromSeconds(timeouts.first_byte_s),
          FromSeconds(timeouts.idle_s), FromSeconds(timeouts.request_s)};
}

Exchange::Exchange(net::Reactor& reactor, const net::Endpoint& endpoint,
                   const net::HttpTimeouts& timeouts, std::int64_t slot, Settings settings)
    : reactor_(reactor),
      connection_(reactor, endpoint, timeouts),
      on_done_(std::move(settings.on_done)),
      epoch_(settings.answer.epoch),
      mark_bytes_(settings.answer.mark_bytes),
      answer_(std::move(settings.answer), [this] { return connection_.OneSegmentARead(); }) {
  request_.slot = slot;
}

void Exchange::Connect() {
  RS_CHECK(!busy_);
  connecting_ = true;
  connection_.Open(this);
}

void Exchange::StopConnecting() {
  if (std::exchange(connecting_, false)) connection_.Cancel();
}

void Exchange::Start(PreparedRequest request, std::int64_t id, Instant intended,
                     spec::Phase phase) {
  RS_CHECK(!busy_);
  prepared_ = std::move(request);
  const std::int64_t slot = request_.slot;
  request_ = spec::Request();
  request_.slot = slot;
  request_.id = id;
  request_.phase = phase;
  request_.intended_ns = SinceEpoch(intended);
  request_.input_tokens_asked = prepared_.shape.input_tokens;
  request_.output_tokens_asked = prepared_.shape.output_tokens;
  busy_ = true;
  resent_ = false;
  Send();
}

void Exchange::Send() {
  answer_.Begin(request_.output_tokens_asked);
  request_.tx_ns = spec::kNoStamp;
  connection_.Start({prepared_.bytes, {}}, this);
}

void Exchange::Cancel(Instant now) {
  if (!busy_) return;
  connection_.Cancel();
  answer_.Fail(Outcome::kCancelled, "stopped before its end");
  request_.end_ns = SinceEpoch(now);
  answer_.Fill(request_);
  busy_ = false;
}

void Exchange::OnConnected(Nanos took) {
  if (!std::exchange(connecting_, false)) request_.connect_ns = took.count();
}

void Exchange::OnSent(Instant at) {
  // When it is sent again, the first time counts.
  if (request_.sent_ns == spec::kNoStamp) request_.sent_ns = SinceEpoch(at);
  if (mark_bytes_) local_port_ = net::BoundPort(connection_.fd());
}

void Exchange::OnTransmitted(Instant at) { request_.tx_ns = SinceEpoch(at); }

void Exchange::OnHead(const net::HttpHead& head, const net::ReadInfo&) { answer_.OnHead(head); }

void Exchange::OnBody(std::string_view bytes, const net::ReadInfo& read) {
  if (answer_.OnBody(bytes, read)) return;
  connection_.Close();
  Finish(read.stamp);
}

void Exchange::OnEnd(const net::ReadInfo& read) {
  if (!busy_) return;
  answer_.OnEnd();
  Finish(read.stamp);
}

/// Whether a kept connection was closed so soon after the send that the server cannot have worked
/// on the request: it had closed the idle connection, which is nobody's fault.
bool Exchange::WasIdleClose(const net::Failure& failure) const {
  if (!failure.stale_keep_alive || resent_) return false;
  return request_.sent_ns == spec::kNoStamp ||
         SinceEpoch(reactor_.Now()) - request_.sent_ns <= kIdleCloseGrace.count();
}

void Exchange::OnError(const net::Failure& failure) {
  if (std::exchange(connecting_, false)) return;
  if (WasIdleClose(failure)) {
    resent_ = true;
    ++resent_requests_;
    return Send();
  }
  // An error that the server has told is the better reason.
  if (!answer_.WholeDespite(failure.kind) && !answer_.failed()) {
    answer_.Fail(OutcomeOf(failure), failure.message);
  } else if (failure.kind == net::FailureKind::kTimeout) {
    answer_.Remark("the response did not end behind its last event");
  }
  Finish(reactor_.Now());
}

void Exchange::Finish(Instant at) {
  freed_at_ = at;
  request_.end_ns = SinceEpoch(at);
  answer_.Fill(request_);
  busy_ = false;
  on_done_(*this);
}

}  // namespace roofscape::load
