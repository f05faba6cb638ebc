// The live twin on a thread of its own. Thread safety: of the thread that started it.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/net/reactor.h"
#include "service/twin/live_server.h"

namespace roofscape::twin {

class LiveRun {
 public:
  /// Listens and begins to answer. `on_thread` runs first on the loop's thread; its error ends the
  /// start. `clock` must outlive the run.
  static Result<std::unique_ptr<LiveRun>> Start(Script script, const sim::Cluster& cluster,
                                                const LiveServer::Settings& settings,
                                                const std::function<Result<>()>& on_thread,
                                                const Clock& clock);
  LiveRun(const LiveRun&) = delete;
  LiveRun& operator=(const LiveRun&) = delete;
  ~LiveRun();

  std::uint16_t port() const { return port_; }

  /// Ends the loop and waits for it; answers that run are cut off.
  void Stop();

  /// REQUIRES: Stop() has returned.
  const LiveServer& server() const { return *server_; }

 private:
  explicit LiveRun(Script script) : script_(std::move(script)) {}

  const Script script_;
  std::uint16_t port_ = 0;
  std::unique_ptr<net::Reactor> reactor_;
  std::unique_ptr<LiveServer> server_;  // After reactor_: it uses it.
  std::thread thread_;
};

}  // namespace roofscape::twin
