#include "measure/load/exchange.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/core/text.h"
#include "base/net/http_listener.h"

namespace roofscape::load {
namespace {

using spec::EventKind;
using spec::Outcome;

constexpr std::size_t kMaxErrorBody = std::size_t{64} << 10;
constexpr Nanos kIdleCloseGrace = std::chrono::milliseconds(250);

// A server that does not stop is cut off here, not after hours: more than twice what was asked for.
std::int64_t RunawayLimit(std::int64_t asked) { return 2 * asked + 64; }

// Comments and empty events, too, must end some time.
std::int64_t EventLimit(std::int64_t asked) { return 16 * asked + 100'000; }

// A count that no server can mean is none.
std::int64_t SaneCount(std::int64_t count) {
  return count >= 0 && count <= 1'000'000'000 ? count : spec::kUnknown;
}

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

template <class Narrow>
Narrow Saturated(std::int64_t value) {
  return static_cast<Narrow>(
      std::clamp<std::int64_t>(value, 0, std::numeric_limits<Narrow>::max()));
}

}  // namespace

Exchange::Exchange(net::Reactor& reactor, const net::Endpoint& endpoint,
                   const net::HttpTimeouts& timeouts, std::int64_t slot, Settings settings)
    : reactor_(reactor),
      connection_(reactor, endpoint, timeouts),
      settings_(std::move(settings)),
      stamper_(settings_.epoch) {
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
  message_.clear();
  text_.clear();
  busy_ = true;
  resent_ = false;
  Send();
}

void Exchange::Send() {
  events_.clear();
  event_ends_.clear();
  error_body_.clear();
  parser_.Reset();
  stamper_.Reset();
  request_.tx_ns = spec::kNoStamp;
  usage_ = Usage();
  chunk_usages_ = event_tokens_ = 0;
  token_ids_ = streaming_ = finish_seen_ = done_seen_ = false;
  connection_.Start({prepared_.bytes, {}}, this);
}

void Exchange::Cancel(Instant now) {
  if (!busy_) return;
  connection_.Cancel();
  request_.outcome = Outcome::kCancelled;
  message_ = "stopped before its end";
  CountOutputTokens();
  request_.end_ns = SinceEpoch(now);
  request_.event_count = static_cast<std::int64_t>(events_.size());
  busy_ = false;
}

std::int64_t Exchange::Retransmits() const {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (connection_.fd() < 0 ||
      getsockopt(connection_.fd(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    return 0;
  }
  return info.tcpi_total_retrans;
}

void Exchange::OnConnected(Nanos took) {
  if (!std::exchange(connecting_, false)) request_.connect_ns = took.count();
}

void Exchange::OnSent(Instant at) {
  // When it is sent again, the first time counts.
  if (request_.sent_ns == spec::kNoStamp) request_.sent_ns = SinceEpoch(at);
  if (settings_.mark_bytes) local_port_ = net::BoundPort(connection_.fd());
}

void Exchange::OnTransmitted(Instant at) { request_.tx_ns = SinceEpoch(at); }

void Exchange::OnHead(const net::HttpHead& head, const net::ReadInfo&) {
  request_.http_status = head.status;
  content_type_ = std::string(head.Find("content-type").value_or(""));
  streaming_ = head.status >= 200 && head.status < 300 &&
               content_type_.find("text/event-stream") != std::string::npos;
}

void Exchange::OnBody(std::string_view bytes, const net::ReadInfo& read) {
  if (!streaming_) {
    error_body_.append(
        bytes.substr(0, kMaxErrorBody - std::min(kMaxErrorBody, error_body_.size())));
    return;
  }
  read_ = &read;
  const bool fits = parser_.Feed(bytes, *this);
  read_ = nullptr;
  // Behind the event its chunk's line end may follow; more came perhaps with a later segment.
  constexpr std::ptrdiff_t kLineEnd = 2;
  const bool more = read.data + read.bytes - parser_.event_end() > kLineEnd;
  stamper_.EndOfRead(read, events_, parser_.pending() || more,
                     [this] { return connection_.OneSegmentARead(); });
  if (!fits) {
    connection_.Close();
    Fail(Outcome::kProtocol, "an event of the stream is larger than 16 MiB");
    return Finish(read.stamp);
  }
  if (static_cast<std::int64_t>(events_.size()) > EventLimit(request_.output_tokens_asked)) {
    connection_.Close();
    Fail(Outcome::kProtocol,
         fmt::format("the answer does not end: {} events came, of which few hold a token",
                     events_.size()));
    return Finish(read.stamp);
  }
  if (event_tokens_ > RunawayLimit(request_.output_tokens_asked)) {
    connection_.Close();
    Fail(Outcome::kProtocol,
         fmt::format("the answer does not end: {} tokens came, {} were asked for. Does the server "
                     "honour max_tokens?",
                     event_tokens_, request_.output_tokens_asked));
    Finish(read.stamp);
  }
}

void Exchange::OnEvent(const net::SseEvent& event) {
  if (event.data == "[DONE]") {
    done_seen_ = true;
    AddEvent(EventKind::kDone, 0, 0);
    request_.end_ns = events_.back().time_ns;
    return;
  }
  StreamEvent read = settings_.reader->Read(event.data, event.type, &shape_);
  for (std::int64_t* count :
       {&read.usage.prompt_tokens, &read.usage.completion_tokens, &read.usage.cached_tokens}) {
    *count = SaneCount(*count);
  }
  if (read.kind == EventKind::kError) {
    AddEvent(EventKind::kError, 0, 0);
    if (request_.outcome != Outcome::kOk) return;  // The first one counts.
    const Outcome outcome = read.malformed ? Outcome::kProtocol : Outcome::kServerError;
    return Fail(outcome, (read.malformed ? "an event is not what it should be: "
                                         : "the server sent an error inside the stream: ") +
                             ErrorText(read.message));
  }
  if (read.usage.known()) usage_ = read.usage;
  finish_seen_ = finish_seen_ || read.finish;
  AddEvent(read.kind, TokensIn(read), read.text.size());
  if (settings_.keep_text) text_ += read.text;
}

void Exchange::OnComment(std::string_view) { AddEvent(EventKind::kComment, 0, 0); }

/// Tokens in a token-carrying event: ids if the server sends them, else the growth of a per-chunk
/// usage, else one.
std::int64_t Exchange::TokensIn(const StreamEvent& event) {
  if (!spec::CarriesTokens(event.kind)) return 0;
  if (event.token_ids > 0) {
    token_ids_ = true;
    return event.token_ids;
  }
  if (event.usage.completion_tokens != spec::kUnknown) {
    ++chunk_usages_;
    return std::max<std::int64_t>(0, event.usage.completion_tokens - event_tokens_);
  }
  return 1;
}

void Exchange::AddEvent(EventKind kind, std::int64_t tokens, std::size_t chars) {
  spec::Event event;
  stamper_.Stamp(*read_, events_, event, [this] { return connection_.OneSegmentARead(); });
  event.kind = kind;
  event.tokens = Saturated<std::uint16_t>(tokens);
  event.chars = Saturated<std::uint32_t>(static_cast<std::int64_t>(chars));
  events_.push_back(event);
  if (settings_.mark_bytes) {
    const auto inside = static_cast<std::uint64_t>(parser_.event_end() - read_->data);
    event_ends_.push_back(read_->stream_offset + inside - 1);
  }
  event_tokens_ += tokens;
  if (tokens > 0 && settings_.counter != nullptr) settings_.counter->OnTokens(tokens);
}

void Exchange::OnEnd(const net::ReadInfo& read) {
  if (!busy_) return;
  JudgeEnd();
  Finish(read.stamp);
}

void Exchange::JudgeEnd() {
  if (request_.outcome != Outcome::kOk) return;
  if (request_.http_status < 200 || request_.http_status >= 300) {
    return Fail(Outcome::kHttpError, fmt::format("the server answered {}: {}", request_.http_status,
                                                 ErrorText(error_body_)));
  }
  if (!streaming_) {
    return Fail(Outcome::kProtocol,
                fmt::format("no event stream but '{}': {}", Printable(content_type_, 60),
                            ErrorText(error_body_)));
  }
  if (!finish_seen_ && !done_seen_) {
    return Fail(Outcome::kTruncated,
                fmt::format("the stream ended after {} tokens, without a finish reason or [DONE]",
                            event_tokens_));
  }
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
    return Send();
  }
  // A stream that has said [DONE] is whole, however its connection ends; one that has given its
  // finish reason may be closed; an error that the server has told is the better reason.
  const bool closed =
      failure.kind == net::FailureKind::kClosedEarly || failure.kind == net::FailureKind::kReset;
  const bool whole = done_seen_ || (finish_seen_ && closed);
  if (!whole && request_.outcome == Outcome::kOk) Fail(OutcomeOf(failure), failure.message);
  Finish(reactor_.Now());
}

void Exchange::CountOutputTokens() {
  request_.input_tokens = usage_.prompt_tokens;
  request_.cached_tokens = usage_.cached_tokens;
  if (token_ids_) {
    request_.output_tokens = event_tokens_;
    request_.token_source = spec::TokenSource::kTokenIds;
  } else if (usage_.completion_tokens != spec::kUnknown) {
    request_.output_tokens = usage_.completion_tokens;
    request_.token_source =
        chunk_usages_ > 1 ? spec::TokenSource::kChunkUsage : spec::TokenSource::kFinalUsage;
  } else if (event_tokens_ > 0) {
    request_.output_tokens = event_tokens_;
    request_.token_source = spec::TokenSource::kEventCount;
  }
}

void Exchange::Fail(Outcome outcome, std::string message) {
  request_.outcome = outcome;
  message_ = std::move(message);
}

void Exchange::Finish(Instant at) {
  freed_at_ = at;
  if (!done_seen_) request_.end_ns = SinceEpoch(at);
  CountOutputTokens();
  request_.event_count = static_cast<std::int64_t>(events_.size());
  busy_ = false;
  settings_.on_done(*this);
}

}  // namespace roofscape::load
