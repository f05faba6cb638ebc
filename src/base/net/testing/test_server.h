// An HttpServer for tests, whose owner is a function.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core/check.h"
#include "base/net/http_server.h"

namespace roofscape::net::testing {

/// Writes down what it hears of an exchange.
struct ExchangeNotes final : ServerExchangeHandler {
  void OnDrained(ServerExchange& exchange, const WriteInfo& last) override {
    drained.push_back(last);
    if (on_drained) on_drained(exchange);
  }
  void OnTransmitted(ServerExchange& exchange, Instant at) override {
    transmitted.push_back(at);
    if (on_transmitted) on_transmitted(exchange);
  }
  void OnGone(ServerExchange& /*exchange*/, GoneReason reason) override {
    gone = reason;
    if (on_gone) on_gone();
  }

  std::vector<WriteInfo> drained;
  std::vector<Instant> transmitted;
  std::optional<GoneReason> gone;
  std::function<void(ServerExchange&)> on_drained;
  std::function<void(ServerExchange&)> on_transmitted;
  std::function<void()> on_gone;
};

struct TestServer final : HttpServer::Handler {
  using Answer = std::function<void(ServerExchange&, const ServerRequest&)>;

  /// Listens on a free port of `host`. Aborts if it cannot.
  TestServer(Reactor& reactor, Answer how, const HttpServerOptions& options = {},
             std::string_view host = "127.0.0.1")
      : answer(std::move(how)) {
    auto made = HttpServer::Listen(reactor, host, 0, *this, options);
    RS_CHECK(made);
    server = *std::move(made);
  }

  void OnRequest(ServerExchange& exchange, const ServerRequest& request) override {
    answer(exchange, request);
  }

  std::uint16_t port() const { return server->port(); }
  HttpServer* operator->() const { return server.get(); }

  Answer answer;
  std::unique_ptr<HttpServer> server;
};

}  // namespace roofscape::net::testing
