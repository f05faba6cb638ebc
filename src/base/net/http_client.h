// One keep-alive HTTP/1.1 connection on a Reactor, and what its owner hears of an exchange.
//
// Order of the callbacks of one exchange: [OnConnected] OnSent OnHead OnBody* OnEnd; OnError may
// come instead of any of them and is the last. OnSent may come from inside Start; nothing else
// does. A server may answer before it has taken the whole request, so OnHead may come before
// OnSent. After OnEnd or OnError the connection is free, and Start may be called from there.
//
// Inside any callback the owner may Start (when free), Cancel, or destroy the connection.
// Proxies of the environment are ignored: a benchmark measures the server it was told to.
// Bytes only: no redirects, no cookies, no decompression (a compressed answer is a protocol error).
//
// Thread safety: all on the reactor's thread.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "base/core/units.h"
#include "base/net/address.h"
#include "base/net/channel.h"
#include "base/net/http_parser.h"
#include "base/net/http_request.h"
#include "base/net/reactor.h"
#include "base/net/read_bounds.h"

namespace roofscape::net {

/// One read from the socket. Its last byte came in at `arrived`; the bytes before it after
/// `not_before` and no later than `arrived`: TCP tells no more (kernel_stamps.h).
struct ReadInfo {
  Instant stamp;    // The program's clock directly after the receive call.
  Instant arrived;  // The kernel's receive stamp of the last byte; `stamp` where it has none.
  Nanos grain{};    // Of a kernel's stamp: true within +- grain.
  bool by_kernel = false;
  Instant not_before;   // Nothing of it came earlier: see ReadBounds; before the first read of an
                        // exchange, when the last byte of the request went to the kernel.
  Instant woke_at;      // When the loop woke up: stamp - woke_at is the loop's own lag.
  Instant ready_after;  // The loop saw the socket without data: see Reactor::ready_after.
  std::uint32_t read_index = 0;     // Within the exchange, from 0.
  std::size_t bytes = 0;            // 0 for the server's close.
  const char* data = nullptr;       // Its first byte: views of this read point behind it.
  std::uint64_t stream_offset = 0;  // Bytes of this connection that came before the read; with TLS,
                                    // after decryption.
  bool drained = false;             // The read took all there was.
  bool beyond = false;  // It also took part of what follows, not yet readable (TLS): the
                        // kernel's stamp is of that.
};

enum class FailureKind {
  kConnect,      // Refused, unreachable.
  kTimeout,      // `phase` says of what.
  kReset,        // The server tore the connection down.
  kClosedEarly,  // The server closed before the response was complete.
  kProtocol,     // What came is not HTTP.
  kClient,       // This machine refused: descriptors, memory, ports.
};
std::string_view Name(FailureKind kind);

/// kWaiting lasts until the first byte of the body.
enum class Phase { kIdle, kConnecting, kSending, kWaiting, kReading };
std::string_view Name(Phase phase);

struct Failure {
  FailureKind kind;
  Phase phase;  // In which it happened.
  /// A connection that was open before Start was closed or reset before any byte of the response:
  /// the server had given it up. Send again, once; it says nothing about the server's health.
  bool stale_keep_alive = false;
  std::string message;  // Begins with the origin, ends with the cure.

  /// The same as an Error of the fitting code.
  Error ToError() const;
};

/// The owner's side of an exchange. It must live until OnEnd, OnError or Cancel.
class ExchangeHandler {
 public:
  /// A new connection was made; `took` is from the call of connect to the kernel's yes, or to the
  /// end of the TLS handshake.
  virtual void OnConnected(Nanos took) { static_cast<void>(took); }
  /// The last byte of the request was handed to the kernel.
  virtual void OnSent(Instant at) { static_cast<void>(at); }
  /// The kernel's transmit stamp of the request's last byte, at any time after OnSent; not where
  /// the kernel gives none.
  virtual void OnTransmitted(Instant at) { static_cast<void>(at); }
  /// Views live until the callback returns.
  virtual void OnHead(const HttpHead& head, const ReadInfo& read) = 0;
  /// A piece of the body, never empty, cut wherever the network or a chunk ended. The view lives
  /// until the callback returns.
  virtual void OnBody(std::string_view bytes, const ReadInfo& read) = 0;
  virtual void OnEnd(const ReadInfo& read) = 0;
  virtual void OnError(const Failure& failure) = 0;

