// Runs that somebody started over HTTP: each a process `roofscape bench` that writes into the store
// as any other run does, one at a time and in the order in which they were asked for, because two
// on one machine spoil each other. What waits, runs and has lately ended is kept in memory alone;
// what was measured is in the store, with a label `queue=ID`.
//
// Ownership: owns its thread, the process that runs and a folder for what that one prints.
// Thread safety: every function may be called from any thread.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/core/clock.h"
#include "base/core/json.h"
#include "base/core/result.h"
#include "service/api/bench_request.h"

namespace roofscape::api {

struct BenchDeskOptions {
  std::string program;  // This Roofscape.
  std::string
      database;  // As --db has it; handed on by the environment, for a URL may hold secrets.
  Nanos grace = std::chrono::seconds(20);  // From asking a run to stop to ending it.
};

class BenchDesk {
 public:
  BenchDesk(BenchDeskOptions options, const Clock& clock);
  BenchDesk(const BenchDesk&) = delete;
  BenchDesk& operator=(const BenchDesk&) = delete;
  ~BenchDesk() { Stop(); }

  static constexpr std::size_t kMaxWaiting = 16;
  /// The label by which a run in the store says which entry it is of.
  static constexpr const char* kLabel = "queue";

  /// Takes a run on; its entry as Entries has it. kUnavailable where kMaxWaiting wait already.
  Result<Json> Add(const BenchRequest& request);

  /// A run that waits is dropped, one that runs is asked to stop and keeps what it has measured.
  /// kNotFound for an id that was never given or is forgotten; an ended run stays as it is.
  Result<Json> Cancel(std::string_view id);

  /// In the order of asking, ended ones too; of those the last few.
  std::vector<Json> Entries() const;

  /// Ends what runs, drops what waits.
  void Stop();

 private:
  enum class State { kWaiting, kRunning, kStopping, kDone, kFailed, kCancelled };
  struct Entry {
    std::string id;
    BenchRequest request;
    State state = State::kWaiting;
    WallTime asked, began, ended;  // 0: not yet.
    std::string message;           // Why it failed.
  };

  static std::string_view NameOf(State state);
  static bool HasEnded(State state);
  static Json JsonOf(const Entry& entry);
  void Work();
  void RunOne(const std::string& id, const BenchRequest& request);
  bool WantsStop(std::string_view id) const;
  void End(std::string_view id, State state, std::string message);
  void Forget();
  Entry* Find(std::string_view id);

  const BenchDeskOptions options_;
  const Clock& clock_;
  std::string folder_;  // Empty: it could not be made.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> entries_;
  std::int64_t next_ = 0;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace roofscape::api
