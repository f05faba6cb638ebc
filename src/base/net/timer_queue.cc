#include "base/net/timer_queue.h"

#include <utility>

namespace roofscape::net {

void TimerQueue::Place(std::size_t index, const Entry& entry) {
  heap_[index] = entry;
  slots_[entry.slot].heap_index = static_cast<std::uint32_t>(index);
}

void TimerQueue::SiftUp(std::size_t index, const Entry& entry) {
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (!Before(entry, heap_[parent])) break;
    Place(index, heap_[parent]);
    index = parent;
  }
  Place(index, entry);
}

void TimerQueue::SiftDown(std::size_t index, const Entry& entry) {
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && Before(heap_[child + 1], heap_[child])) ++child;
    if (!Before(heap_[child], entry)) break;
    Place(index, heap_[child]);
    index = child;
  }
  Place(index, entry);
}

TimerId TimerQueue::Set(Instant at, Callback callback) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[slot].callback = std::move(callback);
  const Entry entry{at, next_order_++, slot};
  heap_.push_back(entry);
  SiftUp(heap_.size() - 1, entry);
  return {slot, slots_[slot].generation};
}

void TimerQueue::RemoveAt(std::size_t index) {
  Slot& slot = slots_[heap_[index].slot];
  free_slots_.push_back(heap_[index].slot);
  if (++slot.generation == 0) slot.generation = 1;
  slot.callback = nullptr;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (index == heap_.size()) return;
  if (index > 0 && Before(last, heap_[(index - 1) / 2])) {
    SiftUp(index, last);
  } else {
    SiftDown(index, last);
  }
}

void TimerQueue::Cancel(TimerId id) {
  if (!id || id.slot >= slots_.size() || slots_[id.slot].generation != id.generation) return;
  RemoveAt(slots_[id.slot].heap_index);
}

std::optional<Instant> TimerQueue::Next() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().at;
}

TimerQueue::Callback TimerQueue::TakeDue(Instant now) {
  if (heap_.empty() || heap_.front().at > now) return nullptr;
  Callback callback = std::move(slots_[heap_.front().slot].callback);
  RemoveAt(0);
  return callback;
}

}  // namespace roofscape::net
