#include "model/sim/chunk_cache.h"

#include <algorithm>
#include <utility>

#include "base/core/check.h"

namespace roofscape::sim {
namespace {

constexpr std::size_t kFewest = 64;

std::uint64_t Mix(std::uint64_t x) {
  x ^= x >> 31;
  x *= 0x9e3779b97f4a7c15ULL;
  return x ^ (x >> 29);
}

}  // namespace

ChunkCache::ChunkCache(std::int64_t capacity, Eviction eviction)
    : capacity_(capacity), eviction_(eviction) {
  RS_CHECK(capacity >= 0);
  index_.assign(kFewest, kNone);
}

/// Twice as many places for hashes, so that at most half of them are taken.
void ChunkCache::Widen() {
  const std::vector<Place> old = std::exchange(index_, {});
  index_.assign(2 * old.size(), kNone);
  const std::size_t mask = index_.size() - 1;
  for (const Place place : old) {
    if (place == kNone) continue;
    std::size_t i = Mix(entries_[place].hash) & mask;
    while (index_[i] != kNone) i = (i + 1) & mask;
    index_[i] = place;
  }
}

ChunkCache::Place ChunkCache::Locate(std::uint64_t hash) const {
  const std::size_t mask = index_.size() - 1;
  for (std::size_t i = Mix(hash) & mask;; i = (i + 1) & mask) {
    if (index_[i] == kNone || entries_[index_[i]].hash == hash) return index_[i];
  }
}

ChunkCache::Match ChunkCache::Find(std::span<const std::uint64_t> hashes,
                                   std::uint64_t parent) const {
  Match match;
  for (const std::uint64_t hash : hashes) {
    const Place place = Locate(hash);
    if (place == kNone || entries_[place].parent != parent) break;
    parent = hash;
    ++match.chunks;
    if (entries_[place].uses == 0) ++match.idle;
  }
  return match;
}

bool ChunkCache::Misplaced(std::uint64_t hash, std::uint64_t parent) const {
  const Place place = Locate(hash);
  return place != kNone && entries_[place].parent != parent;
}

void ChunkCache::Pin(std::span<const std::uint64_t> hashes) {
  for (const std::uint64_t hash : hashes) {
    const Place place = Locate(hash);
    RS_CHECK(place != kNone);
    if (entries_[place].uses++ > 0) continue;
    --idle_;
    if (entries_[place].in_line) Leave(place);
  }
}

void ChunkCache::Unpin(std::span<const std::uint64_t> hashes) {
  for (std::size_t i = hashes.size(); i-- > 0;) {
    const Place place = Locate(hashes[i]);
    RS_CHECK(place != kNone && entries_[place].uses > 0);
    if (--entries_[place].uses > 0) continue;
    ++idle_;
    if (eviction_ == Eviction::kFreed || entries_[place].children == 0) Enter(place, false);
  }
}

void ChunkCache::Add(std::uint64_t hash, std::uint64_t parent) {
  entries_[Insert(hash, parent)].uses = 1;
}

void ChunkCache::AddIdle(std::uint64_t hash, std::uint64_t parent) {
  const Place place = Insert(hash, parent);
  ++idle_;
  Enter(place, false);
}

std::uint64_t ChunkCache::Evict() {
  RS_CHECK(oldest_ != kNone);
  const std::uint64_t hash = entries_[oldest_].hash;
  Drop(hash);
  return hash;
}

void ChunkCache::Drop(std::uint64_t hash) {
  const Place place = Locate(hash);
  RS_CHECK(place != kNone && entries_[place].uses == 0);
  if (entries_[place].in_line) Leave(place);
  --idle_;
  const std::uint64_t parent = entries_[place].parent;
  Erase(place);
  if (parent == 0) return;
  const Place above = Locate(parent);
  if (above == kNone) return;
  Entry& entry = entries_[above];
  if (entry.children > 0) --entry.children;
  // Its last use was this child's, or older: it is next.
  if (entry.children == 0 && entry.uses == 0 && !entry.in_line) Enter(above, true);
}

void ChunkCache::Clear() {
  while (oldest_ != kNone) Evict();
}

ChunkCache::Place ChunkCache::Insert(std::uint64_t hash, std::uint64_t parent) {
  RS_CHECK(size_ < capacity_);
  if (parent != 0) {
    if (const Place above = Locate(parent); above != kNone) {
      ++entries_[above].children;
      // A leaf no longer.
      if (eviction_ == Eviction::kLeaves && entries_[above].in_line) Leave(above);
    }
  }
  Place place = static_cast<Place>(entries_.size());
  if (free_.empty()) {
    entries_.emplace_back();
  } else {
    place = free_.back();
    free_.pop_back();
    entries_[place] = Entry{};
  }
  entries_[place].hash = hash;
  entries_[place].parent = parent;
  if (2 * entries_.size() > index_.size()) Widen();
  const std::size_t mask = index_.size() - 1;
  std::size_t i = Mix(hash) & mask;
  for (; index_[i] != kNone; i = (i + 1) & mask) RS_CHECK(entries_[index_[i]].hash != hash);
  index_[i] = place;
  ++size_;
  return place;
}

void ChunkCache::Erase(Place place) {
  const std::size_t mask = index_.size() - 1;
  std::size_t hole = Mix(entries_[place].hash) & mask;
  while (index_[hole] != place) hole = (hole + 1) & mask;
  // Those behind that would no longer be found move up.
  for (std::size_t i = (hole + 1) & mask; index_[i] != kNone; i = (i + 1) & mask) {
    const std::size_t home = Mix(entries_[index_[i]].hash) & mask;
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    index_[hole] = index_[i];
    hole = i;
  }
  index_[hole] = kNone;
  free_.push_back(place);
  --size_;
}

void ChunkCache::Enter(Place place, bool oldest) {
  Entry& entry = entries_[place];
  entry.in_line = true;
  entry.newer = oldest ? oldest_ : kNone;
  entry.older = oldest ? kNone : newest_;
  (entry.newer == kNone ? newest_ : entries_[entry.newer].older) = place;
  (entry.older == kNone ? oldest_ : entries_[entry.older].newer) = place;
}

void ChunkCache::Leave(Place place) {
  Entry& entry = entries_[place];
  (entry.newer == kNone ? newest_ : entries_[entry.newer].older) = entry.older;
  (entry.older == kNone ? oldest_ : entries_[entry.older].newer) = entry.newer;
  entry.newer = entry.older = kNone;
  entry.in_line = false;
}

}  // namespace roofscape::sim
