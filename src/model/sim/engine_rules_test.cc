// The rules in which the engines differ, by hand, and that a server that is paced token by token
// follows the same ones as a run that is written down.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "base/core/rng.h"
#include "model/sim/test_clusters.h"

namespace roofscape::sim {
namespace {

constexpr perf::EngineClass kEngines[] = {perf::kVllm, perf::kSglang, perf::kTensorRtLlm};

/// One worker with room for so many tokens.
Cluster SmallCluster(perf::EngineClass engine, std::int64_t tokens) {
  LinearStep step;
  step.sequence_s = 1e-4;
  step.prompt_s = 1e-3;
  Cluster c = TestCluster(step);
  c.policy = DefaultPolicy(engine);
  c.serve.blocks = tokens / c.policy.block_tokens;
  c.chunk_tokens = c.policy.block_tokens;
  return c;
}

std::vector<Ask> Crowd(std::uint64_t seed, std::int64_t count) {
  Rng rng(seed);
  std::vector<Ask> asks;
  std::int64_t at_ns = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    at_ns += static_cast<std::int64_t>(rng.Below(120'000'000));
    Ask ask;
    ask.id = i;
    ask.at_ns = at_ns;
    ask.input = 20 + static_cast<std::int64_t>(rng.Below(400));
    ask.output = 1 + static_cast<std::int64_t>(rng.Below(300));
    asks.push_back(ask);
  }
  return asks;
}

struct Outcome {
  Memory memory;
  RunEnd end;
};

Outcome Play(const Cluster& cluster, const std::vector<Ask>& asks, Detail detail) {
  Outcome out;
  Listed source(asks);
  RunOptions options;
  options.detail = detail;
  out.end = RunWorkload(cluster, source, out.memory, options);
  return out;
}

// Stretches of steps are one event in a run and many in a live server: nobody may be admitted or
// dropped at another step for that. Ends may differ by the rounding of stretches.
TEST(EngineRulesTest, PacedTokenByTokenIsTheSame) {
  for (const perf::EngineClass engine : kEngines) {
    SCOPED_TRACE("engine " + std::to_string(engine));
    std::int64_t dropped = 0;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      const Cluster cluster = SmallCluster(engine, 4096);
      const std::vector<Ask> asks = Crowd(seed, 150);
      Outcome run = Play(cluster, asks, Detail::kRequests);
      Outcome live = Play(cluster, asks, Detail::kLive);
      EXPECT_EQ(run.end.preemptions, live.end.preemptions);
      dropped += run.end.preemptions;
      for (const Ask& ask : asks) {
        const Completion& a = run.memory.of[ask.id].completion;
        const Completion& b = live.memory.of[ask.id].completion;
        ASSERT_LT(std::abs(a.first_token_ns - b.first_token_ns), 1000) << "request " << ask.id;
        ASSERT_LT(std::abs(a.end_ns - b.end_ns), 1000) << "request " << ask.id;
        ASSERT_GE(a.admitted_ns, ask.at_ns);
        ASSERT_LT(std::abs(a.admitted_ns - b.admitted_ns), 1000) << "request " << ask.id;
      }
    }
    if (engine == perf::kTensorRtLlm) {
      EXPECT_EQ(dropped, 0) << "it reserves the whole length";
    } else {
      EXPECT_GT(dropped, 10) << "the cache is never full";
    }
  }
}

TEST(EngineRulesTest, DefaultsGoByTheChipsMemory) {
  const auto on = [](perf::EngineClass engine, const char* id, double gb) {
    catalog::Chip chip;
    chip.entry.id = id;
    chip.memory.physical_gb = gb;
    const EnginePolicy policy = DefaultPolicy(engine, chip);
    return std::pair(policy.token_budget, policy.max_sequences);
  };
  using Numbers = std::pair<std::int64_t, std::int64_t>;
  EXPECT_EQ(on(perf::kVllm, "h100-sxm", 80), Numbers(8192, 1024));
  EXPECT_EQ(on(perf::kVllm, "a100-sxm-80gb", 80), Numbers(2048, 256));
  EXPECT_EQ(on(perf::kVllm, "tpu-v5e", 16), Numbers(2048, 256));
  EXPECT_EQ(on(perf::kVllm, "b200-sxm", 180), Numbers(16384, 1024));
  EXPECT_EQ(on(perf::kSglang, "tpu-v5e", 16).first, 2048);
  EXPECT_EQ(on(perf::kSglang, "l40s", 48).first, 4096);
  EXPECT_EQ(on(perf::kSglang, "h200-sxm", 141).first, 8192);
  EXPECT_EQ(on(perf::kSglang, "mi300x", 192).first, 16384);
  EXPECT_EQ(on(perf::kTensorRtLlm, "b200-sxm", 180), Numbers(8192, 2048));
}

