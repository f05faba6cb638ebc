// Properties over seeded random deployments, loads and failures: every token that was asked for
// comes out once and in order, and all blocks return.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/core/rng.h"
#include "model/sim/test_clusters.h"

namespace roofscape::sim {
namespace {

std::int64_t Draw(Rng& rng, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(rng.Below(static_cast<std::uint64_t>(high - low + 1)));
}

EnginePolicy RandomPolicy(Rng& rng) {
  EnginePolicy p;
  p.prompts_first = rng.Below(2) == 0;
  p.chunked = rng.Below(3) != 0;
  p.token_budget = Draw(rng, 8, 400);
  p.max_sequences = Draw(rng, 1, 12);
  p.reserve = static_cast<Reserve>(rng.Below(3));
  p.block_tokens = std::int64_t{1} << rng.Below(5);
  p.prefix_cache = rng.Below(2) == 0;
  p.eviction = rng.Below(2) == 0 ? Eviction::kFreed : Eviction::kLeaves;
  return p;
}

Cluster RandomCluster(Rng& rng) {
  LinearStep step;
  step.sequence_s = 1e-4;
  step.context_s = 1e-7;
  step.prompt_s = 1e-3;
  Cluster c = TestCluster(step);
  c.policy = RandomPolicy(rng);
  c.serve.workers = Draw(rng, 1, 4);
  c.serve.copies = static_cast<double>(Draw(rng, 1, 2));
  c.serve.fixed_blocks = Draw(rng, 0, 2);
  // From less than two of the longest requests (some are refused) to plenty.
  c.serve.blocks = Draw(rng, 80, 600) / c.policy.block_tokens + 4;
  if (rng.Below(3) == 0) {
    c.prefill = c.serve;
    c.prefill->workers = Draw(rng, 1, 3);
    c.transfer_s = 1e-3 * static_cast<double>(rng.Below(20));
    c.transfer_token_s = 1e-5;
  }
  c.routing = static_cast<Routing>(rng.Below(3));
  c.request_s = 1e-3 * static_cast<double>(rng.Below(3));
  c.chunk_tokens = c.policy.block_tokens * Draw(rng, 1, 3);
  c.host_chunks = Draw(rng, 0, 8);
  c.host_chunk_s = 1e-4;
  if (rng.Below(3) == 0) c.acceptance = {0.8, 0.5};
  for (std::uint64_t n = rng.Below(4); n > 0; --n) {
    const std::int64_t workers = c.serve.workers + (c.prefill ? c.prefill->workers : 0);
    c.failures.push_back({Draw(rng, 0, workers - 1), 2.0 * rng.Uniform(), 0.5 * rng.Uniform()});
  }
  return c;
}

struct Load {
  std::vector<Ask> asks;
  std::vector<std::vector<std::uint64_t>> hashes;
};

Load RandomLoad(Rng& rng, const Cluster& c) {
  Load load;
  const auto count = static_cast<std::size_t>(Draw(rng, 1, 40));
  load.hashes.resize(count);
  std::int64_t at_ns = 0;
  for (std::size_t i = 0; i < count; ++i) {
    Ask ask;
    ask.id = static_cast<std::int64_t>(i);
    at_ns += Draw(rng, 0, 100'000'000);
    ask.at_ns = at_ns;
    ask.input = Draw(rng, 1, 150);
    ask.output = Draw(rng, 1, 60);
    std::uint64_t chain = 0;
    // Some tell how their answers go on.
    const std::int64_t hashed = ask.input + (rng.Below(2) == 0 ? ask.output : 0);
    for (std::int64_t k = 0; k < hashed / c.chunk_tokens; ++k) {
      chain = chain * 31 + 1 + rng.Below(k < 3 ? 2 : 50);
      load.hashes[i].push_back(chain);
    }
    ask.hashes = load.hashes[i];
    load.asks.push_back(ask);
  }
  return load;
}

void CheckRequest(const Ask& ask, const Remembered& r) {
  ASSERT_EQ(r.completions, 1) << "request " << ask.id;
  if (r.completion.refused) return;
  std::int64_t tokens = 0;
  std::int64_t before = ask.at_ns;
  for (const TokenEvent& e : r.events) {
    EXPECT_GE(e.time_ns, before) << "request " << ask.id;
    before = e.time_ns;
    tokens += e.tokens;
  }
  EXPECT_EQ(tokens, ask.output) << "request " << ask.id;
  ASSERT_FALSE(r.events.empty());
  EXPECT_EQ(r.events.front().time_ns, r.completion.first_token_ns);
  EXPECT_EQ(r.events.back().time_ns, r.completion.end_ns);
  EXPECT_LT(r.completion.cached, ask.input);
}

void CheckScenario(std::uint64_t seed, Detail detail) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng rng(seed);
  const Cluster cluster = RandomCluster(rng);
  const Load load = RandomLoad(rng, cluster);
  ASSERT_TRUE(Validate(cluster)) << Validate(cluster).error().message;
  Memory memory;
  Simulator simulator(cluster, seed, detail, memory);
  for (const Ask& ask : load.asks) simulator.AddRequest(ask);
  std::int64_t events = 0;
  while (simulator.NextEvent()) {
    simulator.Step();
    ASSERT_TRUE(simulator.Conserved());
    ASSERT_LT(++events, 1'000'000) << "it does not come to an end";
  }
  EXPECT_EQ(simulator.in_flight(), 0);
  EXPECT_TRUE(simulator.Empty());
  for (const Ask& ask : load.asks) CheckRequest(ask, memory.of[ask.id]);
}

TEST(ConservationTest, EveryTokenOnceAndEveryBlockBack) {
  for (std::uint64_t seed = 1; seed <= 1600; ++seed) {
    CheckScenario(seed, Detail::kTokens);
    if (HasFailure()) return;
  }
}

TEST(ConservationTest, TokensTokenByToken) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    CheckScenario(seed, Detail::kLive);
    if (HasFailure()) return;
  }
}

