// The blocks of one worker's key-value cache: free ones, those that sequences hold for themselves,
// and chunks of prompts that the prefix cache keeps for whoever begins alike. A chunk is a whole
// number of blocks, as coarse as the hashes of the workload. What is evicted may go to host memory
// and come back for the price of a transfer.
//
// free + held + cached = all, always. Thread safety: one thread.

#pragma once

#include <cstdint>
#include <span>

#include "model/sim/chunk_cache.h"

namespace roofscape::sim {

class BlockPool {
 public:
  struct Options {
    std::int64_t blocks = 0;
    std::int64_t chunk_blocks = 1;  // Blocks of a hashed chunk.
    bool prefix_cache = false;
    Eviction eviction = Eviction::kFreed;
    std::int64_t host_chunks = 0;  // Room in host memory.
  };

  explicit BlockPool(const Options& options);

  /// Chunks at a prompt's beginning that need not be computed.
  struct Match {
    std::int64_t chunks = 0;  // In the cache.
    std::int64_t idle = 0;    // Of these, used by nobody: pinning them makes room scarcer.
    std::int64_t host = 0;    // Behind these, in host memory.
  };
  Match Find(std::span<const std::uint64_t> hashes) const;

  /// Blocks that can be taken: free, or cached and used by nobody.
  std::int64_t Available() const { return free_ + cache_.idle() * options_.chunk_blocks; }

  /// REQUIRES: n <= Available().
  void Take(std::int64_t n);
  void Give(std::int64_t n);

  void Pin(std::span<const std::uint64_t> hashes) { cache_.Pin(hashes); }
  void Unpin(std::span<const std::uint64_t> hashes) { cache_.Unpin(hashes); }
  /// A chunk that was computed in blocks of its own becomes a pinned one of the cache; where
  /// another was faster, that one is pinned and the blocks are free again. False: it stands behind
  /// another parent, and nothing is done.
  bool Share(std::uint64_t hash, std::uint64_t parent);

  /// Forgets what is cached and held, as a worker that fails does.
  void Reset();

  std::int64_t blocks() const { return options_.blocks; }
  std::int64_t chunk_blocks() const { return options_.chunk_blocks; }
  std::int64_t held() const { return held_; }
  std::int64_t cached() const { return cache_.size() * options_.chunk_blocks; }
  /// In use by sequences, shared ones once.
  std::int64_t used() const { return options_.blocks - Available(); }
  bool Conserved() const { return free_ + held_ + cached() == options_.blocks && free_ >= 0; }

 private:
  void EvictOne();

  Options options_;
  ChunkCache cache_;
  ChunkCache host_;
  std::int64_t free_;
  std::int64_t held_ = 0;
};

}  // namespace roofscape::sim
