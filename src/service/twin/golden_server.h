// The golden server: it does what a script says, on time, in the dialect of the server that the
// script names, and writes down what it really did. It is the ruler that load generators are held
// against.
//
// One event loop is one server; several share a port (RunGolden). Its paths:
// docs/reference/twin-script.md.
//
// Thread safety: all on the reactor's thread, but for GoldenShared.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/net/http_server.h"
#include "base/net/tls_context.h"
#include "base/stats/histogram.h"
#include "service/twin/ask.h"
#include "service/twin/script.h"
#include "service/twin/side_doors.h"
#include "service/twin/truth_log.h"

namespace roofscape::twin {

class Stream;

/// What the loops of one server share.
struct GoldenShared {
  std::atomic<std::int64_t> arrivals{0};
  std::atomic<std::int64_t> first_ns{0};  // Arrival of the first request, 0: none yet.
  std::atomic<std::int64_t> running{0};   // Requests whose answer has not ended.
};

struct GoldenStats {
  std::int64_t requests = 0;
  std::int64_t events = 0;   // Sent in time or not.
  std::int64_t gone = 0;     // Clients that left before their answer ended.
  stats::Histogram late_ns;  // From due to the begin of the send.
};

class GoldenServer final : private net::HttpServer::Handler {
 public:
  struct Settings {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    bool share_port = false;
    bool keep_truth = false;
    std::int64_t max_truth_events = 20'000'000;
    /// Never sleep: a core is kept busy, and no send of a client has to wake it.
    bool busy_poll = false;
    std::shared_ptr<net::TlsContext> tls;  // Set: https only.
  };

  /// Listens at once. All arguments must outlive the server.
  static Result<std::unique_ptr<GoldenServer>> Create(net::Reactor& reactor, const Script& script,
                                                      const Settings& settings,
                                                      GoldenShared& shared);
  ~GoldenServer();

  std::uint16_t port() const { return server_->port(); }
  const GoldenStats& stats() const { return stats_; }
  const TruthLog& truth() const { return truth_; }

  /// Accepts no more; answers that run end by the script. Then `on_empty`.
  void Drain(std::function<void()> on_empty) { server_->Drain(std::move(on_empty)); }

 private:
  GoldenServer(net::Reactor& reactor, const Script& script, const Settings& settings,
               GoldenShared& shared);
  void OnRequest(net::ServerExchange& exchange, const net::ServerRequest& request) override;
  void Generate(net::ServerExchange& exchange, const net::ServerRequest& request, Api api,
                std::optional<bool> streamed);
  void Refuse(net::ServerExchange& exchange, std::optional<Api> api, const Refusal& why) const;
  void Bury(Stream& stream);

  net::Reactor& reactor_;
  const Script& script_;
  const Settings settings_;
  GoldenShared& shared_;
  GoldenStats stats_;
  TruthLog truth_;
  std::unique_ptr<net::HttpServer> server_;
  std::unordered_map<Stream*, std::unique_ptr<Stream>> streams_;  // After server_: they use it.
};

}  // namespace roofscape::twin
