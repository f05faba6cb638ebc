// Cached chunks of prompts, found by the hash of all tokens up to a chunk's end, so that a prompt's
// beginning is a chain of hashes. Chunks in use are pinned; those that nobody uses stand in line
// for eviction, the one unused longest first.
//
// Open addressing; memory grows with what is cached, and is then used again. Thread safety: one
// thread.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/sim/engine_policy.h"

namespace roofscape::sim {

class ChunkCache {
 public:
  /// `capacity`: chunks it may hold; REQUIRES >= 0.
  ChunkCache(std::int64_t capacity, Eviction eviction);

  /// How many chunks from the beginning of a prompt are here, each behind the one before it, and
  /// how many of them are not pinned.
  struct Match {
    std::int64_t chunks = 0;
    std::int64_t idle = 0;
  };
  Match Find(std::span<const std::uint64_t> hashes, std::uint64_t parent = 0) const;
  /// Is it here behind another parent? Then the hashes are no chains, and it cannot be shared.
  bool Misplaced(std::uint64_t hash, std::uint64_t parent) const;
  bool Has(std::uint64_t hash) const { return Locate(hash) != kNone; }

  /// Adds a use to chunks that are here. REQUIRES: all of them are.
  void Pin(std::span<const std::uint64_t> hashes);
  /// Takes it away; the end of a prompt stands in line before its beginning.
  void Unpin(std::span<const std::uint64_t> hashes);
  /// Adds a chunk, pinned once, behind `parent` (0: it begins a prompt).
  /// REQUIRES: it is not here and the cache is not full.
  void Add(std::uint64_t hash, std::uint64_t parent);
  /// Adds it idle, as the most recently used.
  void AddIdle(std::uint64_t hash, std::uint64_t parent);
  /// Drops the chunk that is next in line and says which it was. REQUIRES: idle() > 0.
  std::uint64_t Evict();
  /// Drops one. REQUIRES: it is here and idle.
  void Drop(std::uint64_t hash);
  /// Drops all idle ones.
  void Clear();

  std::int64_t size() const { return size_; }
  std::int64_t idle() const { return idle_; }
  std::int64_t capacity() const { return capacity_; }

 private:
  using Place = std::uint32_t;
  static constexpr Place kNone = 0xffffffff;

  struct Entry {
    std::uint64_t hash = 0;
    std::uint64_t parent = 0;
    std::int32_t uses = 0;
    std::int32_t children = 0;  // Cached chunks that continue this one.
    Place newer = kNone;        // Neighbours in the line.
    Place older = kNone;
    bool in_line = false;
  };

  Place Locate(std::uint64_t hash) const;
  Place Insert(std::uint64_t hash, std::uint64_t parent);
  void Widen();
  void Erase(Place place);
  void Enter(Place place, bool oldest);
  void Leave(Place place);

  std::int64_t capacity_;
  Eviction eviction_;
  std::vector<Place> index_;  // Of hashes: places in entries_. A power of two.
  std::vector<Entry> entries_;
  std::vector<Place> free_;
  Place oldest_ = kNone;
  Place newest_ = kNone;
  std::int64_t size_ = 0;
  std::int64_t idle_ = 0;
};

}  // namespace roofscape::sim
