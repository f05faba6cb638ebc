// What is asked of a simulated deployment, as it arrives there: arrivals of each kind, limits of an
// open loop, recorded traces.

#include "model/sim/workloads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/sim/log_writer.h"
#include "model/sim/test_clusters.h"

namespace roofscape::sim {
namespace {

spec::Workload Lengths(std::int64_t input, std::int64_t output) {
  spec::Workload w;
  w.input = {input, 1.0};
  w.output = {output, 1.0};
  return w;
}

spec::RequestLog Log(const Cluster& cluster, RequestSource& source) {
  LogWriter writer;
  RunWorkload(cluster, source, writer, {});
  return writer.Take();
}

struct Gaps {
  double mean_s = 0.0;
  double variation = 0.0;
  double e2e_s = 0.0;  // Mean.
};

/// One request at a time, 150 ms each, ten a 2 s: busy for 75 % of the time.
Gaps Measured(workload::Gaps kind, double variation) {
  LinearStep step;
  step.prompt_s = 0.01;
  step.token_s = 0.0;
  Cluster cluster = TestCluster(step);
  cluster.policy.max_sequences = 1;
  OpenLoop source(Lengths(10, 15), workload::ArrivalStream(kind, 5.0, 3, variation), 20'000,
                  std::nullopt, 3);
  const spec::RequestLog log = Log(cluster, source);
  EXPECT_EQ(log.requests.size(), 20'000U);
  Gaps out;
  double squares = 0.0;
  const auto n = static_cast<double>(log.requests.size() - 1);
  for (std::size_t i = 0; i + 1 < log.requests.size(); ++i) {
    const double gap =
        static_cast<double>(log.requests[i + 1].intended_ns - log.requests[i].intended_ns) * 1e-9;
    EXPECT_GE(gap, 0.0);
    out.mean_s += gap / n;
    squares += gap * gap / n;
    out.e2e_s +=
        static_cast<double>(log.requests[i].end_ns - log.requests[i].intended_ns) * 1e-9 / n;
  }
  out.variation = std::sqrt(std::max(squares - out.mean_s * out.mean_s, 0.0)) / out.mean_s;
  return out;
}

TEST(OpenLoopTest, ArrivalsAreAsFarApartAndAsUnevenAsAsked) {
  const Gaps even = Measured(workload::Gaps::kConstant, 1.0);
  const Gaps smooth = Measured(workload::Gaps::kGamma, 0.4);
  const Gaps poisson = Measured(workload::Gaps::kPoisson, 1.0);
  const Gaps bursts = Measured(workload::Gaps::kGamma, 3.0);
  EXPECT_NEAR(even.mean_s, 0.2, 1e-6);
  EXPECT_NEAR(even.variation, 0.0, 1e-3);
  EXPECT_NEAR(smooth.mean_s, 0.2, 0.004);
  EXPECT_NEAR(smooth.variation, 0.4, 0.02);
  EXPECT_NEAR(poisson.variation, 1.0, 0.05);
  EXPECT_NEAR(bursts.mean_s, 0.2, 0.02);
  EXPECT_NEAR(bursts.variation, 3.0, 0.3);
  // Alone it takes 150 ms; then the more uneven, the longer the queue.
  EXPECT_NEAR(even.e2e_s, 0.15, 1e-3);
  EXPECT_GT(smooth.e2e_s, 1.1 * even.e2e_s);
  EXPECT_GT(poisson.e2e_s, 1.5 * smooth.e2e_s);
  EXPECT_GT(bursts.e2e_s, 3.0 * poisson.e2e_s);
}

TEST(OpenLoopTest, EndsWithItsRequestsOrItsTimeWhicheverIsFirst) {
  const auto count = [](std::optional<std::int64_t> requests, std::optional<std::int64_t> ns) {
    OpenLoop source(Lengths(10, 2), workload::ArrivalStream(workload::Gaps::kConstant, 10.0, 1),
                    requests, ns, 1);
    return Log(TestCluster({}), source).requests.size();
  };
  EXPECT_EQ(count(30, std::nullopt), 30U);
  EXPECT_EQ(count(std::nullopt, 2'000'000'000), 20U);
  EXPECT_EQ(count(30, 2'000'000'000), 20U);
  EXPECT_EQ(count(10, 2'000'000'000), 10U);
}

TEST(ReplayTest, ATraceComesAsItWasRecorded) {
  // Two that begin with the same 512 tokens, a second apart, and one of another kind.
  const auto trace = workload::ParseTrace(
      R"({"timestamp": 500, "input_length": 1100, "output_length": 3, "hash_ids": [7, 8, 9]})"
      "\n"
      R"({"timestamp": 1500, "input_length": 600, "output_length": 4, "hash_ids": [7, 5]})"
      "\n"
      R"({"timestamp": 2500, "input_length": 600, "output_length": 1, "hash_ids": [6, 5]})");
  ASSERT_TRUE(trace) << trace.error().message;
  Cluster cluster = TestCluster({});
  cluster.policy.prefix_cache = true;
  cluster.chunk_tokens = trace->chunk_tokens;
  Replay source(*trace, 2.0, std::nullopt);
  const spec::RequestLog log = Log(cluster, source);
  ASSERT_EQ(log.requests.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(log.requests[i].intended_ns, static_cast<std::int64_t>(i) * 500'000'000)
        << "twice as fast";
  }
  EXPECT_EQ(log.requests[0].input_tokens, 1100);
  EXPECT_EQ(log.requests[1].output_tokens, 4);
  EXPECT_EQ(log.requests[0].cached_tokens, 0);
  EXPECT_EQ(log.requests[1].cached_tokens, 512);
  EXPECT_EQ(log.requests[2].cached_tokens, 0);
  Replay first(*trace, 1.0, 1);
  EXPECT_EQ(Log(cluster, first).requests.size(), 1U);
}

// Inside an hour nothing of a trace may be lost, however crowded it is.
TEST(ReplayTest, ABurstLongerThanTheBatchWaits) {
  std::string csv = "Timestamp,Request tokens,Response tokens\n";
  for (int i = 0; i < 300; ++i) csv += "12,64,8\n";
  const auto trace = workload::ParseTrace(csv);
  ASSERT_TRUE(trace) << trace.error().message;
  Cluster cluster = TestCluster({});
  cluster.policy.max_sequences = 8;
  Replay source(*trace, 1.0, std::nullopt);
  const spec::RequestLog log = Log(cluster, source);
  ASSERT_EQ(log.requests.size(), 300U);
  std::int64_t last_ns = 0;
  for (const spec::Request& r : log.requests) {
    EXPECT_EQ(r.output_tokens, 8);
    EXPECT_EQ(r.intended_ns, 0);
    last_ns = std::max(last_ns, r.end_ns);
  }
  EXPECT_GT(last_ns, std::int64_t{300 / 8} * 70'000'000) << "eight at once, 70 ms each and more";
}

}  // namespace
}  // namespace roofscape::sim
