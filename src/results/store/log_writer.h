// Moves request logs from the load generator's thread to the store without making it wait for the
// disk: pushed pieces are committed every 5 seconds by a thread of the writer.
//
// Errors: a failed write (disk full, database locked) keeps the pieces in memory and tries again at
// the next interval; until it succeeds every call returns the error. What was committed stays.
// Ownership: does not own the Store, which must outlive it. Thread safety: calls from any thread.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/core/result.h"
#include "results/store/store.h"

namespace roofscape::store {

class LogWriter {
 public:
  explicit LogWriter(Store& store, std::chrono::milliseconds interval = std::chrono::seconds(5));

  /// Tries once more to write what is pending, and joins the thread. Call Flush() before to learn
  /// whether that works.
  ~LogWriter();

  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Takes over rows of a point's log. Never waits for the disk. An error says that rows pushed
  /// before are not stored yet; these rows are taken all the same.
  Result<> Push(const PointId& point, spec::RequestLog rows);

  /// Returns when everything pushed before is committed, or the error that prevents it.
  Result<> Flush();

 private:
  struct Piece {
    PointId point;
    spec::RequestLog rows;
  };

  void Work();
  /// Stores pieces from the front, and drops them, until one fails.
  std::optional<Error> StorePieces(std::vector<Piece>& pieces);

  Store* store_;
  const std::chrono::milliseconds interval_;

  std::mutex mutex_;
  std::condition_variable wake_;     // For the thread: there is something to do now.
  std::condition_variable flushed_;  // For Flush(): a round is over.
  std::vector<Piece> pushed_;
  std::optional<Error> error_;  // Of the last round; missing when it stored everything.
  std::uint64_t rounds_asked_ = 0;
  std::uint64_t rounds_done_ = 0;
  bool stopping_ = false;

  std::thread thread_;  // Last: starts when everything else is there.
};

}  // namespace roofscape::store
