// An HTTP/1.1 server on a Reactor: keep-alive and pipelining, limits on everything a client can
// send or leave unread, and a drain that lets running answers finish. Bytes only: what they mean is
// the owner's.
//
//   class Hello : public HttpServer::Handler {
//     void OnRequest(ServerExchange& exchange, const ServerRequest& request) override {
//       exchange.Respond(200, "text/plain", "hello\n");
//     }
//   };
//   RS_ASSIGN_OR_RETURN(auto server, HttpServer::Listen(*reactor, "127.0.0.1", 0, handler, {}));
//
// A malformed or oversized request is answered here (400, 413, 414, 417, 431, 501, 505), a slow one
// with 408, one connection too many with 503; each then closes. A client that closes its sending
// side before it has its answer counts as gone.
//
// Thread safety: all on the reactor's thread. One reactor is one thread; servers on several
// reactors share a port by `reuse_port`.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "base/net/http_listener.h"
#include "base/net/http_request_parser.h"
#include "base/net/reactor.h"
#include "base/net/server_exchange.h"
#include "base/net/tls_context.h"

namespace roofscape::net {

class ServerConnection;

struct HttpServerOptions {
  ListenOptions listen;
  HttpRequestLimits limits;
  std::shared_ptr<TlsContext> tls;  // Set: https only. See TlsContext::ForServer.
  std::size_t max_connections = 60'000;
  std::size_t max_queued_bytes = std::size_t{4} << 20;  // Of one connection's unsent answer.
  /// For servers that are to be slow: so many bytes a read, with a pause after each; 0: no such
  /// thing. Not with TLS.
  std::size_t read_bytes = 0;
  Nanos read_pause = std::chrono::milliseconds(1);
  // Zero means no limit.
  Nanos head_timeout = std::chrono::seconds(20);   // TLS handshake; connect or first byte to head.
  Nanos body_timeout = std::chrono::seconds(60);   // From the head to the whole body.
  Nanos write_timeout = std::chrono::seconds(30);  // A queued answer of which nothing is taken.
  Nanos idle_timeout = std::chrono::seconds(120);  // Between two requests.
  Nanos linger = std::chrono::seconds(2);  // After our close, for the client to read and close.
};

struct HttpServerStats {
  std::uint64_t accepted = 0;
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;        // Connections beyond the limit.
  std::uint64_t bad_requests = 0;   // Answered 4xx or 5xx by the server itself, timeouts aside.
  std::uint64_t tls_failures = 0;   // Handshakes that came to nothing.
  std::uint64_t timeouts = 0;       // Heads or bodies that took too long: 408.
  std::uint64_t slow_readers = 0;   // Cut off for not taking their answer.
  std::uint64_t gone = 0;           // Clients that left before their answer ended.
  std::uint64_t accept_pauses = 0;  // Accepting paused for want of descriptors or memory.
};

class HttpServer {
 public:
  class Handler {
   public:
    /// A request is complete. Its views live until the callback returns.
    virtual void OnRequest(ServerExchange& exchange, const ServerRequest& request) = 0;

   protected:
    ~Handler() = default;
  };

  /// Listens at once. `reactor` and `handler` must outlive the server. For errors see OpenListener.
  static Result<std::unique_ptr<HttpServer>> Listen(Reactor& reactor, std::string_view host,
                                                    std::uint16_t port, Handler& handler,
                                                    const HttpServerOptions& options);

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  /// Tears all connections down, without callbacks. Allowed inside callbacks.
  ~HttpServer();

  /// Stops accepting, closes idle connections, lets running requests finish; then calls `on_empty`
  /// from the loop, once.
  void Drain(std::function<void()> on_empty);

  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return connections_.size(); }
  bool draining() const { return draining_; }
  HttpServerStats stats() const;

 private:
  friend class ServerConnection;

  HttpServer(Reactor& reactor, Fd listener, Handler& handler, const HttpServerOptions& options);
  void Accept(Fd fd);
  /// Called by a connection that has closed its socket; it is freed from the loop.
  void Bury(ServerConnection* connection);
  void Sweep();

  Reactor& reactor_;
  Handler& handler_;
  HttpServerOptions options_;
  std::uint16_t port_;
  HttpListener listener_;
  HttpServerStats stats_;
  std::string scratch_;  // An answer while it is put together.
  bool draining_ = false;
  std::function<void()> on_empty_;
  TimerId sweep_;
  std::vector<std::unique_ptr<ServerConnection>> connections_;
  std::vector<std::unique_ptr<ServerConnection>> dead_;
};

}  // namespace roofscape::net
