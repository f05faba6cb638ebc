// The one line on stderr that shows how a point is going, redrawn four times a second by a thread
// of its own, and only on a terminal.
//
// Thread safety: made and destroyed by one thread.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/core/clock.h"
#include "measure/load/run_point.h"

namespace roofscape::cli {

class LiveProgress {
 public:
  /// `title` begins the line; `expected` requests or `duration_s` give the time left.
  LiveProgress(std::string title, std::optional<std::int64_t> expected,
               std::optional<double> duration_s, const load::PointProgress& progress,
               const Clock& clock);
  /// Clears the line; without a terminal writes it once, if it took long.
  ~LiveProgress();
  LiveProgress(const LiveProgress&) = delete;
  LiveProgress& operator=(const LiveProgress&) = delete;

 private:
  void Work();
  std::string Line() const;

  const std::string title_;
  const std::optional<std::int64_t> expected_;
  const std::optional<double> duration_s_;
  const load::PointProgress& progress_;
  const Clock& clock_;
  const Instant begin_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;  // Last: starts when everything else is there. Not run without a terminal.
};

}  // namespace roofscape::cli
