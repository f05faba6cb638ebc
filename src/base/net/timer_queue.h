// Timers of one event loop: a binary min-heap over reusable slots.
//
// Set and Cancel cost O(log n) and allocate nothing once the queue has been as full as it gets.
// A connection sets one timer and re-checks its deadline when it fires, so that a read costs none.
// Thread safety: one queue, one thread.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/core/units.h"

namespace roofscape::net {

/// Names a timer that was set. The default value names none. Stale ids are harmless.
struct TimerId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;

  explicit operator bool() const { return generation != 0; }
};

class TimerQueue {
 public:
  /// At most two pointers of captures, or std::function allocates.
  using Callback = std::function<void()>;

  /// Timers of the same instant fire in the order in which they were set.
  TimerId Set(Instant at, Callback callback);

  /// Does nothing if the timer has fired or was cancelled.
  void Cancel(TimerId id);

  /// When the next timer is due.
  std::optional<Instant> Next() const;

  /// Takes the callback of the earliest timer due at `now`, an empty one if there is none.
  Callback TakeDue(Instant now);

  std::size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    Instant at;
    std::uint64_t order;
    std::uint32_t slot;
  };
  struct Slot {
    std::uint32_t generation = 1;
    std::uint32_t heap_index = 0;
    Callback callback;
  };

  static bool Before(const Entry& a, const Entry& b) {
    return a.at != b.at ? a.at < b.at : a.order < b.order;
  }
  void Place(std::size_t index, const Entry& entry);
  void SiftUp(std::size_t index, const Entry& entry);
  void SiftDown(std::size_t index, const Entry& entry);
  void RemoveAt(std::size_t index);

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::uint64_t next_order_ = 0;
};

}  // namespace roofscape::net