Ask Request(std::int64_t id, std::int64_t at_ms, std::int64_t input, std::int64_t output) {
  Ask ask;
  ask.id = id;
  ask.at_ns = at_ms * 1'000'000;
  ask.input = input;
  ask.output = output;
  return ask;
}

// Two that began together and a third that waits. vLLM drops the newer one and lets it go on as
// soon as there is room; SGLang the one with the longer prompt, which then waits behind the third.
TEST(EngineRulesTest, WhoIsDroppedWhenBlocksRunOut) {
  const std::vector<Ask> asks = {Request(1, 0, 200, 120), Request(2, 0, 150, 120),
                                 Request(3, 500, 190, 60)};
  Cluster c = SmallCluster(perf::kVllm, 512);
  Memory vllm = Play(c, asks, Detail::kTokens).memory;
  EXPECT_EQ(vllm.of[1].completion.preemptions, 0);
  EXPECT_EQ(vllm.of[2].completion.preemptions, 1);
  EXPECT_LT(vllm.of[2].completion.end_ns, vllm.of[3].completion.end_ns);
  c = SmallCluster(perf::kSglang, 512);
  c.policy.estimate_start = c.policy.estimate_least = 0.1;  // So that both are let in.
  Memory sglang = Play(c, asks, Detail::kTokens).memory;
  EXPECT_EQ(sglang.of[1].completion.preemptions, 1);
  EXPECT_EQ(sglang.of[2].completion.preemptions, 0);
  EXPECT_GT(sglang.of[1].completion.end_ns, sglang.of[3].completion.end_ns);
}

// The estimate sinks while decoding goes on, lets more in, and begins anew when nothing is left.
TEST(EngineRulesTest, TheEstimateSinksAndStartsAnewWhenIdle) {
  Cluster c = SmallCluster(perf::kSglang, 1200);
  c.policy.estimate_steps = 100;
  const std::vector<Ask> asks = {Request(1, 0, 100, 900), Request(2, 10, 300, 200),
                                 Request(3, 60'000, 100, 900), Request(4, 60'010, 300, 200)};
  Memory m = Play(c, asks, Detail::kRequests).memory;
  const auto waited = [&m](std::int64_t id) {
    const Completion& done = m.of[id].completion;
    return done.admitted_ns - done.arrival_ns;
  };
  EXPECT_LT(waited(1), 1'000'000);
  // 900 x 0.7 and 501 tokens are more than the 1,099 that are left; after some steps they are not.
  c.policy.estimate_least = c.policy.estimate_start = 0.7;
  Memory constant = Play(c, asks, Detail::kRequests).memory;
  const Completion& later = constant.of[2].completion;
  EXPECT_LT(waited(2), later.admitted_ns - later.arrival_ns);
  EXPECT_NEAR(static_cast<double>(waited(2)), static_cast<double>(waited(4)), 2e7);
}

// The next turn of a chat has the answer before it in its prompt: all engines find that cached, but
// for the last token, which came out and never went in.
TEST(EngineRulesTest, AnswersAreCachedForTheNextTurn) {
  for (const perf::EngineClass engine : kEngines) {
    for (const Detail detail : {Detail::kRequests, Detail::kLive}) {
      SCOPED_TRACE("engine " + std::to_string(engine));
      Cluster c = SmallCluster(engine, 4096);
      c.policy.prefix_cache = true;
      c.chunk_tokens = 32;
      std::vector<std::uint64_t> hashes;
      for (std::uint64_t i = 1; i <= 8; ++i) hashes.push_back(i);
      std::vector<Ask> asks = {Request(1, 0, 100, 93), Request(2, 60'000, 260, 4)};
      asks[0].hashes = std::span(hashes).first(6);  // Six chunks are 192 tokens.
      asks[1].hashes = hashes;
      EXPECT_EQ(Play(c, asks, detail).memory.of[2].completion.cached, 192);
      asks[0].output = 92;
      EXPECT_EQ(Play(c, asks, detail).memory.of[2].completion.cached, 160);
      asks[0].hashes = std::span(hashes).first(3);
      EXPECT_EQ(Play(c, asks, detail).memory.of[2].completion.cached, 96);
    }
  }
}

TEST(EngineRulesTest, APromptThatMayNotBeCutAndIsTooLongIsRefused) {
  const std::vector<Ask> asks = {Request(1, 0, 8193, 2), Request(2, 1, 8192, 2)};
  for (const perf::EngineClass engine : kEngines) {
    Memory m = Play(SmallCluster(engine, 20'000), asks, Detail::kRequests).memory;
    EXPECT_EQ(m.of[1].completion.refused, engine == perf::kTensorRtLlm);
    EXPECT_EQ(m.of[1].completion.prompt_long, engine == perf::kTensorRtLlm);
    EXPECT_FALSE(m.of[2].completion.refused);
  }
}

}  // namespace
}  // namespace roofscape::sim