 protected:
  ~ExchangeHandler() = default;
};

/// Zero means no limit.
struct HttpTimeouts {
  Nanos connect = std::chrono::seconds(10);
  Nanos first_byte = std::chrono::minutes(10);  // From Start, or connected, to a byte of the body:
                                                // some servers send the head before they queue.
  Nanos idle = std::chrono::minutes(2);         // Between two reads of one body.
  Nanos total{};                                // From Start to the end.
};

class HttpConnection final : private Reactor::Handler {
 public:
  /// Opens nothing yet. `reactor` and `endpoint` must outlive the connection.
  HttpConnection(Reactor& reactor, const Endpoint& endpoint, HttpTimeouts timeouts = {},
                 HttpLimits limits = {});
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  ~HttpConnection();

  /// Connects ahead of the first exchange. The handler hears OnConnected or OnError, not from
  /// inside Open. REQUIRES: !connected() && !busy().
  void Open(ExchangeHandler* handler);

  /// Sends a request, on the kept connection if there is one, else on a new one. All failures are
  /// told through OnError, after Start has returned. REQUIRES: !busy().
  void Start(RequestBytes request, ExchangeHandler* handler, bool is_head_method = false);

  /// Gives up a running exchange without a callback and closes its connection; a free connection
  /// stays open.
  void Cancel();

  /// Cancels and closes.
  void Close();

  /// An exchange (or Open) is running.
  bool busy() const { return handler_ != nullptr; }
  /// A socket is open and connected.
  bool connected() const { return channel_.open() && phase_ != Phase::kConnecting; }
  /// True if the running exchange uses a connection that was open before Start.
  bool reused() const { return reused_; }
  Phase phase() const { return phase_; }
  /// The TLS session of the open connection; null without TLS.
  const TlsSession* tls() const { return channel_.tls(); }
  /// Whether every read since the request was sent brought just one segment; see Channel. From
  /// inside OnBody.
  bool OneSegmentARead() { return channel_.OneSegmentARead(); }
  /// TCP segments that the kernel sent again, on this connection's sockets of all its life.
  std::int64_t Retransmits() const;
  /// For socket options; -1 when closed.
  int fd() const { return channel_.fd(); }

 private:
  // Survives the connection, so that code below a callback can see that it died or moved on.
  struct Watch;

  void OnReady(std::uint32_t events) override;
  void Begin(ExchangeHandler* handler);
  void Connect();
  void OnConnectReady();
  void ShakeHands();
  void Connected();
  void Send();
  void SendFailed(int error);
  bool TakeTransmitStamp();
  void Receive();
  void HandleBytes(std::string_view input, const ReadInfo& read);
  void HandleEof(const ReadInfo& read, bool truncated);
  bool Compressed() const;
  /// `rest_unused`: the server sent bytes beyond the response.
  void EndExchange(const ReadInfo& read, bool rest_unused);
  ExchangeHandler* Release();
  void CloseSocket();
  void SetInterest(std::uint32_t events);

  Failure MakeFailure(FailureKind kind, std::string_view what) const;
  Failure ConnectFailure(int error) const;
  Failure LostFailure(int error) const;
  Failure TimeoutFailure() const;
  void Fail(const Failure& failure);
  void FailLater(Failure failure);

  Nanos PhaseLimit() const;
  Instant Deadline() const;
  void ArmTimer();
  void OnTimer();

  Reactor& reactor_;
  const Endpoint& endpoint_;
  ExchangeHandler* handler_ = nullptr;
  Watch* watch_ = nullptr;
  Channel channel_;
  Phase phase_ = Phase::kIdle;
  bool reused_ = false;
  bool opening_ = false;  // Open, not Start.
  bool sent_all_ = false;
  int send_error_ = 0;  // Kept until a read tells whether the server had answered before.
  std::uint32_t interest_ = 0;
  std::uint32_t reads_ = 0;
  bool marked_ = false;           // Segments are counted, for OneSegmentARead.
  std::uint64_t received_ = 0;    // On this connection.
  std::int64_t retransmits_ = 0;  // On sockets that are closed.
  std::uint32_t exchange_ = 0;    // Changes with every start, end, failure and cancellation.
  RequestBytes unsent_;
  Instant started_at_;
  Instant phase_since_;  // Begin of the connect, of the wait for an answer, or the last read.
  ReadBounds bounds_;
  Instant timer_at_;
  TimerId timer_;
  TimerId later_timer_;
  std::unique_ptr<Failure> later_;
  HttpTimeouts timeouts_;
  HttpResponseParser parser_;
};

}  // namespace roofscape::net
