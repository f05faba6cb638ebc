// What the owner of an HttpServer hears of a request, and how it answers: byte by byte if it wants.
//
// Life of an exchange: OnRequest hands it over; the owner writes the answer, now or later; End,
// EndAndClose, Reset or Respond gives it back, and OnGone takes it away. After any of these the
// owner must not touch it again. One connection has one exchange at a time: pipelined requests wait
// for the one before.
//
// Every function of the exchange may be called inside any callback, and none runs a callback
// itself. Thread safety: all on the reactor's thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/core/units.h"
#include "base/net/http_request_parser.h"
#include "base/net/tls_session.h"

namespace roofscape::net {

class ServerExchange;

/// A whole request, and when its last byte came. A pipelined request carries the stamps of the read
/// that came last before it was looked at.
struct ServerRequest {
  HttpRequestHead head;
  std::string_view body;
  Instant stamp;    // The program's clock directly after the read that completed the request.
  Instant arrived;  // The kernel's receive stamp of that read's last byte; `stamp` without one.
  Nanos grain{};    // Of a kernel's stamp: true within +- grain.
  bool by_kernel = false;
  Instant woke_at;                  // When the loop woke up: stamp - woke_at is the loop's own lag.
  std::uint64_t connection = 0;     // Counted over the server's life, from 0.
  std::uint64_t index = 0;          // On its connection, from 0.
  std::string_view peer;            // The client's address: "127.0.0.1".
  const TlsSession* tls = nullptr;  // Null without TLS.
};

/// One call of the kernel's send, or none where `before == after`.
struct WriteInfo {
  Instant before;          // The program's clock directly before the call.
  Instant after;           // And directly after it.
  std::size_t sent = 0;    // Bytes that the kernel took.
  std::size_t queued = 0;  // Bytes that wait for room in the socket.
  bool failed = false;     // The client is gone; OnGone follows from the loop.
};

enum class GoneReason {
  kClosed,      // The client closed its side: it wants no answer any more.
  kReset,       // The client or the network tore the connection down.
  kSlowReader,  // It did not take what was written: the queue's limit or the write timeout.
};
std::string_view Name(GoneReason reason);

/// The owner's side of an answer that takes time. It must live until the exchange ends.
class ServerExchangeHandler {
 public:
  /// What was queued has left; `last` is the send call that took the last byte.
  virtual void OnDrained(ServerExchange& exchange, const WriteInfo& last) {
    static_cast<void>(exchange);
    static_cast<void>(last);
  }
  /// The kernel's transmit stamp of the last byte of the last marked write.
  virtual void OnTransmitted(ServerExchange& exchange, Instant at) {
    static_cast<void>(exchange);
    static_cast<void>(at);
  }
  /// The exchange is over, without the owner's doing.
  virtual void OnGone(ServerExchange& exchange, GoneReason reason) = 0;

 protected:
  ~ServerExchangeHandler() = default;
};

class ServerExchange {
 public:
  /// Who hears of the exchange from now on; nobody at first.
  virtual void SetHandler(ServerExchangeHandler* handler) = 0;

  /// Sends raw bytes: one send call at once if nothing is queued, else they join the queue. Status
  /// line, headers and framing are the owner's (http_response.h helps). `want_stamp`: the kernel is
  /// to stamp the last byte, if the call took it.
  virtual WriteInfo Write(std::string_view bytes, bool want_stamp) = 0;
  WriteInfo Write(std::string_view bytes) { return Write(bytes, /*want_stamp=*/false); }

  /// The answer is complete. The connection takes the next request, or closes if !keep_alive().
  virtual void End() = 0;
  /// The answer is complete and the connection closes in good order (FIN) once all has left.
  virtual void EndAndClose() = 0;
  /// Tears the connection down (RST); what is queued is lost.
  virtual void Reset() = 0;

  /// A whole answer in one write, and the end of it. The body is left out for HEAD.
  virtual WriteInfo Respond(int status, std::string_view content_type, std::string_view body) = 0;

  /// Whether the connection may carry another request. If not, the answer's head should say
  /// `Connection: close`.
  virtual bool keep_alive() const = 0;
  virtual std::size_t queued_bytes() const = 0;
  /// Part of what was written has not left this machine's send buffers: the client's window or the
  /// congestion window is full. A client that acknowledges late makes it so.
  virtual bool held_back() const = 0;

 protected:
  ~ServerExchange() = default;
};

}  // namespace roofscape::net
