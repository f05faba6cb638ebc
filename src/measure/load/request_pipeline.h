// Prepares requests ahead on a thread of its own, so that the loops that stamp never build one.
//
// Thread safety: Next() from any thread, each number once; the building happens on the pipeline's.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "measure/load/request_writer.h"

namespace roofscape::load {

class RequestPipeline {
 public:
  struct Settings {
    std::int64_t first_prompt = 0;       // The prompt of request 0; the next one has the next.
    std::int64_t same_prompt_until = 0;  // Requests before this one all have the first prompt.
    std::optional<std::int64_t> count;   // How many there will be; missing: without end.
    std::int64_t min_ready = 64;         // Requests to keep ready, more if memory allows:
    std::int64_t ready_bytes = std::int64_t{256} << 20;
  };

  /// `writer` must outlive the pipeline.
  RequestPipeline(const RequestWriter& writer, const Settings& settings);
  ~RequestPipeline();
  RequestPipeline(const RequestPipeline&) = delete;
  RequestPipeline& operator=(const RequestPipeline&) = delete;

  /// Waits until as many requests are ready as will be kept (all of them, where they fit), or until
  /// at least one is and `limit` has passed, or until `stop` becomes true.
  void WaitUntilFull(Nanos limit, const std::atomic<bool>* stop = nullptr);

  /// Request number `id`, counted from 0. Waits if it is not ready yet. Numbers must be asked for
  /// nearly in order: what lies between the lowest not asked for and the newest is kept.
  PreparedRequest Next(std::int64_t id);

 private:
  void Work();
  bool Full() const;
  bool HasAll() const;

  const RequestWriter& writer_;
  const Settings settings_;
  std::mutex mutex_;
  std::condition_variable ready_;                     // Something can be taken, or all is there.
  std::condition_variable room_;                      // Something can be added.
  std::deque<std::optional<PreparedRequest>> queue_;  // Numbers base_, base_ + 1, ...
  std::int64_t base_ = 0;
  std::int64_t kept_ = 0;  // Entries of queue_ that have not been taken.
  std::int64_t bytes_ = 0;
  std::int64_t waiting_for_ = -1;  // Highest number that somebody waits for.
  bool stopping_ = false;
  std::thread thread_;  // Last: starts when everything else is there.
};

}  // namespace roofscape::load
