// Simulated open loops against the mean field's: the same step times, so that what differs is the
// chain of births and deaths against a scheduler and its queue.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "base/core/rng.h"
#include "model/perf/open_loop.h"
#include "model/sim/test_clusters.h"

namespace roofscape::sim {
namespace {

/// Sums over requests that came in the middle of a run.
class Middle final : public Observer {
 public:
  explicit Middle(std::int64_t requests) : first_(requests / 5), last_(requests * 9 / 10) {}
  void OnTokens(std::int64_t, std::span<const TokenEvent>) override {}
  void OnCompletion(const Completion& c) override {
    if (c.id < first_ || c.id >= last_) return;
    const double decode = static_cast<double>(c.end_ns - c.first_token_ns) * 1e-9;
    tpot_s += decode / static_cast<double>(c.output - 1);
    ttft_s += static_cast<double>(c.first_token_ns - c.arrival_ns) * 1e-9;
    e2e_s += static_cast<double>(c.end_ns - c.arrival_ns) * 1e-9;
    count += 1.0;
  }
  double ttft_s = 0.0;
  double tpot_s = 0.0;
  double e2e_s = 0.0;
  double count = 0.0;

 private:
  std::int64_t first_;
  std::int64_t last_;
};

/// Logarithms of predicted over simulated.
struct Difference {
  double ttft = 0.0;
  double tpot = 0.0;
  double e2e = 0.0;
};

struct Drawn {
  perf::Service service;
  perf::Load load;
  double limit = 1024.0;
};

Drawn Draw(Rng& rng, bool disaggregated) {
  Drawn d;
  const bool routed = rng.Below(2) == 0;
  const double chips = static_cast<double>(1ULL << (rng.Below(3) + (routed ? 1 : 0)));
  d.service = TestService(routed, chips, 1.0);
  if (disaggregated) {
    d.service.disaggregated = true;
    d.service.prefill = {d.service.serve.worker, 1.0 + static_cast<double>(rng.Below(3))};
  }
  d.load.input = std::floor(128.0 * std::exp2(rng.Uniform() * 5.0));
  d.load.output = std::floor(64.0 * std::exp2(rng.Uniform() * 4.0));
  // A third of them with an engine that takes few at once, so that requests wait.
  if (rng.Below(3) == 0) d.limit = std::floor(std::exp2(2.0 + rng.Uniform() * 4.0));
  return d;
}

Difference Compare(const Drawn& d, double share, std::uint64_t seed) {
  const auto c = perf::CoefficientsFor(std::vector<double>(perf::kFitted, 0.0), {});
  constexpr double kSpread = 0.8;
  const double variation = (1.0 - kSpread) / (1.0 + kSpread) / std::sqrt(3.0);
  const perf::OpenService open = perf::MakeOpenService(d.service, c, d.load, variation, d.limit);
  const double rate = share * perf::CapacityRps(open);
  const auto p = perf::OpenLoopAt(open, rate, d.load.output);
  EnginePolicy policy = DefaultPolicy(perf::kVllm);
  policy.max_sequences = static_cast<std::int64_t>(d.limit);
  auto cluster = MakeCluster(d.service, c, policy);
  EXPECT_TRUE(cluster);
  // The formulas hand a cache over in the fitted time alone.
  cluster->transfer_token_s = 0.0;
  spec::Workload w;
  w.input = {std::llround(2.0 * d.load.input / (1.0 + kSpread)), kSpread};
  w.output = {std::llround(2.0 * d.load.output / (1.0 + kSpread)), kSpread};
  // Long enough for a queue to come and go many times.
  const auto requests = static_cast<std::int64_t>(4000.0 + 40.0 * p->in_flight);
  OpenLoop source(w, workload::ArrivalStream(workload::Gaps::kPoisson, rate, seed), requests,
                  std::nullopt, seed);
  Middle middle(requests);
  RunOptions options;
  options.detail = Detail::kRequests;
  RunWorkload(*cluster, source, middle, options);
  const double n = middle.count;
  const double e2e = p->ttft_s + p->tpot_s * (d.load.output - 1.0);
  return {std::log(p->ttft_s / (middle.ttft_s / n)), std::log(p->tpot_s / (middle.tpot_s / n)),
          std::log(e2e / (middle.e2e_s / n))};
}

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

/// Median and 90th percentile of the absolute difference.
struct Errors {
  double median = 0.0;
  double p90 = 0.0;
};

Errors ErrorsOf(const std::vector<Difference>& all, double Difference::* figure, const char* of) {
  std::vector<double> absolute;
  for (const Difference& d : all) absolute.push_back(std::fabs(d.*figure));
  const Errors e = {Quantile(absolute, 0.5), Quantile(absolute, 0.9)};
  std::printf("  %s: median %.1f %%, p90 %.1f %%, max %.1f %%\n", of, 100 * e.median, 100 * e.p90,
              100 * Quantile(absolute, 1.0));
  return e;
}

struct Agreement {
  Errors ttft, tpot, e2e;
};

/// Of random deployments at random rates between those shares of their capacity.
Agreement AgreementOf(bool disaggregated, double low, double high, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Difference> all;
  for (std::uint64_t i = 0; i < 60; ++i) {
    const Drawn d = Draw(rng, disaggregated);
    all.push_back(Compare(d, low + (high - low) * rng.Uniform(), seed + i));
  }
  std::printf("%s at %.2f to %.2f of the capacity\n",
              disaggregated ? "disaggregated" : "aggregated", low, high);
  return {ErrorsOf(all, &Difference::ttft, "TTFT"), ErrorsOf(all, &Difference::tpot, "TPOT"),
          ErrorsOf(all, &Difference::e2e, "E2E")};
}

TEST(OpenLoopAgreement, Aggregated) {
  const Agreement a = AgreementOf(false, 0.05, 0.8, 100);
  EXPECT_LT(a.ttft.median, 0.03);
  EXPECT_LT(a.ttft.p90, 0.10);
  EXPECT_LT(a.tpot.p90, 0.04);
  EXPECT_LT(a.e2e.p90, 0.04);
}

TEST(OpenLoopAgreement, AggregatedNearTheCapacity) {
  const Agreement a = AgreementOf(false, 0.8, 0.95, 200);
  EXPECT_LT(a.ttft.median, 0.10);
  EXPECT_LT(a.tpot.p90, 0.08);
  EXPECT_LT(a.e2e.p90, 0.12);
}

TEST(OpenLoopAgreement, Disaggregated) {
  const Agreement a = AgreementOf(true, 0.05, 0.8, 300);
  EXPECT_LT(a.ttft.median, 0.05);
  EXPECT_LT(a.tpot.p90, 0.04);
  EXPECT_LT(a.e2e.p90, 0.04);
}

TEST(OpenLoopAgreement, DisaggregatedNearTheCapacity) {
  const Agreement a = AgreementOf(true, 0.8, 0.95, 400);
  EXPECT_LT(a.tpot.p90, 0.06);
  EXPECT_LT(a.e2e.p90, 0.20);
}

}  // namespace
}  // namespace roofscape::sim
