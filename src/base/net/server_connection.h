// One accepted connection of an HttpServer: reads requests, queues what the socket does not take,
// keeps the time limits. Only http_server.cc uses it; server_exchange.h is the owner's view.
//
// Thread safety: all on the reactor's thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/net/channel.h"
#include "base/net/http_request_parser.h"
#include "base/net/http_server.h"
#include "base/net/reactor.h"
#include "base/net/server_exchange.h"

namespace roofscape::net {

class ServerConnection final : public ServerExchange, private Reactor::Handler {
 public:
  ServerConnection(HttpServer& server, Fd fd, std::uint64_t id);
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;
  ~ServerConnection();

  /// False if the kernel does not watch the socket.
  bool Start();
  /// Answers a client that is one too many.
  void TurnAway();
  /// Closes if nothing runs; else what runs is the last.
  void Drain();

  void SetHandler(ServerExchangeHandler* handler) override { handler_ = handler; }
  WriteInfo Write(std::string_view bytes, bool want_stamp) override;
  void End() override;
  void EndAndClose() override;
  void Reset() override;
  WriteInfo Respond(int status, std::string_view content_type, std::string_view body) override;
  bool keep_alive() const override;
  std::size_t queued_bytes() const override { return queue_.size() - queue_sent_; }
  bool held_back() const override { return queued_bytes() > 0 || channel_.HoldsUnsent(); }

  std::size_t slot = 0;  // In the server's list.

 private:
  enum class State : std::uint8_t {
    kHandshake,  // TLS is being agreed on.
    kIdle,       // Between requests.
    kReading,    // Part of a request has come.
    kAnswering,  // The owner has the exchange.
    kFlushing,   // The answer is complete and partly unsent; then the next request.
    kClosing,    // What is queued goes out, then we close.
    kLingering,  // Our side is closed; the client's rest is thrown away.
    kDead,
  };
  struct Life;  // On the stack of whoever runs a callback.

  void OnReady(std::uint32_t events) override;
  bool OnErrorQueue(std::uint32_t* events);
  void ShakeHands();
  void Receive();
  void Rest();
  void Consume(std::string_view input);
  /// What follows a parser's item; false when no more input is to be read now.
  bool Handle(HttpRequestParser::Item item, std::string_view input);
  bool HandOver();
  void Fail(int status, std::string_view message);
  void SendQueue();
  void Enqueue(std::string_view bytes);
  void TrimQueue();
  void OnQueueEmpty(const WriteInfo& last);
  void NextRequest();
  void Finish(bool keep);
  void Linger();
  void Die(bool abort = false);
  void Gone(GoneReason reason);
  void GoneLater(GoneReason reason);
  void Defer();
  void OnDeferred();
  void UpdateInterest();
  Instant Deadline() const;
  void ArmTimer();
  void OnTimer();

  HttpServer& server_;
  Reactor& reactor_;
  Channel channel_;
  ServerExchangeHandler* handler_ = nullptr;
  Life* life_ = nullptr;
  const std::uint64_t id_;
  const std::string peer_;
  std::uint64_t requests_ = 0;
  State state_ = State::kIdle;
  bool reading_ = false;  // Consume is on the stack and will look for the next request itself.
  bool lost_ = false;
  GoneReason lost_reason_ = GoneReason::kReset;
  bool handshake_writes_ = false;  // It waits for room in the socket.
  std::uint32_t interest_ = 0;
  int unread_ = 0;  // In the kernel's hands when the write timeout was last looked at.
  Instant since_;   // Begin of the wait that Deadline() bounds.
  Instant timer_at_;
  TimerId timer_;
  TimerId deferred_;
  TimerId pause_;  // Set while a slow reader rests.
  Received last_read_;
  HttpRequestParser parser_;
  std::string body_;
  std::string pending_;  // Pipelined bytes that came with an earlier request.
  std::string queue_;
  std::size_t queue_sent_ = 0;  // Bytes at the front of the queue that have left.
};

}  // namespace roofscape::net
