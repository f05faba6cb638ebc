// What one answer says while its bytes come in: its events with their times, how many tokens they
// carry, and how it ended. It knows heads, bodies and reads, but no connection: exchange.h has
// that, and a test can feed it a transcript, cut wherever it likes.
//
//   answer.Begin(request);  answer.OnHead(head);  answer.OnBody(bytes, read) ...;  answer.OnEnd();
//   answer.Fill(request);
//
// Thread safety: one thread.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net/http_client.h"
#include "base/net/http_parser.h"
#include "base/net/sse_parser.h"
#include "domain/spec/request_log.h"
#include "measure/load/event_stamper.h"
#include "measure/load/stream_reader.h"

namespace roofscape::load {

/// What is counted while answers come, for the live display.
struct TokenCounter {
  virtual ~TokenCounter() = default;
  virtual void OnTokens(std::int64_t tokens) = 0;
};

/// Told of every event with its payload, for who wants to know more than the log keeps.
using EventObserver = std::function<void(const net::SseEvent& raw, const StreamEvent& read)>;

/// Whether a server calls what it sends an event stream.
bool NamesAnEventStream(std::string_view content_type);

class Answer {
 public:
  struct Settings {
    Instant epoch;  // Zero of the request log.
    bool keep_text = false;
    bool mark_bytes = false;  // Keep where on the connection each event ended: for a wire tap.
    StreamReader* reader = nullptr;  // Shared by all answers of the thread.
    TokenCounter* counter = nullptr;
    EventObserver observer;
  };

  /// `one_segment`: whether every read of this answer brought one TCP segment alone; empty: not
  /// known.
  explicit Answer(Settings settings, std::function<bool()> one_segment = {});

  /// A new answer is to come, to a request that asked for that many tokens.
  void Begin(std::int64_t output_tokens_asked);

  void OnHead(const net::HttpHead& head);
  /// False: it is broken beyond reading, and the connection must be closed; outcome() says why.
  bool OnBody(std::string_view bytes, const net::ReadInfo& read);
  /// The body has ended in good order; decides the outcome.
  void OnEnd();
  /// Ends it otherwise; replaces an earlier failure.
  void Fail(spec::Outcome outcome, std::string message);

  /// Something to know of a success.
  void Remark(std::string message) { message_ = std::move(message); }

  /// Has said all it had to say: a broken connection takes nothing from it. A finish reason is
  /// enough where the connection was closed, and not where it timed out.
  bool WholeDespite(net::FailureKind failure) const;

  /// Enters outcome, status, token counts and, where [DONE] came, the end.
  void Fill(spec::Request& request) const;

  bool failed() const { return outcome_ != spec::Outcome::kOk; }
  bool done_seen() const { return done_seen_; }
  bool finish_seen() const { return finish_seen_; }
  std::int64_t event_tokens() const { return event_tokens_; }
  const Usage& usage() const { return usage_; }
  const std::vector<spec::Event>& events() const { return events_; }
  const std::string& message() const { return message_; }
  const std::string& text() const { return text_; }
  /// As the server wrote it.
  const std::string& content_type() const { return content_type_; }
  /// For each event the offset, on its connection, of the byte that completed it; only with
  /// mark_bytes.
  const std::vector<std::uint64_t>& event_ends() const { return event_ends_; }

  // Sink of the SSE parser.
  void OnEvent(const net::SseEvent& event);
  void OnComment(std::string_view text);

 private:
  bool OneSegment() const { return one_segment_ && one_segment_(); }
  void AddEvent(spec::EventKind kind, std::int64_t tokens, std::size_t chars);
  std::int64_t TokensIn(StreamEvent& event);
  std::string_view NewText(const StreamEvent& event);
  void TakeUsage(const Usage& usage);
  bool EndsSomeTime();
  void OnPayload(const net::SseEvent& event, std::string_view data);

  Settings settings_;
  std::function<bool()> one_segment_;
  net::SseParser parser_;
  StreamShape shape_;  // Kept from one answer to the next.
  EventStamper stamper_;
  std::vector<spec::Event> events_;
  std::vector<std::uint64_t> event_ends_;
  std::string message_;
  std::string text_;
  std::string first_text_;  // The begin of the first text, to know texts that repeat it.
  std::string error_body_;  // Of an answer that is no event stream.
  std::string content_type_;
  const net::ReadInfo* read_ = nullptr;  // The read that is being parsed.
  Usage usage_;
  spec::Outcome outcome_ = spec::Outcome::kOk;
  std::int64_t status_ = 0;
  std::int64_t asked_ = 0;
  std::int64_t end_ns_ = spec::kNoStamp;
  std::int64_t chunk_usages_ = 0;   // Token events that told how many tokens there are so far.
  std::int64_t untold_events_ = 0;  // Token events behind the last that did, or told ids.
  std::int64_t event_tokens_ = 0;   // Output tokens carried by events so far.
  std::size_t text_bytes_ = 0;      // Of generated text so far.
  bool token_ids_ = false;
  bool streaming_ = false;
  bool finish_seen_ = false;
  bool done_seen_ = false;
};

}  // namespace roofscape::load
