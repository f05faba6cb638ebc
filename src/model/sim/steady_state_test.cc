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

/// Sums over requests that began in the middle half of a run.
class Middle final : public Observer {
 public:
  explicit Middle(std::int64_t requests) : first_(requests / 4), last_(requests * 3 / 4) {}
  void OnTokens(std::int64_t, std::span<const TokenEvent>) override {}
  void OnCompletion(const Completion& c) override {
    if (c.id < first_ || c.id >= last_) return;
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
  std::int64_t last_;
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
  Middle middle(requests);
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

}  // namespace
}  // namespace roofscape::sim
