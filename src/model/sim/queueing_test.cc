// The simulator as a single server: what queueing theory knows exactly.

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "model/sim/test_clusters.h"

namespace roofscape::sim {
namespace {

/// Mean and half of its 99.9 % interval, by 50 batches.
struct Estimate {
  double mean = 0.0;
  double half = 0.0;
};

Estimate MeanOf(const std::vector<double>& values) {
  constexpr std::size_t kBatches = 50;
  const std::size_t each = values.size() / kBatches;
  std::vector<double> means(kBatches);
  Estimate out;
  for (std::size_t b = 0; b < kBatches; ++b) {
    for (std::size_t i = 0; i < each; ++i) means[b] += values[b * each + i];
    means[b] /= static_cast<double>(each);
    out.mean += means[b] / kBatches;
  }
  double squares = 0.0;
  for (const double m : means) squares += (m - out.mean) * (m - out.mean);
  constexpr double kT999 = 3.5;
  out.half = kT999 * std::sqrt(squares / (kBatches - 1) / kBatches);
  return out;
}

/// Poisson arrivals, one request at a time, answers of exponential length if so.
class OneByOne final : public RequestSource {
 public:
  OneByOne(double rate_rps, double mean_tokens, bool exponential, std::int64_t requests,
           std::uint64_t seed)
      : arrivals_(workload::Gaps::kPoisson, rate_rps, seed),
        rng_(seed + 1),
        mean_(mean_tokens),
        exponential_(exponential),
        left_(requests) {}

  std::optional<Ask> Next() override {
    if (left_ == 0) return std::nullopt;
    --left_;
    Ask ask;
    ask.id = left_;
    ask.at_ns = arrivals_.Next().count();
    // A rounded-up exponential is a geometric number of mean 1 / (1 - e^(-1/m)).
    const double tokens = exponential_ ? -mean_ * std::log1p(-rng_.Uniform()) : mean_;
    ask.output = std::max<std::int64_t>(static_cast<std::int64_t>(std::ceil(tokens)), 1);
    return ask;
  }

 private:
  workload::ArrivalStream arrivals_;
  Rng rng_;
  double mean_;
  bool exponential_;
  std::int64_t left_;
};

class Sojourns final : public Observer {
 public:
  void OnTokens(std::int64_t, std::span<const TokenEvent>) override {}
  void OnCompletion(const Completion& c) override {
    seconds.push_back(static_cast<double>(c.end_ns - c.arrival_ns) * 1e-9);
  }
  std::vector<double> seconds;
};

Estimate MeanSojourn(double busy, bool exponential, std::uint64_t seed) {
  // A token takes a millisecond, the prompt's, too: a request of n tokens takes n.
  LinearStep step;
  step.step_s = 1e-3;
  step.prompt_s = 1e-3;
  step.token_s = 0.0;
  Cluster cluster = TestCluster(step);
  cluster.policy.max_sequences = 1;
  constexpr double kTokens = 200.0;
  constexpr double kService = kTokens * 1e-3;
  OneByOne source(busy / kService, kTokens, exponential, 60'000, seed);
  Sojourns sojourns;
  RunOptions options;
  options.detail = Detail::kRequests;
  RunWorkload(cluster, source, sojourns, options);
  return MeanOf(sojourns.seconds);
}

// Pollaczek and Khinchin: T = D + rho D / (2 (1 - rho)).
TEST(QueueingTest, MD1) {
  for (const double busy : {0.3, 0.6, 0.8}) {
    const Estimate e = MeanSojourn(busy, false, 11);
    const double theory = 0.2 * (1.0 + busy / (2.0 * (1.0 - busy)));
    EXPECT_NEAR(e.mean, theory, e.half) << "at " << busy << ", half interval " << e.half;
    EXPECT_LT(e.half, 0.1 * theory);
  }
}

// T = S / (1 - rho), S = the geometric mean length, half a token above the exponential's.
TEST(QueueingTest, MM1) {
  for (const double busy : {0.3, 0.6, 0.8}) {
    const Estimate e = MeanSojourn(busy, true, 12);
    const double service = 1e-3 / (1.0 - std::exp(-1.0 / 200.0));
    const double really = busy / 0.2 * service;
    EXPECT_NEAR(e.mean, service / (1.0 - really), e.half) << "at " << busy;
    EXPECT_LT(e.half, 0.2 * service / (1.0 - really));
  }
}

// Little's law holds of any run: requests in flight = rate x time.
TEST(QueueingTest, LittlesLaw) {
  LinearStep step;
  step.sequence_s = 1e-4;
  Cluster cluster = TestCluster(step);
  OneByOne source(20.0, 50.0, true, 20'000, 3);
  Sojourns sojourns;
  double in_flight = 0.0;
  std::int64_t samples = 0;
  RunOptions options;
  options.detail = Detail::kRequests;
  options.sample_ns = 7'000'000;
  options.sample = [&](const Snapshot& s) {
    in_flight += static_cast<double>(s.waiting + s.admitted);
    ++samples;
  };
  const RunEnd end = RunWorkload(cluster, source, sojourns, options);
  double sum = 0.0;
  for (const double s : sojourns.seconds) sum += s;
  const double little = sum / (static_cast<double>(end.end_ns) * 1e-9);
  EXPECT_NEAR(in_flight / static_cast<double>(samples), little, 0.03 * little);
}

}  // namespace
}  // namespace roofscape::sim
