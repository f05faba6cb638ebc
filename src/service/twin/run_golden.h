// Runs the golden server on one or several threads until it is told to stop.
//
// Thread safety: Start on one thread; Stop from any, also from a signal handler.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/net/reactor.h"
#include "service/twin/golden_server.h"
#include "service/twin/script.h"

namespace roofscape::twin {

struct GoldenOptions {
  GoldenServer::Settings server;
  std::int64_t threads = 1;
  /// Runs first on each loop's thread, e.g. to pin it; an error ends the start.
  std::function<Result<>(std::int64_t thread)> on_thread;
};

class GoldenRun {
 public:
  /// Listens and begins to answer. `clock` must outlive the run.
  static Result<std::unique_ptr<GoldenRun>> Start(Script script, const GoldenOptions& options,
                                                  const Clock& clock);
  GoldenRun(const GoldenRun&) = delete;
  GoldenRun& operator=(const GoldenRun&) = delete;
  ~GoldenRun();

  std::uint16_t port() const { return port_; }

  /// Ends all loops and waits for them; answers that run are cut off.
  void Stop();

  // REQUIRES for these: Stop() has returned.
  GoldenStats stats() const;
  std::string TruthCsv() const;
  bool truth_is_whole() const;

 private:
  explicit GoldenRun(Script script) : script_(std::move(script)) {}

  const Script script_;
  GoldenShared shared_;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<net::Reactor>> reactors_;
  std::vector<std::unique_ptr<GoldenServer>> servers_;  // After reactors_: they use them.
  std::vector<std::thread> threads_;
};

}  // namespace roofscape::twin
