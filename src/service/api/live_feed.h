// What is pushed to pages that watch: the body of /live when it changes, and that new data is
// there. One thread looks at the store, and only while somebody listens; each loop tells its own
// listeners.
//
// Thread safety: every function may be called from any thread.

#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace roofscape::api {

class LiveFeed {
 public:
  struct State {
    std::uint64_t sequence = 0;  // Grows when `live` changes.
    std::string live;            // The body, as one line.
    std::int64_t generation = 0;
  };

  /// `shape`: the part of the body of which a change is worth telling.
  void Set(const std::string& shape, std::string live, std::int64_t generation) {
    const std::scoped_lock lock(mutex_);
    state_.generation = generation;
    if (shape == shape_ && state_.sequence > 0) return;
    shape_ = shape;
    state_.live = std::move(live);
    ++state_.sequence;
  }

  State Get() const {
    const std::scoped_lock lock(mutex_);
    return state_;
  }

  /// Counts who listens.
  std::atomic<int> listeners{0};

 private:
  mutable std::mutex mutex_;
  std::string shape_;
  State state_;
};

}  // namespace roofscape::api
