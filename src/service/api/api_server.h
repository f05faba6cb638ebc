// The API and the dashboard over HTTP: one server a loop. It decides who may ask (Host header,
// token, rate), what travels (304, gzip, headers of security) and what is answered beside the loop.
//
// Read-only, GET and HEAD, but for the queue (queue_api.h). No cross-origin access is ever allowed.
//
// Thread safety: all on the reactor's thread.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/core/result.h"
#include "base/net/http_server.h"
#include "service/api/api.h"
#include "service/api/live_feed.h"
#include "service/api/rate_limit.h"
#include "service/api/static_files.h"
#include "service/api/token.h"
#include "service/api/worker.h"

namespace roofscape::api {

struct ApiServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  bool share_port = false;
  /// Who may ask for data; empty: everyone who reaches the server, under a Host that is one of
  /// `hosts` or of this machine's loopback (a name that somebody else's DNS points here is
  /// refused).
  Tokens tokens;
  /// Who may start runs, where runs may be started at all; empty: nobody.
  Tokens run_tokens;
  std::vector<std::string> hosts;
  RateLimitOptions rate;
  StaticFiles files;
  net::HttpServerOptions http;  // Limits and timeouts.
};

class ApiServer final : private net::HttpServer::Handler {
 public:
  /// `worker` reads the store, `computer` computes for a while. Listens at once. All arguments must
  /// outlive the server.
  static Result<std::unique_ptr<ApiServer>> Create(net::Reactor& reactor, Api& api, Worker& worker,
                                                   Worker& computer, LiveFeed& feed,
                                                   const ApiServerOptions& options);
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;
  ~ApiServer();

  std::uint16_t port() const { return server_->port(); }
  net::HttpServerStats stats() const { return server_->stats(); }

 private:
  struct Asker;
  struct Waiting;
  struct Listener;

  ApiServer(net::Reactor& reactor, Api& api, Worker& worker, Worker& computer, LiveFeed& feed,
            const ApiServerOptions& options);
  void OnRequest(net::ServerExchange& exchange, const net::ServerRequest& request) override;
  BodyPtr Refusal(const net::ServerRequest& request);
  BodyPtr Changed(const net::ServerRequest& request);
  void AnswerData(net::ServerExchange& exchange, const Asker& asker,
                  const net::ServerRequest& request);
  void AnswerLater(net::ServerExchange& exchange, const Asker& asker, std::string_view target,
                   Worker& worker);
  void AnswerFile(net::ServerExchange& exchange, const Asker& asker, std::string_view path);
  void Send(net::ServerExchange& exchange, const Asker& asker, const Body& body);
  void Listen(net::ServerExchange& exchange, const Asker& asker);
  void Forget(Listener& listener);
  void Tell();
  void Post(std::function<void()> work);
  void RunPosted();

  net::Reactor& reactor_;
  Api& api_;
  Worker& worker_;    // Waits for the store.
  Worker& computer_;  // Computes for a while.
  LiveFeed& feed_;
  const ApiServerOptions options_;
  RateLimit rate_;
  std::unique_ptr<net::HttpServer> server_;
  std::map<Listener*, std::unique_ptr<Listener>> listeners_;
  net::TimerId tell_;
  bool telling_ = false;
  std::mutex mutex_;  // Of posted_.
  std::vector<std::function<void()>> posted_;
};

/// Whether a Host header names this machine's loopback, or one of `hosts`; with or without port.
bool IsOwnHost(std::string_view host, const std::vector<std::string>& hosts);

}  // namespace roofscape::api
