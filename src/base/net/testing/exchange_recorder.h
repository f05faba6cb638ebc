// An ExchangeHandler that writes down everything it hears, and loops that wait for it.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net/http_client.h"

namespace roofscape::net::testing {

class ExchangeRecorder final : public ExchangeHandler {
 public:
  void OnConnected(Nanos took) override {
    connect_times.push_back(took);
    if (on_connected) on_connected();
  }
  void OnSent(Instant at) override {
    sent_at = at;
    if (on_sent) on_sent();
  }
  void OnHead(const HttpHead& head, const ReadInfo& read) override {
    status = head.status;
    content_type = std::string(head.Find("content-type").value_or(""));
    reads.push_back(read);
    if (on_head) on_head();
  }
  void OnBody(std::string_view bytes, const ReadInfo& read) override {
    body.append(bytes);
    reads.push_back(read);
    if (on_body) on_body();
  }
  void OnEnd(const ReadInfo& read) override {
    reads.push_back(read);
    ended = true;
    if (on_end) on_end();
  }
  void OnError(const Failure& what) override {
    failure = what;
    if (on_error) on_error();
  }

  bool done() const { return ended || failure.has_value(); }

  std::vector<Nanos> connect_times;
  std::optional<Instant> sent_at;
  int status = 0;
  std::string content_type;
  std::string body;
  std::vector<ReadInfo> reads;  // One entry a callback: several may share a read.
  bool ended = false;
  std::optional<Failure> failure;

  std::function<void()> on_connected;
  std::function<void()> on_sent;
  std::function<void()> on_head;
  std::function<void()> on_body;
  std::function<void()> on_end;
  std::function<void()> on_error;
};

/// Runs the loop until `done` or for `limit`; returns whether it was done.
inline bool RunUntil(Reactor& reactor, const std::function<bool()>& done,
                     Nanos limit = std::chrono::seconds(20)) {
  const Instant end = reactor.Now() + limit;
  while (!done() && reactor.Now() < end) reactor.Poll(std::chrono::milliseconds(20));
  return done();
}

/// Runs the loop until the recorder has heard OnEnd or OnError.
inline bool RunUntilDone(Reactor& reactor, const ExchangeRecorder& recorder) {
  return RunUntil(reactor, [&] { return recorder.done(); });
}

}  // namespace roofscape::net::testing
