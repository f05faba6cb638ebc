#include "model/sim/simulator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>
#include <vector>

#include "model/sim/log_writer.h"
#include "model/sim/test_clusters.h"

namespace roofscape::sim {
namespace {

std::int64_t Ms(double ms) { return std::llround(ms * 1e6); }

/// Prompts are timed in the middle of their bucket: within 1.5 % of their tokens.
constexpr double kBucket = 2e5;
#define EXPECT_MS(time_ns, ms) \
  EXPECT_NEAR(static_cast<double>(time_ns), static_cast<double>(Ms(ms)), kBucket)

Memory RunAll(const Cluster& cluster, std::vector<Ask> asks, Detail detail = Detail::kTokens) {
  Memory memory;
  Listed source(std::move(asks));
  RunOptions options;
  options.detail = detail;
  RunWorkload(cluster, source, memory, options);
  return memory;
}

Ask Request(std::int64_t id, double at_ms, std::int64_t input, std::int64_t output) {
  Ask ask;
  ask.id = id;
  ask.at_ns = Ms(at_ms);
  ask.input = input;
  ask.output = output;
  return ask;
}

// Steps of 10 ms, prompts 1 ms a hundred tokens.
TEST(SimulatorTest, OneRequestByHand) {
  const Memory m = RunAll(TestCluster({}), {Request(1, 5, 1000, 4)});
  const Remembered& r = m.of.at(1);
  ASSERT_EQ(r.events.size(), 4U);
  EXPECT_MS(r.events[0].time_ns, 15);
  EXPECT_MS(r.events[1].time_ns, 25);
  EXPECT_MS(r.events[3].time_ns, 45);
}

TEST(SimulatorTest, ArrivalCutsAStretchAtTheEndOfItsStep) {
  const Memory m = RunAll(TestCluster({}), {Request(1, 0, 100, 100), Request(2, 34, 500, 2)});
  // Decode steps end at 1 + 10 k; the second prompt joins the one that begins at 41.
  EXPECT_MS(m.of.at(2).completion.first_token_ns, 41 + 10 + 5);
  EXPECT_MS(m.of.at(1).events[5].time_ns, 56);
  EXPECT_MS(m.of.at(1).events[6].time_ns, 66);
}

TEST(SimulatorTest, PromptsFirstStopDecoding) {
  Cluster c = TestCluster({});
  c.policy.prompts_first = true;
  const Memory m = RunAll(c, {Request(1, 0, 100, 100), Request(2, 34, 500, 2)});
  EXPECT_MS(m.of.at(2).completion.first_token_ns, 46);
  EXPECT_MS(m.of.at(1).events[5].time_ns, 56);
}

TEST(SimulatorTest, PromptsAreCutToTheBudget) {
  Cluster c = TestCluster({});
  c.policy.token_budget = 400;
  const Memory m = RunAll(c, {Request(1, 0, 1000, 1)});
  EXPECT_MS(m.of.at(1).completion.first_token_ns, 10);  // 4 + 4 + 2.
  c.policy.chunked = false;
  c.policy.token_budget = 1000;
  const Memory whole = RunAll(c, {Request(1, 0, 600, 1), Request(2, 0, 600, 1)});
  EXPECT_MS(whole.of.at(1).completion.first_token_ns, 6);
  EXPECT_MS(whole.of.at(2).completion.first_token_ns, 12);
}

TEST(SimulatorTest, NewestIsDroppedWhenBlocksRunOut) {
  Cluster c = TestCluster({});
  c.serve.blocks = 20;  // 320 tokens: two prompts of 128, and a little.
  const Memory m = RunAll(c, {Request(1, 0, 128, 100), Request(2, 0, 128, 100)});
  EXPECT_EQ(m.of.at(1).completion.preemptions, 0);
  EXPECT_EQ(m.of.at(2).completion.preemptions, 1);
  EXPECT_GT(m.of.at(2).completion.end_ns, m.of.at(1).completion.end_ns);
  c.policy.reserve = Reserve::kFull;
  EXPECT_EQ(
      RunAll(c, {Request(1, 0, 128, 100), Request(2, 0, 128, 100)}).of.at(2).completion.preemptions,
      0);
}

TEST(SimulatorTest, SharedPrefixIsNotComputedTwice) {
  Cluster c = TestCluster({});
  c.policy.prefix_cache = true;
  const std::vector<std::uint64_t> hashes = {1, 2, 3, 4};
  Ask first = Request(1, 0, 70, 1);
  Ask second = Request(2, 100, 70, 1);
  first.hashes = second.hashes = hashes;
  const Memory m = RunAll(c, {first, second});
  EXPECT_EQ(m.of.at(2).completion.cached, 64);
  EXPECT_MS(m.of.at(2).completion.first_token_ns, 100 + 0.06);
}

TEST(SimulatorTest, DisaggregatedTokenComesWithTheCache) {
  Cluster c = TestCluster({});
  c.prefill = c.serve;
  c.transfer_s = 0.003;
  c.transfer_token_s = 1e-6;
  const Memory m = RunAll(c, {Request(1, 0, 1000, 3), Request(2, 0, 1000, 1)});
  // The first has its step for itself, being there first; the second has nothing to decode and
  // stays.
  EXPECT_MS(m.of.at(1).completion.first_token_ns, 10 + 3 + 1);
  EXPECT_MS(m.of.at(1).completion.end_ns, 34);
  EXPECT_MS(m.of.at(2).completion.end_ns, 20);
}

TEST(SimulatorTest, DraftsAreAcceptedAsOftenAsSaid) {
  Cluster c = TestCluster({});
  c.acceptance = {0.8, 0.5};
  const Memory m = RunAll(c, {Request(1, 0, 100, 20'000)});
  const auto steps = static_cast<double>(m.of.at(1).events.size() - 1);
  EXPECT_NEAR(19'999.0 / steps, 1.0 + 0.8 + 0.8 * 0.5, 0.03);
}

TEST(SimulatorTest, AFailedWorkersRequestsGoOnElsewhere) {
  Cluster c = TestCluster({});
  c.serve.workers = 2;
  c.failures = {{0, 0.5, 10.0}};
  const Memory m = RunAll(c, {Request(1, 0, 100, 100), Request(2, 0, 100, 100)});
  for (const std::int64_t id : {1, 2}) {
    EXPECT_EQ(m.of.at(id).events.size(), 100U);
    EXPECT_EQ(m.of.at(id).completion.worker, 1);
  }
  EXPECT_EQ(m.of.at(1).completion.preemptions + m.of.at(2).completion.preemptions, 1);
}

TEST(SimulatorTest, TooLongIsRefused) {
  Cluster c = TestCluster({});
  c.serve.blocks = 10;
  EXPECT_TRUE(RunAll(c, {Request(1, 0, 150, 50)}).of.at(1).completion.refused);
}

TEST(SimulatorTest, RoundRobinAndPrefixAware) {
  Cluster c = TestCluster({});
  c.serve.workers = 2;
  c.routing = Routing::kRoundRobin;
  const Memory m = RunAll(c, {Request(1, 0, 10, 2), Request(2, 1000, 10, 2)});
  EXPECT_NE(m.of.at(1).completion.worker, m.of.at(2).completion.worker);
  c.policy.prefix_cache = true;
  c.routing = Routing::kPrefixAware;
  const std::vector<std::uint64_t> hashes = {1, 2};
  std::vector<Ask> asks = {Request(1, 0, 40, 2), Request(2, 1000, 40, 2), Request(3, 2000, 40, 2)};
  for (Ask& ask : asks) ask.hashes = hashes;
  const Memory same = RunAll(c, asks);
  EXPECT_EQ(same.of.at(1).completion.worker, same.of.at(2).completion.worker);
  EXPECT_EQ(same.of.at(1).completion.worker, same.of.at(3).completion.worker);
}

spec::RequestLog LogOf(std::uint64_t seed, Detail detail) {
  spec::Workload w;
  w.input = {600, 0.5};
  w.output = {120, 0.5};
  LinearStep step;
  step.sequence_s = 1e-4;
  step.context_s = 1e-7;
  Cluster c = TestCluster(step);
  c.serve.workers = 3;
  c.serve.blocks = 700;
  c.failures = {{1, 2.0, 1.0}};
  OpenLoop source(w, workload::ArrivalStream(workload::Gaps::kGamma, 60.0, seed, 2.0), 2000,
                  std::nullopt, seed);
  LogWriter writer;
  RunOptions options;
  options.seed = seed;
  options.detail = detail;
  RunWorkload(c, source, writer, options);
  return writer.Take();
}

TEST(SimulatorTest, SameSeedSameLogOnAnyThread) {
  const spec::RequestLog one = LogOf(7, Detail::kTokens);
  std::vector<spec::RequestLog> logs(4);
  std::vector<std::thread> threads;
  for (auto& log : logs) threads.emplace_back([&log] { log = LogOf(7, Detail::kTokens); });
  for (auto& t : threads) t.join();
  for (const auto& log : logs) EXPECT_EQ(log, one);
  EXPECT_NE(LogOf(8, Detail::kTokens), one);
}

// A server that is paced by steps sees what a whole run writes down, to the nanosecond of rounding
// that a stretch may have.
TEST(SimulatorTest, WhatIsWrittenDownChangesNoTime) {
  const spec::RequestLog whole = LogOf(7, Detail::kTokens);
  const spec::RequestLog few = LogOf(7, Detail::kRequests);
  ASSERT_EQ(whole.requests.size(), few.requests.size());
  for (std::size_t i = 0; i < whole.requests.size(); ++i) {
    EXPECT_EQ(whole.requests[i].end_ns, few.requests[i].end_ns);
    EXPECT_EQ(whole.EventsOf(whole.requests[i]).front().time_ns,
              few.EventsOf(few.requests[i]).front().time_ns);
  }
}

TEST(SimulatorTest, AdvancesAsFarAsTold) {
  Memory memory;
  Simulator sim(TestCluster({}), 1, Detail::kLive, memory);
  sim.AdvanceTo(Ms(100));
  sim.AddRequest(Request(1, 100, 1000, 10));
  sim.AdvanceTo(Ms(130));
  EXPECT_EQ(memory.of[1].events.size(), 3U);
  EXPECT_EQ(sim.now(), Ms(130));
  EXPECT_MS(*sim.NextEvent(), 140);
  sim.AddRequest(Request(2, 130, 100, 1));
  sim.AdvanceTo(Ms(1000));
  EXPECT_EQ(memory.of[1].completions, 1);
  EXPECT_EQ(memory.of[2].completions, 1);
  EXPECT_FALSE(sim.NextEvent());
}

}  // namespace
}  // namespace roofscape::sim