/// What was told of a request whose asker left: no more than it asked for, and no end.
void CheckGone(const Ask& ask, const Remembered& r, std::size_t told) {
  EXPECT_EQ(r.completions, 0) << "request " << ask.id;
  EXPECT_EQ(r.events.size(), told) << "request " << ask.id << " spoke after it was cancelled";
}

// Askers leave in every stage, beside failures of workers: the others get all their tokens, and no
// block stays behind.
TEST(ConservationTest, WhoLeavesHoldsNothing) {
  std::int64_t left_in_time = 0;
  for (std::uint64_t seed = 1; seed <= 1000 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const Cluster cluster = RandomCluster(rng);
    const Load load = RandomLoad(rng, cluster);
    Memory memory;
    Simulator simulator(cluster, seed, Detail::kLive, memory);
    std::vector<Slot> slots;
    for (const Ask& ask : load.asks) slots.push_back(simulator.AddRequest(ask));
    std::vector<std::optional<std::size_t>> told(load.asks.size());
    while (simulator.NextEvent()) {
      simulator.Step();
      if (rng.Below(20) != 0) continue;
      const auto i = static_cast<std::size_t>(rng.Below(load.asks.size()));
      Remembered& r = memory.of[load.asks[i].id];
      if (!told[i] && r.completions == 0) told[i] = r.events.size();
      simulator.Cancel(slots[i], load.asks[i].id);
      ASSERT_TRUE(simulator.Conserved());
    }
    EXPECT_EQ(simulator.in_flight(), 0);
    EXPECT_TRUE(simulator.Empty());
    for (std::size_t i = 0; i < told.size(); ++i) {
      const Ask& ask = load.asks[i];
      if (!told[i]) {
        CheckRequest(ask, memory.of[ask.id]);
        continue;
      }
      CheckGone(ask, memory.of[ask.id], *told[i]);
      if (*told[i] > 0) ++left_in_time;
    }
  }
  EXPECT_GT(left_in_time, 1000) << "the test would hardly cancel anybody in the middle";
}

}  // namespace
}  // namespace roofscape::sim
