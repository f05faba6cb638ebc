// Simulation against the mean field: where nothing queues and nobody is dropped, both must say the
// same.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/core/rng.h"
#include "model/sim/test_clusters.h"

namespace roofscape::sim {
namespace {

/// Sums over requests by their number, from the first one on.
class Sums final : public Observer {
 public:
  Sums(std::int64_t first, std::int64_t end) : first_(first), end_(end) {}
  void OnTokens(std::int64_t, std::span<const TokenEvent>) override {}
  void OnCompletion(const Completion& c) override {
    if (c.id < first_ || c.id >= end_) return;
    tpot_s +=
        static_cast<double>(c.end_ns - c.first_token_ns) * 1e-9 / static_cast<double>(c.output - 1);
    e2e_s += static_cast<double>(c.end_ns - c.arrival_ns) * 1e-9;
    ++count;
  }
  double tpot_s = 0.0;
  double e2e_s = 0.0;
  std::int64_t count = 0;

 private:
  std::int64_t first_;
  std::int64_t end_;
};

struct Difference {
  double tpot = 0.0;
  double throughput = 0.0;
  std::string of;
};

Difference Compare(Rng& rng) {
  const bool routed = rng.Below(2) == 0;
  const double chips = static_cast<double>(1ULL << (rng.Below(3) + (routed ? 1 : 0)));
  const perf::Service service = TestService(routed, chips, 1.0);
  auto c = perf::CoefficientsFor(std::vector<double>(perf::kFitted, 0.0), {});
  // The mean field's own terms for what is not steady.
  c[perf::kBurst] = 0.0;
  perf::Load load;
  load.concurrency = std::floor(std::exp2(rng.Uniform() * 6.0));
  load.input = std::floor(128.0 * std::exp2(rng.Uniform() * 4.0));
  load.output = std::floor(128.0 * std::exp2(rng.Uniform() * 3.0));
  const perf::Point<double> p = perf::MeanField(service, c, load);
  auto cluster = MakeCluster(service, c, DefaultPolicy(perf::kVllm));
  EXPECT_TRUE(cluster);
  spec::Workload w;
  // A spread around the mean keeps users from going in step.
  w.input = {static_cast<std::int64_t>(load.input / 0.75), 0.5};
  w.output = {static_cast<std::int64_t>(load.output / 0.75), 0.5};
  const auto users = static_cast<std::int64_t>(load.concurrency);
  const std::int64_t requests = std::max<std::int64_t>(users * 24, 400);
  ClosedLoop source(w, users, requests, 5);
  Sums middle(requests / 4, requests * 3 / 4);
  RunOptions options;
  options.detail = Detail::kRequests;
  RunWorkload(*cluster, source, middle, options);
  const double n = static_cast<double>(middle.count);
  const double e2e = p.ttft + p.tpot * (load.output - 1.0);
  return {std::log(middle.tpot_s / n / p.tpot), std::log(e2e / (middle.e2e_s / n)),
          std::string(routed ? "routed" : "dense") + " on " + std::to_string(chips) + ", " +
              std::to_string(users) + " users, " + std::to_string(load.input) + "/" +
              std::to_string(load.output) + ": TPOT " + std::to_string(p.tpot) + " s"};
}

TEST(SteadyStateTest, AgreesWithTheMeanField) {
  Rng rng(2026);
  std::vector<double> tpot;
  std::vector<double> throughput;
  for (int i = 0; i < 200; ++i) {
    const Difference d = Compare(rng);
    tpot.push_back(std::fabs(d.tpot));
    throughput.push_back(std::fabs(d.throughput));
    if (std::fabs(d.tpot) > 0.03 || std::fabs(d.throughput) > 0.03) {
      RecordProperty("case" + std::to_string(i), d.of);
      std::printf("  %s: TPOT %+.1f %%, throughput %+.1f %%\n", d.of.c_str(), 100 * d.tpot,
                  100 * d.throughput);
    }
  }
  std::sort(tpot.begin(), tpot.end());
  std::sort(throughput.begin(), throughput.end());
  std::printf("TPOT median %.2f %%, p90 %.2f %%, max %.2f %%; throughput %.2f, %.2f, %.2f %%\n",
              100 * tpot[100], 100 * tpot[180], 100 * tpot[199], 100 * throughput[100],
              100 * throughput[180], 100 * throughput[199]);
  EXPECT_LT(tpot[180], 0.03);
  EXPECT_LT(throughput[180], 0.03);
}

struct Loop {
  double tpot_s = 0.0;
  double mixed = 0.0;  // Share of steps with prompts in them.
};

constexpr double kUsers = 256.0;
constexpr double kTokens = 115.0;  // Of prompts and answers, in the mean.

/// All users at once on four chips. `before`: whether requests take time to the engine's queue.
Loop PlayLoop(std::int64_t requests_each, double low, bool before) {
  const auto c = perf::CoefficientsFor(std::vector<double>(perf::kFitted, 0.0), {});
  auto cluster = MakeCluster(TestService(false, 4.0, 1.0), c, DefaultPolicy(perf::kVllm));
  EXPECT_TRUE(cluster);
  if (!before) cluster->request_s = cluster->prompt_token_s = cluster->front_s = 0.0;
  spec::Workload w;
  w.input = w.output = {std::llround(2.0 * kTokens / (1.0 + low)), low};
  const auto users = static_cast<std::int64_t>(kUsers);
  ClosedLoop source(w, users, users * requests_each, 5);
  Sums all(0, users * requests_each);
  RunOptions options;
  options.detail = Detail::kRequests;
  const RunEnd end = RunWorkload(*cluster, source, all, options);
  const Loop loop = {
      all.tpot_s / static_cast<double>(all.count),
      static_cast<double>(end.mixed_steps) / static_cast<double>(end.steps),
  };
  std::printf("%3.0f requests each, lengths from %.1f: TPOT %.2f ms, prompts in %.0f %% of steps\n",
              static_cast<double>(requests_each), low, 1e3 * loop.tpot_s, 100.0 * loop.mixed);
  return loop;
}

// Two effects by which short answers of many users are faster than the mean field has them, which
// lets prompts come at random: users who begin together end together, wave after wave, so that
// their next prompts share few steps until lengths have spread them; and requests that end in one
// step come back together, as long after it as the way to the queue takes.
TEST(SteadyStateTest, WavesAndTheWayToTheQueueGatherPrompts) {
  const auto c = perf::CoefficientsFor(std::vector<double>(perf::kFitted, 0.0), {});
  const double tpot_s =
      perf::MeanField(TestService(false, 4.0, 1.0), c, {kUsers, kTokens, kTokens}).tpot;
  const double random = 1.0 - std::exp(-kUsers / kTokens);
  const Loop steady = PlayLoop(400, 0.3, false);
  EXPECT_NEAR(steady.mixed, random, 0.02);
  EXPECT_NEAR(steady.tpot_s / tpot_s, 1.0, 0.04);
  const Loop together = PlayLoop(400, 0.3, true);
  EXPECT_LT(together.mixed, random - 0.08);
  EXPECT_NEAR(together.tpot_s / tpot_s, 0.94, 0.03);
  const Loop waves = PlayLoop(10, 0.8, false);
  EXPECT_LT(waves.mixed, 0.65 * random);
  EXPECT_LT(waves.tpot_s, 0.85 * tpot_s);
}

}  // namespace
}  // namespace roofscape::sim
