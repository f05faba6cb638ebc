// Runs the API: loops that answer, a thread that looks whether the store has changed, a worker.
//
// Thread safety: Start on one thread; Stop from one.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/net/reactor.h"
#include "service/api/api_server.h"

namespace roofscape::api {

struct RunOptions {
  ApiServerOptions server;
  std::int64_t threads = 1;
  Nanos look_every = std::chrono::seconds(2);  // At the store.
  /// Told once, by the thread of Start, when pages can be asked for: before the rows are there.
  std::function<void(std::uint16_t port)> on_listening;
  /// Told of what goes wrong while nobody asks, e.g. a store that cannot be read any more. From
  /// another thread; each message once until it changes.
  std::function<void(const std::string&)> on_trouble;
};

class ApiRun {
 public:
  /// Listens and gives out the dashboard's files at once; who asks for data waits until all rows of
  /// the store are loaded, and only then Start returns. All references must outlive the run.
  static Result<std::unique_ptr<ApiRun>> Start(const Facts& facts, StoreAccess& store,
                                               const RunOptions& options, const Clock& clock);
  ApiRun(const ApiRun&) = delete;
  ApiRun& operator=(const ApiRun&) = delete;
  ~ApiRun() { Stop(); }

  std::uint16_t port() const { return port_; }
  Snapshots& snapshots() { return snapshots_; }
  /// Ends all threads; answers that run are cut off.
  void Stop();

 private:
  ApiRun(const Facts& facts, StoreAccess& store, const RunOptions& options, const Clock& clock);
  void StartLoops();
  void AwaitRows();
  void Look();
  void LookOnce();
  void Trouble(const std::string& message);

  const RunOptions options_;
  const Clock& clock_;
  const Facts& facts_;
  StoreAccess& store_;
  Snapshots snapshots_;
  Api api_;
  LiveFeed feed_;
  Worker worker_;
  Worker computer_;
  std::uint16_t port_ = 0;
  std::string trouble_;
  std::vector<std::unique_ptr<net::Reactor>> reactors_;
  std::vector<std::unique_ptr<ApiServer>> servers_;  // After reactors_: they use them.
  std::vector<std::thread> loops_;
  std::mutex mutex_;  // Of loaded_ and stop_.
  std::condition_variable changed_;
  bool loaded_ = false;
  bool stop_ = false;
  std::thread looker_;
};

}  // namespace roofscape::api
