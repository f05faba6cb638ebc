#include "model/sim/block_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/core/rng.h"

namespace roofscape::sim {
namespace {

using Hashes = std::vector<std::uint64_t>;

BlockPool::Options Options(std::int64_t blocks, Eviction eviction, std::int64_t host = 0) {
  return {blocks, 1, true, eviction, host};
}

/// Computes a prompt of these chunks and leaves it to the cache.
void Use(BlockPool& pool, const Hashes& hashes) {
  const auto found = static_cast<std::size_t>(pool.Find(hashes).chunks);
  pool.Pin(std::span(hashes).first(found));
  pool.Take(static_cast<std::int64_t>(hashes.size() - found));
  for (std::size_t i = found; i < hashes.size(); ++i) {
    EXPECT_TRUE(pool.Share(hashes[i], i == 0 ? 0 : hashes[i - 1]));
  }
  pool.Unpin(hashes);
}

TEST(BlockPoolTest, FindsTheBeginningOfAPromptThatWasComputed) {
  BlockPool pool(Options(8, Eviction::kFreed));
  Use(pool, {1, 2, 3});
  EXPECT_EQ(pool.Find(Hashes{1, 2, 9}).chunks, 2);
  EXPECT_EQ(pool.Find(Hashes{9, 2, 3}).chunks, 0);
  EXPECT_EQ(pool.used(), 0);
  EXPECT_EQ(pool.cached(), 3);
  EXPECT_TRUE(pool.Conserved());
}

TEST(BlockPoolTest, TheEndOfTheOldestPromptGoesFirst) {
  for (const Eviction eviction : {Eviction::kFreed, Eviction::kLeaves}) {
    BlockPool pool(Options(6, eviction));
    Use(pool, {1, 2, 3});
    Use(pool, {1, 5});
    pool.Take(3);  // 2 are free.
    EXPECT_EQ(pool.Find(Hashes{1, 2, 3}).chunks, 2);
    EXPECT_EQ(pool.Find(Hashes{1, 5}).chunks, 2);
    pool.Take(1);
    EXPECT_EQ(pool.Find(Hashes{1, 2, 3}).chunks, 1);
    EXPECT_TRUE(pool.Conserved());
  }
}

// vLLM evicts in the order of freeing even a chunk that a cached one continues; a tree of prefixes
// never does.
TEST(BlockPoolTest, LeavesAreEvictedBeforeWhatTheyContinue) {
  BlockPool pool(Options(3, Eviction::kLeaves));
  const Hashes begin = {1};
  Use(pool, {1, 2, 3});
  pool.Pin(begin);
  pool.Unpin(begin);  // The beginning is now the one used last.
  pool.Take(2);
  EXPECT_EQ(pool.Find(Hashes{1, 2, 3}).chunks, 1);
}

TEST(BlockPoolTest, HostMemoryKeepsWhatWasEvicted) {
  BlockPool pool(Options(4, Eviction::kFreed, 2));
  Use(pool, {1, 2, 3});
  pool.Take(3);
  pool.Give(3);
  const BlockPool::Match match = pool.Find(Hashes{1, 2, 3});
  EXPECT_EQ(match.chunks, 1);
  EXPECT_EQ(match.host, 2);
}

// Property: whatever is taken, shared and given back, blocks add up, and what is pinned stays.
TEST(BlockPoolTest, ConservesBlocks) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    const Eviction eviction = seed % 2 == 0 ? Eviction::kFreed : Eviction::kLeaves;
    BlockPool pool(Options(24, eviction, static_cast<std::int64_t>(seed % 3) * 4));
    std::vector<Hashes> held;
    for (int i = 0; i < 400; ++i) {
      if (held.size() < 4 && rng.Below(2) == 0) {
        Hashes hashes;
        std::uint64_t chain = 0;
        for (std::uint64_t n = 1 + rng.Below(5); n > 0; --n) {
          chain = chain * 7 + 1 + rng.Below(2);
          hashes.push_back(chain);
        }
        const auto found = pool.Find(hashes);
        const auto own = static_cast<std::int64_t>(hashes.size()) - found.chunks;
        if (own > pool.Available() - found.idle) continue;
        pool.Pin(std::span(hashes).first(static_cast<std::size_t>(found.chunks)));
        pool.Take(own);
        for (auto k = static_cast<std::size_t>(found.chunks); k < hashes.size(); ++k) {
          ASSERT_TRUE(pool.Share(hashes[k], k == 0 ? 0 : hashes[k - 1]));
        }
        held.push_back(hashes);
      } else if (!held.empty()) {
        const std::size_t at = rng.Below(held.size());
        pool.Unpin(held[at]);
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(at));
      }
      ASSERT_TRUE(pool.Conserved());
      for (const Hashes& h : held) {
        ASSERT_EQ(pool.Find(h).chunks, static_cast<std::int64_t>(h.size()));
      }
    }
    for (const Hashes& h : held) pool.Unpin(h);
    EXPECT_EQ(pool.used(), 0);
  }
}

}  // namespace
}  // namespace roofscape::sim
