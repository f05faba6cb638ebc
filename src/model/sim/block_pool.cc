#include "model/sim/block_pool.h"

#include "base/core/check.h"

namespace roofscape::sim {

BlockPool::BlockPool(const Options& options)
    : options_(options),
      cache_(options.prefix_cache ? options.blocks / options.chunk_blocks : 0, options.eviction),
      host_(options.prefix_cache ? options.host_chunks : 0, Eviction::kFreed),
      free_(options.blocks) {
  RS_CHECK(options.blocks >= 0 && options.chunk_blocks >= 1);
}

BlockPool::Match BlockPool::Find(std::span<const std::uint64_t> hashes) const {
  Match match;
  if (!options_.prefix_cache || hashes.empty()) return match;
  const ChunkCache::Match here = cache_.Find(hashes);
  match.chunks = here.chunks;
  match.idle = here.idle;
  if (host_.size() > 0) {
    for (auto i = static_cast<std::size_t>(here.chunks); i < hashes.size(); ++i) {
      if (!host_.Has(hashes[i])) break;
      ++match.host;
    }
  }
  return match;
}

void BlockPool::Take(std::int64_t n) {
  RS_CHECK(n >= 0 && n <= Available());
  while (free_ < n) EvictOne();
  free_ -= n;
  held_ += n;
}

void BlockPool::Give(std::int64_t n) {
  RS_CHECK(n >= 0 && n <= held_);
  held_ -= n;
  free_ += n;
}

bool BlockPool::Share(std::uint64_t hash, std::uint64_t parent) {
  if (cache_.Misplaced(hash, parent)) return false;
  if (cache_.Has(hash)) {
    cache_.Pin({&hash, 1});
    Give(options_.chunk_blocks);
    return true;
  }
  RS_CHECK(held_ >= options_.chunk_blocks);
  cache_.Add(hash, parent);
  held_ -= options_.chunk_blocks;
  return true;
}

void BlockPool::Reset() {
  cache_ = ChunkCache(cache_.capacity(), options_.eviction);
  free_ = options_.blocks;
  held_ = 0;
}

void BlockPool::EvictOne() {
  const std::uint64_t hash = cache_.Evict();
  free_ += options_.chunk_blocks;
  if (host_.capacity() == 0) return;
  if (host_.Has(hash)) host_.Drop(hash);
  if (host_.size() == host_.capacity()) host_.Evict();
  host_.AddIdle(hash, 0);
}

}  // namespace roofscape::sim
