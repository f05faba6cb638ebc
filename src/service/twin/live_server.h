// A server with the timing of a deployment that is not there: an OpenAI-compatible one, in the
// dialect of the engine that is simulated, paced by the simulation on the real clock. Its paths,
// metrics and faults: docs/reference/twin.md.
//
// One event loop, since one simulation is one scheduler. Thread safety: all on the reactor's
// thread.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/core/result.h"
#include "base/net/http_server.h"
#include "service/twin/golden_server.h"
#include "service/twin/pacer.h"
#include "service/twin/readings.h"
#include "service/twin/script.h"
#include "service/twin/side_doors.h"
#include "service/twin/truth_log.h"

namespace roofscape::twin {

class LiveStream;

class LiveServer final : private net::HttpServer::Handler {
 public:
  struct Settings {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    bool keep_truth = false;
    bool busy_poll = false;                // As of GoldenServer.
    std::shared_ptr<net::TlsContext> tls;  // Set: https only.
    std::int64_t max_truth_events = 20'000'000;
    double speed = 1.0;                // Virtual seconds a second.
    std::int64_t answer_tokens = 256;  // Median of answers whose length the request leaves open.
    std::int64_t context_tokens = 131'072;  // Of a prompt with its answer, at most.
    std::optional<std::int64_t> max_queue;  // Waiting requests; beyond, the engine's refusal.
  };

  /// Listens at once. `script` says dialect, model, seed, style and faults; of its times none
  /// counts. All arguments must outlive the server. REQUIRES: Validate(cluster).
  static Result<std::unique_ptr<LiveServer>> Create(net::Reactor& reactor, const Script& script,
                                                    const sim::Cluster& cluster,
                                                    const Settings& settings);
  ~LiveServer();

  std::uint16_t port() const { return server_->port(); }
  const GoldenStats& stats() const { return stats_; }
  const TruthLog& truth() const { return truth_; }
  const LiveReadings& readings() const { return live_; }

 private:
  LiveServer(net::Reactor& reactor, const Script& script, const sim::Cluster& cluster,
             const Settings& settings);
  void OnRequest(net::ServerExchange& exchange, const net::ServerRequest& request) override;
  void Generate(net::ServerExchange& exchange, const net::ServerRequest& request, Api api,
                std::optional<bool> streamed);
  std::int64_t LargestRequest() const;
  void SetLimit(Ask& ask) const;
  /// Why it is not taken, or nothing.
  std::optional<Refusal> Obstacle(const Ask& ask) const;
  std::vector<std::uint64_t> HashesOf(const Ask& ask, const std::string& id,
                                      std::int64_t tokens) const;
  std::int64_t AnswerTokens(const Ask& ask, std::uint64_t hash) const;
  void Refuse(net::ServerExchange& exchange, std::optional<Api> api, const Refusal& why) const;
  Readings Read();
  void Bury(LiveStream& stream);

  net::Reactor& reactor_;
  const Script& script_;
  const Settings settings_;
  const std::int64_t chunk_tokens_;  // Of hashed prompts; 0: no cache of them.
  GoldenStats stats_;
  LiveReadings live_;
  TruthLog truth_;
  std::int64_t arrivals_ = 0;
  Pacer pacer_;
  const std::int64_t context_tokens_;  // Of the model, or what fits a worker's cache.
  // What gen throughput is told of: tokens until the last look.
  Instant looked_at_;
  std::int64_t looked_tokens_ = 0;
  std::unique_ptr<net::HttpServer> server_;
  // After server_ and pacer_: they use them.
  std::unordered_map<LiveStream*, std::unique_ptr<LiveStream>> streams_;
  std::vector<std::unique_ptr<LiveStream>> dead_;
  net::TimerId burial_;
};

}  // namespace roofscape::twin
