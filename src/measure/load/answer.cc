#include "measure/load/answer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/core/text.h"
#include "base/net/http_headers.h"

namespace roofscape::load {
namespace {

using spec::EventKind;
using spec::Outcome;

constexpr std::size_t kMaxErrorBody = std::size_t{64} << 10;
constexpr std::size_t kFirstText = 32;

// A server that does not stop is cut off here, not after hours: more than twice what was asked for.
std::int64_t RunawayLimit(std::int64_t asked) { return 2 * asked + 64; }

// Comments and empty events, too, must end some time.
std::int64_t EventLimit(std::int64_t asked) { return 16 * asked + 100'000; }

// How a body begins that is an event stream, whatever its server calls it.
bool BeginsAnEventStream(std::string_view bytes) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  return bytes.starts_with("data:") || bytes.starts_with("event:") || bytes.starts_with(":");
}

// A count that no server can mean is none.
std::int64_t SaneCount(std::int64_t count) {
  return count >= 0 && count <= 1'000'000'000 ? count : spec::kUnknown;
}

template <class Narrow>
Narrow Saturated(std::int64_t value) {
  return static_cast<Narrow>(
      std::clamp<std::int64_t>(value, 0, std::numeric_limits<Narrow>::max()));
}

}  // namespace

/// "text/event-stream; charset=utf-8" is one (RFC 9110, 8.3.1).
bool NamesAnEventStream(std::string_view content_type) {
  const std::string_view media_type = Trim(content_type.substr(0, content_type.find(';')));
  return net::EqualsIgnoreCase(media_type, "text/event-stream");
}

Answer::Answer(Settings settings, std::function<bool()> one_segment)
    : settings_(std::move(settings)),
      one_segment_(std::move(one_segment)),
      stamper_(settings_.epoch) {}

void Answer::Begin(std::int64_t output_tokens_asked) {
  asked_ = output_tokens_asked;
  events_.clear();
  event_ends_.clear();
  message_.clear();
  text_.clear();
  first_text_.clear();
  error_body_.clear();
  content_type_.clear();
  parser_.Reset();
  stamper_.Reset();
  usage_ = Usage();
  outcome_ = Outcome::kOk;
  status_ = 0;
  end_ns_ = spec::kNoStamp;
  chunk_usages_ = untold_events_ = event_tokens_ = 0;
  text_bytes_ = 0;
  token_ids_ = streaming_ = finish_seen_ = done_seen_ = false;
}

void Answer::OnHead(const net::HttpHead& head) {
  status_ = head.status;
  content_type_ = std::string(head.Find("content-type").value_or(""));
  streaming_ = status_ >= 200 && status_ < 300 && NamesAnEventStream(content_type_);
}

bool Answer::OnBody(std::string_view bytes, const net::ReadInfo& read) {
  if (!streaming_ && error_body_.empty() && status_ >= 200 && status_ < 300) {
    streaming_ = BeginsAnEventStream(bytes);
  }
  if (!streaming_) {
    error_body_.append(
        bytes.substr(0, kMaxErrorBody - std::min(kMaxErrorBody, error_body_.size())));
    return true;
  }
  read_ = &read;
  const bool fits = parser_.Feed(bytes, *this);
  read_ = nullptr;
  // Behind the event its chunk's line end may follow; more came perhaps with a later segment.
  constexpr std::ptrdiff_t kLineEnd = 2;
  const bool more = read.beyond || read.data + read.bytes - parser_.event_end() > kLineEnd;
  stamper_.EndOfRead(read, events_, parser_.pending() || more, [this] { return OneSegment(); });
  if (!fits) {
    Fail(Outcome::kProtocol, "an event of the stream is larger than 16 MiB");
    return false;
  }
  return EndsSomeTime();
}

bool Answer::EndsSomeTime() {
  if (static_cast<std::int64_t>(events_.size()) > EventLimit(asked_)) {
    Fail(Outcome::kProtocol,
         fmt::format("the answer does not end: {} events came, of which few hold a token",
                     events_.size()));
    return false;
  }
  if (event_tokens_ > RunawayLimit(asked_)) {
    Fail(Outcome::kProtocol,
         fmt::format("the answer does not end: {} tokens came, {} were asked for. Does the server "
                     "honour max_tokens?",
                     event_tokens_, asked_));
    return false;
  }
  return true;
}

void Answer::OnEvent(const net::SseEvent& event) {
  const std::string_view data = Trim(event.data);
  // What comes behind the end is no part of the answer, and what is blank says nothing.
  if (done_seen_ || (data.empty() && event.type != "error")) {
    return AddEvent(EventKind::kComment, 0, 0);
  }
  OnPayload(event, data);
}

void Answer::OnPayload(const net::SseEvent& event, std::string_view data) {
  StreamEvent read;
  if (data == "[DONE]") {
    read.kind = EventKind::kDone;
  } else {
    read = settings_.reader->Read(data, event.type, &shape_);
    TakeUsage(read.usage);
  }
  if (settings_.observer) settings_.observer(event, read);
  if (read.kind == EventKind::kDone) {
    done_seen_ = true;
    AddEvent(EventKind::kDone, 0, 0);
    end_ns_ = events_.back().time_ns;
    return;
  }
  if (read.kind == EventKind::kError) {
    AddEvent(EventKind::kError, 0, 0);
    if (failed()) return;  // The first one counts.
    const Outcome outcome = read.malformed ? Outcome::kProtocol : Outcome::kServerError;
    return Fail(outcome, (read.malformed ? "an event is not what it should be: "
                                         : "the server sent an error inside the stream: ") +
                             ErrorText(read.message));
  }
  finish_seen_ = finish_seen_ || read.finish;
  const std::string_view text = NewText(read);
  const std::int64_t tokens = TokensIn(read);
  AddEvent(read.kind, tokens, text.size());
  if (settings_.keep_text) text_ += text;
}

void Answer::OnComment(std::string_view) { AddEvent(EventKind::kComment, 0, 0); }

/// Some servers tell the prompt's tokens at the beginning and the answer's at the end.
void Answer::TakeUsage(const Usage& usage) {
  const auto take = [](std::int64_t count, std::int64_t& into) {
    if (SaneCount(count) != spec::kUnknown) into = count;
  };
  // There is no prompt without a token: 0 is from a server that does not count.
  if (usage.prompt_tokens != 0) take(usage.prompt_tokens, usage_.prompt_tokens);
  take(usage.completion_tokens, usage_.completion_tokens);
  take(usage.cached_tokens, usage_.cached_tokens);
}

/// The part of an event's text that is new. Servers whose text is everything so far can also be
/// told to send the new part alone, and nothing in the payload says which: a text that is longer
/// than all before and begins like the first repeats them.
std::string_view Answer::NewText(const StreamEvent& event) {
  if (!event.whole_text) {
    text_bytes_ += event.text.size();
    return event.text;
  }
  if (first_text_.empty()) first_text_ = event.text.substr(0, kFirstText);
  const bool repeats = event.text.size() >= text_bytes_ && event.text.starts_with(first_text_);
  const std::string_view fresh = repeats ? event.text.substr(text_bytes_) : event.text;
  text_bytes_ += fresh.size();
  return fresh;
}

/// Tokens in a token-carrying event: ids if the server sends them, else the growth of a per-chunk
/// usage, else one. An event without text that adds no token to a count carries none. A count that
/// comes after events without one is of them all, and tells nothing of this one.
std::int64_t Answer::TokensIn(StreamEvent& event) {
  if (!spec::CarriesTokens(event.kind)) return 0;
  if (event.token_ids > 0) {
    token_ids_ = true;
    untold_events_ = 0;
    return event.token_ids;
  }
  const std::int64_t count = SaneCount(event.usage.completion_tokens);
  if (count == spec::kUnknown) {
    ++untold_events_;
    return 1;
  }
  ++chunk_usages_;
  const std::int64_t grown = std::max<std::int64_t>(0, count - event_tokens_);
  if (grown == 0 && (event.text.empty() || event.whole_text)) {
    event.kind = event.finish ? EventKind::kFinish : EventKind::kRole;
  }
  return std::exchange(untold_events_, 0) > 0 ? std::min<std::int64_t>(grown, 1) : grown;
}

void Answer::AddEvent(EventKind kind, std::int64_t tokens, std::size_t chars) {
  spec::Event event;
  stamper_.Stamp(*read_, events_, event, [this] { return OneSegment(); });
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

void Answer::OnEnd() {
  if (failed()) return;
  if (status_ < 200 || status_ >= 300) {
    return Fail(Outcome::kHttpError,
                fmt::format("the server answered {}: {}", status_, ErrorText(error_body_)));
  }
  if (!streaming_) {
    return Fail(Outcome::kProtocol,
                fmt::format("no event stream but '{}': {}", Printable(content_type_, 60),
                            ErrorText(error_body_)));
  }
  // It says that there are none, and here they are: it does not count.
  if (usage_.completion_tokens == 0 && event_tokens_ > 0) {
    usage_.completion_tokens = spec::kUnknown;
  }
  if (finish_seen_) return;
  const std::int64_t tokens = std::max(event_tokens_, usage_.completion_tokens);
  if (!done_seen_) {
    Fail(
        Outcome::kTruncated,
        fmt::format("the stream ended after {} tokens, without a finish reason or [DONE]", tokens));
  } else if (tokens < asked_) {
    // Some servers say [DONE] after an error that they told in a comment.
    Fail(Outcome::kTruncated,
         fmt::format("the stream ended with [DONE] after {} of {} tokens, without a finish reason",
                     tokens, asked_));
  }
}

void Answer::Fail(Outcome outcome, std::string message) {
  outcome_ = outcome;
  message_ = std::move(message);
}

bool Answer::WholeDespite(net::FailureKind failure) const {
  const bool closed =
      failure == net::FailureKind::kClosedEarly || failure == net::FailureKind::kReset;
  return done_seen_ || (finish_seen_ && closed);
}

void Answer::Fill(spec::Request& request) const {
  request.outcome = outcome_;
  request.http_status = status_;
  if (end_ns_ != spec::kNoStamp) request.end_ns = end_ns_;
  request.input_tokens = usage_.prompt_tokens;
  request.cached_tokens = usage_.cached_tokens;
  request.event_count = static_cast<std::int64_t>(events_.size());
  if (token_ids_) {
    request.output_tokens = event_tokens_;
    request.token_source = spec::TokenSource::kTokenIds;
  } else if (usage_.completion_tokens != spec::kUnknown) {
    request.output_tokens = usage_.completion_tokens;
    request.token_source =
        chunk_usages_ > 1 ? spec::TokenSource::kChunkUsage : spec::TokenSource::kFinalUsage;
  } else if (event_tokens_ > 0) {
    request.output_tokens = event_tokens_;
    request.token_source = spec::TokenSource::kEventCount;
  }
}

}  // namespace roofscape::load
