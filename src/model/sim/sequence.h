// The requests that a simulated deployment holds, in slots that are used again: no memory is taken
// for a request once as many were in flight before. Lists link slots by number.
//
// Thread safety: one thread.

#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "base/core/check.h"

namespace roofscape::sim {

using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = std::numeric_limits<Slot>::max();

/// Tokens that came out together.
struct TokenEvent {
  std::int64_t time_ns = 0;
  std::int32_t tokens = 1;

  friend bool operator==(const TokenEvent&, const TokenEvent&) = default;
};

enum class Stage : std::uint8_t {
  kUnborn,      // Its arrival, or what precedes the engine, is still to come.
  kWaiting,     // In a worker's queue.
  kPrefilling,  // Admitted; its prompt is not through.
  kSending,     // Prompt done; its cache goes, or waits to go, to a decode worker.
  kDecoding,
};

struct Sequence {
  std::int64_t id = 0;
  std::int64_t arrival_ns = 0;
  std::int64_t admitted_ns = -1;     // When a worker first took it out of its queue; -1: not yet.
  std::int64_t first_token_ns = -1;  // -1: none yet.
  std::int64_t start_step = 0;       // Decode step of its worker at which `generated` was counted.
  std::int64_t finish_step = 0;
  std::int64_t input = 0;        // Tokens of the prompt as it was asked.
  std::int64_t output = 0;       // Tokens asked for.
  std::int64_t generated = 0;    // Tokens that came out, until start_step.
  std::int64_t prompt = 0;       // To be computed at admission: input, and what was generated.
  std::int64_t computed = 0;     // Of `prompt`.
  std::int64_t cached = 0;       // Of the first prompt, found in the cache.
  std::int64_t chunks = 0;       // Of its prompt, that it shares with the prefix cache.
  std::int64_t held = 0;         // Blocks of its own.
  std::int64_t sender_held = 0;  // The same at `sender`, until its cache has gone.
  std::int64_t preemptions = 0;
  std::int64_t tag = 0;  // The asker's own.
  std::uint32_t worker = 0;
  std::uint32_t sender = 0;   // Worker that computed its prompt, while kSending.
  std::uint32_t version = 0;  // Counts the uses of the slot and its re-routings.
  Stage stage = Stage::kUnborn;
  bool cancelled = false;  // While its arrival is still to come.
  Slot next = kNoSlot;
  Slot previous = kNoSlot;
  std::vector<std::uint64_t> hashes;  // Of its prompt's whole chunks, and of its answer's.
  std::vector<TokenEvent> events;     // What has come out, where somebody looks.
};

class SequenceTable {
 public:
  Slot Take() {
    if (free_.empty()) {
      sequences_.emplace_back();
      return static_cast<Slot>(sequences_.size() - 1);
    }
    const Slot slot = free_.back();
    free_.pop_back();
    return slot;
  }

  /// Keeps the memory of its lists and its version.
  void Give(Slot slot) {
    Sequence& old = sequences_[slot];
    Sequence fresh;
    fresh.id = -1;
    fresh.version = old.version + 1;
    fresh.hashes.swap(old.hashes);
    fresh.events.swap(old.events);
    fresh.hashes.clear();
    fresh.events.clear();
    old = std::move(fresh);
    free_.push_back(slot);
  }

  Sequence& operator[](Slot slot) { return sequences_[slot]; }
  const Sequence& operator[](Slot slot) const { return sequences_[slot]; }

  std::size_t used() const { return sequences_.size() - free_.size(); }
  std::size_t slots() const { return sequences_.size(); }

 private:
  std::vector<Sequence> sequences_;
  std::vector<Slot> free_;
};

/// A doubly linked list; a slot is in one list at most.
class SequenceList {
 public:
  Slot front() const { return head_; }
  Slot back() const { return tail_; }
  std::int64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void PushBack(SequenceTable& table, Slot slot) { Insert(table, slot, tail_, kNoSlot); }
  void PushFront(SequenceTable& table, Slot slot) { Insert(table, slot, kNoSlot, head_); }

  void Remove(SequenceTable& table, Slot slot) {
    Sequence& s = table[slot];
    (s.previous == kNoSlot ? head_ : table[s.previous].next) = s.next;
    (s.next == kNoSlot ? tail_ : table[s.next].previous) = s.previous;
    s.next = s.previous = kNoSlot;
    --size_;
  }

  /// REQUIRES: not empty.
  Slot PopFront(SequenceTable& table) {
    RS_CHECK(size_ > 0);
    const Slot slot = head_;
    Remove(table, slot);
    return slot;
  }

 private:
  void Insert(SequenceTable& table, Slot slot, Slot before, Slot after) {
    Sequence& s = table[slot];
    s.previous = before;
    s.next = after;
    (before == kNoSlot ? head_ : table[before].next) = slot;
    (after == kNoSlot ? tail_ : table[after].previous) = slot;
    ++size_;
  }

  Slot head_ = kNoSlot;
  Slot tail_ = kNoSlot;
  std::int64_t size_ = 0;
};

}  // namespace roofscape::sim
