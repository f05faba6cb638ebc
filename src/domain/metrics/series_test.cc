#include "domain/metrics/series.h"

#include <gtest/gtest.h>

#include <numeric>

#include "domain/metrics/in_flight.h"
#include "domain/metrics/point_metrics.h"
#include "domain/metrics/request_metrics.h"
#include "domain/metrics/test_logs.h"
#include "domain/metrics/window.h"

namespace roofscape::metrics {
namespace {

using spec::EventKind;

TEST(Series, TokensCountAtTheirEventsAndInProportionToTheServersCount) {
  spec::RequestLog log;
  spec::Request request = OkRequest(0, 40);
  request.output_tokens = 6;  // The events carry 3: each token of them stands for 2.
  AddRequest(log, request,
             {At(10, EventKind::kAnswer, 1), At(20, EventKind::kAnswer, 1),
              At(20.5, EventKind::kComment), At(30, EventKind::kAnswer, 1)});
  const TimeSeries series = OutputRateSeries(log, {0, 40 * kMs}, 4);
  EXPECT_DOUBLE_EQ(series.begin_s, 0.0);
  EXPECT_DOUBLE_EQ(series.interval_s, 0.01);
  // A token on the edge belongs to the interval that ends there.
  const std::vector<double> expected = {200.0, 200.0, 200.0, 0.0};
  ASSERT_EQ(series.values.size(), expected.size());
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(series.values[i], expected[i], 1e-9) << i;
}

TEST(Series, RequestsInFlightByHand) {
  spec::RequestLog log;
  AddRequest(log, OkRequest(5, 25), {});
  AddRequest(log, OkRequest(12, 13), {});
  AddRequest(log, OkRequest(30, 90), {});
  AddRequest(log, OkRequest(60, 70), {});  // After the window.
  const TimeSeries series = InFlightSeries(log, {0, 40 * kMs}, 4);
  const std::vector<double> expected = {0.5, 1.1, 0.5, 1.0};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(series.values[i], expected[i], 1e-9) << i;
}

TEST(Series, TheMeanOfASeriesIsTheFigureOfTheWindow) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    ClosedLoop options;
    options.seed = seed;
    const spec::RequestLog log = Simulate(options);
    const spec::Window whole = *WholeWindow(log);
    const spec::Window middle = {whole.begin_ns + 777, whole.end_ns - 123'456};
    for (const spec::Window& window : {whole, middle}) {
      const spec::PointMetrics point = ComputePoint(log, window, std::nullopt);
      for (const std::size_t intervals : {1UL, 7UL, 500UL}) {
        const double n = static_cast<double>(intervals);
        const TimeSeries rate = OutputRateSeries(log, window, intervals);
        EXPECT_NEAR(std::accumulate(rate.values.begin(), rate.values.end(), 0.0) / n,
                    *point.output_tps, 1e-6 * *point.output_tps)
            << "seed " << seed << " intervals " << intervals;
        const TimeSeries load = InFlightSeries(log, window, intervals);
        EXPECT_NEAR(std::accumulate(load.values.begin(), load.values.end(), 0.0) / n,
                    *point.in_flight_mean, 1e-6)
            << "seed " << seed << " intervals " << intervals;
      }
      const auto interval = OutputRateInterval(log, window, 0.95);
      ASSERT_TRUE(interval.has_value());
      EXPECT_NEAR(interval->mean, *point.output_tps, 1e-6 * *point.output_tps) << "seed " << seed;
      EXPECT_GT(interval->half_width, 0.0) << "seed " << seed;
    }
  }
}

TEST(Series, HistogramsAgreeWithTheExactSummaries) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    ClosedLoop options;
    options.seed = seed;
    spec::RequestLog log = Simulate(options);
    log.requests[6].outcome = spec::Outcome::kTimeout;  // Not among the successes.
    const spec::Window window = *WholeWindow(log);
    const spec::PointMetrics point = ComputePoint(log, window, std::nullopt);
    const LatencyHistograms histograms = ComputeHistograms(log, window);
    const struct {
      const stats::Histogram& histogram;
      const spec::Summary& summary;
    } cases[] = {{histograms.ttft, point.ttft_s},
                 {histograms.itl, point.itl_s},
                 {histograms.e2e, point.e2e_s}};
    for (const auto& c : cases) {
      EXPECT_EQ(c.histogram.count(), static_cast<std::uint64_t>(c.summary.count)) << seed;
      EXPECT_NEAR(*c.histogram.QuantileNs(0.5) * 1e-9, *c.summary.p50, 0.001 * *c.summary.p50);
      EXPECT_NEAR(*c.histogram.QuantileNs(0.99) * 1e-9, *c.summary.p99, 0.001 * *c.summary.p99);
      EXPECT_NEAR(*c.histogram.MeanNs() * 1e-9, *c.summary.mean, 1e-9);
    }
  }
}

}  // namespace
}  // namespace roofscape::metrics
