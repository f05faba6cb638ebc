#include "base/net/http_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/net/server_connection.h"

namespace roofscape::net {
namespace {

// Beyond the limit this many more are told so; the rest is just closed.
constexpr std::size_t kMaxTurnedAway = 64;

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Listen(Reactor& reactor, std::string_view host,
                                                       std::uint16_t port, Handler& handler,
                                                       const HttpServerOptions& options) {
  RS_ASSIGN_OR_RETURN(Fd listener, OpenListener(host, port, options.listen));
  std::unique_ptr<HttpServer> server(
      new HttpServer(reactor, std::move(listener), handler, options));
  RS_RETURN_IF_ERROR(server->listener_.Start());
  return server;
}

HttpServer::HttpServer(Reactor& reactor, Fd listener, Handler& handler,
                       const HttpServerOptions& options)
    : reactor_(reactor),
      handler_(handler),
      options_(options),
      port_(BoundPort(listener.get())),
      listener_(reactor, std::move(listener), [this](Fd fd) { Accept(std::move(fd)); }) {}

HttpServer::~HttpServer() { reactor_.Cancel(sweep_); }

void HttpServer::Accept(Fd fd) {
  if (connections_.size() >= options_.max_connections + kMaxTurnedAway) {
    ++stats_.refused;
    return;
  }
  if (options_.read_bytes > 0) {
    // A slow reader must not hide behind a large buffer of the kernel's.
    const auto bytes = static_cast<int>(std::min<std::size_t>(options_.read_bytes, 1 << 20));
    static_cast<void>(setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes));
  }
  auto connection = std::make_unique<ServerConnection>(*this, std::move(fd), stats_.accepted++);
  if (!connection->Start()) return;
  ServerConnection* const added = connection.get();
  added->slot = connections_.size();
  connections_.push_back(std::move(connection));
  if (connections_.size() > options_.max_connections) {
    ++stats_.refused;
    added->TurnAway();
  }
}

void HttpServer::Bury(ServerConnection* connection) {
  const std::size_t slot = connection->slot;
  dead_.push_back(std::move(connections_[slot]));
  if (slot + 1 != connections_.size()) {
    connections_[slot] = std::move(connections_.back());
    connections_[slot]->slot = slot;
  }
  connections_.pop_back();
  if (!sweep_) sweep_ = reactor_.At(reactor_.Now(), [this] { Sweep(); });
}

void HttpServer::Sweep() {
  sweep_ = {};
  dead_.clear();
  if (!draining_ || !connections_.empty() || !on_empty_) return;
  // The callback may destroy the server.
  const std::function<void()> on_empty = std::exchange(on_empty_, nullptr);
  on_empty();
}

void HttpServer::Drain(std::function<void()> on_empty) {
  draining_ = true;
  on_empty_ = std::move(on_empty);
  listener_.Close();
  // From the back: a connection that dies puts the last one in its place.
  for (std::size_t i = connections_.size(); i > 0; --i) connections_[i - 1]->Drain();
  if (!sweep_) sweep_ = reactor_.At(reactor_.Now(), [this] { Sweep(); });
}

HttpServerStats HttpServer::stats() const {
  HttpServerStats stats = stats_;
  stats.accept_pauses = listener_.pauses();
  return stats;
}

}  // namespace roofscape::net
