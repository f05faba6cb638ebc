// One slot of a closed loop: a kept connection and the request that runs on it now. Turns what the
// network says into one Request with its Events, stamps first, thoughts later.
//
// Thread safety: all on the reactor's thread.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net/http_client.h"
#include "base/net/sse_parser.h"
#include "domain/spec/plan.h"
#include "domain/spec/request_log.h"
#include "measure/load/event_stamper.h"
#include "measure/load/openai_request.h"
#include "measure/load/openai_stream.h"

namespace roofscape::load {

/// What an exchange counts while it runs, for the live display.
struct TokenCounter {
  virtual ~TokenCounter() = default;
  virtual void OnTokens(std::int64_t tokens) = 0;
};

class Exchange final : private net::ExchangeHandler {
 public:
  struct Settings {
    Instant epoch;  // Zero of the request log.
    bool keep_text = false;
    bool mark_bytes = false;  // Keep where on the connection each event ended: for a wire tap.
    StreamReader* reader = nullptr;  // Shared by all exchanges of the thread.
    TokenCounter* counter = nullptr;
    std::function<void(Exchange&)> on_done;  // The request has ended; the slot is free.
  };

  Exchange(net::Reactor& reactor, const net::Endpoint& endpoint, const net::HttpTimeouts& timeouts,
           std::int64_t slot, Settings settings);

  /// Connects ahead of the first request. A failure is kept to itself: the request will meet it.
  void Connect();
  bool connecting() const { return connecting_; }
  bool connected() const { return connection_.connected(); }
  void StopConnecting();

  /// Sends a request that was to go out at `intended`; `id` is its number within the point.
  /// REQUIRES: no request is running.
  void Start(PreparedRequest request, std::int64_t id, Instant intended, spec::Phase phase);

  /// Gives up the running request, if any: outcome cancelled; on_done is not called.
  void Cancel(Instant now);

  bool busy() const { return busy_; }

  /// When the slot became free: the end of the HTTP response, which comes a little after [DONE].
  Instant freed_at() const { return freed_at_; }

  /// The request that ended last and its events; `first_event` and string indices are not set.
  const spec::Request& request() const { return request_; }
  const std::vector<spec::Event>& events() const { return events_; }
  const std::string& message() const { return message_; }
  const std::string& text() const { return text_; }

  /// For each event the offset, on its connection, of the byte that completed it; only with
  /// mark_bytes.
  const std::vector<std::uint64_t>& event_ends() const { return event_ends_; }
  /// The local port of the connection that the request used, 0: none.
  std::uint16_t local_port() const { return local_port_; }

  /// Segments that the kernel sent again on the open connection; 0 when closed.
  std::int64_t Retransmits() const;

  // Sink of the SSE parser.
  void OnEvent(const net::SseEvent& event);
  void OnComment(std::string_view text);

 private:
  void OnConnected(Nanos took) override;
  void OnSent(Instant at) override;
  void OnTransmitted(Instant at) override;
  void OnHead(const net::HttpHead& head, const net::ReadInfo& read) override;
  void OnBody(std::string_view bytes, const net::ReadInfo& read) override;
  void OnEnd(const net::ReadInfo& read) override;
  void OnError(const net::Failure& failure) override;

  void Send();
  bool WasIdleClose(const net::Failure& failure) const;
  void AddEvent(spec::EventKind kind, std::int64_t tokens, std::size_t chars);
  std::int64_t TokensIn(const StreamEvent& event);
  void CountOutputTokens();
  /// Decides the outcome of a stream whose body has ended.
  void JudgeEnd();
  void Fail(spec::Outcome outcome, std::string message);
  void Finish(Instant at);
  std::int64_t SinceEpoch(Instant at) const { return (at - settings_.epoch).count(); }

  net::Reactor& reactor_;
  net::HttpConnection connection_;
  Settings settings_;
  PreparedRequest prepared_;
  net::SseParser parser_;
  StreamShape shape_;  // Kept from one request to the next.
  EventStamper stamper_;
  spec::Request request_;
  std::vector<spec::Event> events_;
  std::vector<std::uint64_t> event_ends_;
  std::uint16_t local_port_ = 0;
  std::string message_;
  std::string text_;
  std::string error_body_;  // Of an answer that is no event stream.
  std::string content_type_;
  Instant freed_at_;
  const net::ReadInfo* read_ = nullptr;  // The read that is being parsed.
  Usage usage_;
  std::int64_t chunk_usages_ = 0;  // Token events that told how many tokens there are so far.
  std::int64_t event_tokens_ = 0;  // Output tokens carried by events so far.
  bool token_ids_ = false;
  bool busy_ = false;
  bool connecting_ = false;  // Ahead of a request.
  bool resent_ = false;
  bool streaming_ = false;
  bool finish_seen_ = false;
  bool done_seen_ = false;
};

}  // namespace roofscape::load
