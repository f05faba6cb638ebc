#include "domain/metrics/intervals.h"

#include <gtest/gtest.h>

#include <cmath>

#include "domain/metrics/point_metrics.h"
#include "domain/metrics/test_open_logs.h"
#include "domain/metrics/window.h"
#include "domain/spec/metric_registry.h"

namespace roofscape::metrics {
namespace {

using spec::EventKind;

// 40 requests, one a second, in pairs: TTFT 100 and 300 ms in the first half of the pairs, 200 and
// 400 in the second; then one token 50 ms later.
spec::RequestLog Pairs() {
  spec::RequestLog log;
  for (int i = 0; i < 40; ++i) {
    const double at = 1000.0 * i;
    const double ttft = (i % 2 == 0 ? 100 : 300) + (i < 20 ? 0 : 100);
    spec::Request request = OkRequest(at, at + ttft + 60);
    request.input_tokens = 10;
    AddRequest(log, request,
               {At(at + ttft, EventKind::kAnswer), At(at + ttft + 50, EventKind::kAnswer)});
  }
  return log;
}

TEST(Intervals, ByHand) {
  const spec::RequestLog log = Pairs();
  const spec::PointMetrics point = ComputePoint(log, {0, 40'000 * kMs}, std::nullopt);
  // The batches' means are 200 ms ten times, then 300: s = 50 ms x sqrt(20 / 19), as like their
  // neighbours as a step is: lag-1 correlation (9 + 9 - 1) / 20.
  const double alike = 0.85;
  const double half_width =
      2.09302405 * 0.05 / std::sqrt(19.0) * std::sqrt((1.0 + alike) / (1.0 - alike));
  const spec::Interval ttft = point.intervals.at("ttft_mean_s");
  EXPECT_NEAR(ttft.low, 0.25 - half_width, 1e-9);
  EXPECT_NEAR(ttft.high, 0.25 + half_width, 1e-9);
  // Two requests in each batch of two seconds, whatever their TTFT: no doubt about these.
  EXPECT_NEAR(point.intervals.at("request_rps").low, 1.0, 1e-12);
  EXPECT_NEAR(point.intervals.at("request_rps").high, 1.0, 1e-12);
  EXPECT_NEAR(point.intervals.at("output_tps").low, 2.0, 1e-12);
  EXPECT_NEAR(point.intervals.at("total_tps").high, 12.0, 1e-12);
  EXPECT_NEAR(point.intervals.at("itl_mean_s").low, 0.05, 1e-9);
  EXPECT_EQ(point.intervals.count("ttft_p50_s"), 0U) << "two in a batch have no median";
}

TEST(Intervals, AroundTheFigureItself) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    OpenLoop options;
    options.seed = seed;
    options.output_low = 0.5;
    const spec::RequestLog log = SimulateOpen(options);
    const spec::PointMetrics point = ComputePoint(log, *WholeWindow(log), 4);
    EXPECT_EQ(point.intervals.size(), 14U) << "seed " << seed;
    for (const auto& [name, interval] : point.intervals) {
      const auto metric = spec::FindMetric(name);
      ASSERT_TRUE(metric) << name;
      const double figure = *(*metric)->value(point);
      EXPECT_LT(interval.low, figure) << name << " seed " << seed;
      EXPECT_GT(interval.high, figure) << name << " seed " << seed;
      EXPECT_NEAR(0.5 * (interval.low + interval.high), figure, 1e-9 * figure) << name;
    }
    const double total = point.intervals.at("total_tps").high;
    EXPECT_NEAR(point.intervals.at("total_tps_per_chip").high, total / 4, 1e-9 * total);
  }
}

TEST(Intervals, TooFewAnswersHaveNone) {
  spec::RequestLog log = Pairs();
  log.requests[7].outcome = spec::Outcome::kTimeout;
  EXPECT_TRUE(ComputePoint(log, {0, 40'000 * kMs}, std::nullopt).intervals.empty());
  EXPECT_TRUE(ComputePoint(log, {0, 0}, std::nullopt).intervals.empty());
  EXPECT_TRUE(ComputePoint({}, {0, 10}, std::nullopt).intervals.empty());
}

}  // namespace
}  // namespace roofscape::metrics
