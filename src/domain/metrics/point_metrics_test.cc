#include "domain/metrics/point_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "domain/metrics/test_logs.h"
#include "domain/metrics/window.h"
#include "domain/spec/metric_registry.h"

namespace roofscape::metrics {
namespace {

using spec::EventKind;

// Three measured requests, one of them failed, after a warm-up one that is still at work.
//   warm-up  0 ..  60 ms: tokens at 40, 60
//   A       50 .. 150 ms: tokens at 100, 120, 140 (TTFT 50, TPOT 20, E2E 90)
//   B      100 .. 250 ms: tokens at 110, 150, 190, 230 (TTFT 10, TPOT 40, E2E 130)
//   C      150 .. 200 ms: token at 180, then reset
spec::RequestLog SmallLog() {
  spec::RequestLog log;
  spec::Request warm = OkRequest(0, 60);
  warm.phase = spec::Phase::kWarmup;
  warm.input_tokens = 1000;
  warm.output_tokens = 2;
  AddRequest(log, warm, {At(40, EventKind::kAnswer), At(60, EventKind::kAnswer)});
  spec::Request a = OkRequest(50, 150);
  a.sent_ns += 2 * kMs;
  a.input_tokens = 10;
  a.output_tokens = 3;
  a.cached_tokens = 0;
  AddRequest(
      log, a,
      {At(100, EventKind::kAnswer), At(120, EventKind::kAnswer), At(140, EventKind::kAnswer)});
  spec::Request b = OkRequest(100, 250);
  b.input_tokens = 20;
  b.output_tokens = 4;
  b.cached_tokens = 5;
  b.connect_ns = 4 * kMs;
  AddRequest(log, b,
             {At(110, EventKind::kReasoning), At(150, EventKind::kReasoning),
              At(190, EventKind::kAnswer), At(230, EventKind::kAnswer)});
  spec::Request c = OkRequest(150, 200);
  c.sent_ns += 6 * kMs;
  c.input_tokens_asked = 30;
  c.outcome = spec::Outcome::kReset;
  AddRequest(log, c, {At(180, EventKind::kAnswer)});
  return log;
}

TEST(PointMetrics, HandComputedWhole) {
  const spec::RequestLog log = SmallLog();
  const spec::PointMetrics p = ComputePoint(log, *WholeWindow(log), 2);
  EXPECT_EQ(p.window, (spec::Window{50 * kMs, 250 * kMs}));
  EXPECT_EQ(p.requests, 3);
  EXPECT_EQ(p.successes, 2);
  EXPECT_EQ(p.failures, 1);
  // 3 + 4 + 1 and the warm-up's token at 60 ms; input of A, B and C, the warm-up's came before.
  EXPECT_EQ(p.output_tokens, 9);
  EXPECT_EQ(p.input_tokens, 60);
  EXPECT_DOUBLE_EQ(*p.cached_tokens, 5.0);
  EXPECT_NEAR(*p.output_tps, 9 / 0.2, 1e-9);
  EXPECT_NEAR(*p.input_tps, 60 / 0.2, 1e-9);
  EXPECT_NEAR(*p.total_tps, 69 / 0.2, 1e-9);
  EXPECT_NEAR(*p.request_rps, 3 / 0.2, 1e-9);  // A, B and the warm-up ended in it.
  EXPECT_NEAR(*p.output_tps_per_chip, 9 / 0.2 / 2, 1e-9);
  EXPECT_NEAR(*p.input_tps_per_chip, 60 / 0.2 / 2, 1e-9);
  EXPECT_NEAR(*p.total_tps_per_chip, 69 / 0.2 / 2, 1e-9);
  EXPECT_NEAR(*p.in_flight_mean, (10 + 100 + 150 + 50) / 200.0, 1e-9);
  EXPECT_NEAR(*p.littles_law_in_flight, (10 + 100 + 150 + 50) / 200.0, 1e-9);

  EXPECT_EQ(p.ttft_s.count, 2);
  EXPECT_NEAR(*p.ttft_s.mean, 0.030, 1e-12);
  EXPECT_NEAR(*p.ttft_s.min, 0.010, 1e-12);
  EXPECT_NEAR(*p.ttft_s.p75, 0.040, 1e-12);
  EXPECT_NEAR(*p.ttft_s.max, 0.050, 1e-12);
  EXPECT_NEAR(*p.ttft_from_tx_s.max, 0.048, 1e-12);
  EXPECT_NEAR(*p.ttfa_s.max, 0.090, 1e-12);
  EXPECT_NEAR(*p.tpot_s.p50, 0.030, 1e-12);
  EXPECT_NEAR(*p.e2e_s.p50, 0.110, 1e-12);
  EXPECT_EQ(p.itl_s.count, 5);
  EXPECT_NEAR(*p.itl_s.p50, 0.040, 1e-12);
  EXPECT_EQ(p.icl_s, p.itl_s);
  EXPECT_EQ(p.connect_s.count, 1);
  EXPECT_NEAR(*p.connect_s.p50, 0.004, 1e-12);
  EXPECT_NEAR(*p.input_length_tokens.mean, 15.0, 1e-12);
  EXPECT_NEAR(*p.output_length_tokens.mean, 3.5, 1e-12);
  // Of everything that was sent, the failure too.
  EXPECT_EQ(p.send_delay_s.count, 3);
  EXPECT_NEAR(*p.send_delay_s.max, 0.006, 1e-12);
}

TEST(PointMetrics, RatesFollowTheSlowTail) {
  const spec::RequestLog log = SmallLog();
  const spec::PointMetrics p = ComputePoint(log, *WholeWindow(log), std::nullopt);
  EXPECT_NEAR(*p.interactivity_tps.p50, 1.0 / *p.tpot_s.p50, 1e-9);
  EXPECT_NEAR(*p.interactivity_tps.p99, 1.0 / *p.tpot_s.p99, 1e-9);
  EXPECT_NEAR(*p.interactivity_tps.min, 25.0, 1e-9);
  EXPECT_NEAR(*p.interactivity_tps.max, 50.0, 1e-9);
  EXPECT_NEAR(*p.interactivity_tps.mean, 37.5, 1e-9);
  EXPECT_LT(*p.interactivity_tps.p99, *p.interactivity_tps.p50);
  // 3 / 0.09 s and 4 / 0.13 s
  EXPECT_NEAR(*p.e2e_interactivity_tps.min, 4 / 0.13, 1e-9);
  EXPECT_NEAR(*p.e2e_interactivity_tps.max, 3 / 0.09, 1e-9);
  EXPECT_LT(*p.e2e_interactivity_tps.p99, *p.e2e_interactivity_tps.p50);
}

// Two successes and a failure: ranks 1 and 2 of 3 are theirs, the third is infinite.
TEST(PointMetrics, FailuresAreInfinitelyLateAmongTheAttempted) {
  spec::RequestLog log = SmallLog();
  const spec::PointMetrics p = ComputePoint(log, *WholeWindow(log), std::nullopt);
  EXPECT_NEAR(*p.ttft_attempted_p50_s, 0.050, 1e-12);
  EXPECT_NEAR(*p.tpot_attempted_p50_s, 0.040, 1e-12);
  EXPECT_NEAR(*p.e2e_attempted_p50_s, 0.130, 1e-12);
  for (const auto& p99 : {p.ttft_attempted_p99_s, p.tpot_attempted_p99_s, p.e2e_attempted_p99_s}) {
    EXPECT_TRUE(std::isinf(p99.value()));
  }
  log.requests[3].outcome = spec::Outcome::kOk;
  const spec::PointMetrics all = ComputePoint(log, *WholeWindow(log), std::nullopt);
  EXPECT_NEAR(*all.ttft_attempted_p99_s, *all.ttft_s.max, 1e-12);
  EXPECT_FALSE(ComputePoint(log, {0, 1}, std::nullopt).ttft_attempted_p50_s) << "nothing attempted";
}

TEST(PointMetrics, HowWellTheStampsAreKnown) {
  spec::RequestLog log = SmallLog();
  for (spec::Event& event : log.events) event.uncertainty_ns = 1'000;
  log.events[2].uncertainty_ns = 3'000;     // the first of A
  log.events[5].uncertainty_ns = 5'000;     // the first of B
  log.events[7].uncertainty_ns = 41 * kMs;  // one of B's, above the median ITL of 40 ms
  log.events[9].uncertainty_ns = 90 * kMs;  // of C, which failed
  const spec::PointMetrics p = ComputePoint(log, *WholeWindow(log), std::nullopt);
  EXPECT_NEAR(*p.first_token_uncertainty_p50_s, 4e-6, 1e-12);
  EXPECT_NEAR(*p.first_token_uncertainty_p99_s, 4.98e-6, 1e-12);
  EXPECT_NEAR(*p.uncertain_token_fraction, 1.0 / 7.0, 1e-12);
  const spec::PointMetrics none = ComputePoint({}, {0, 10}, std::nullopt);
  EXPECT_FALSE(none.first_token_uncertainty_p99_s || none.uncertain_token_fraction);
}

TEST(PointMetrics, AWindowTakesArrivalsFromItsBeginAndTokensUpToItsEnd) {
  const spec::RequestLog log = SmallLog();
  const spec::PointMetrics p = ComputePoint(log, {100 * kMs, 150 * kMs}, std::nullopt);
  EXPECT_EQ(p.requests, 1);                     // B at the begin, not C at the end.
  EXPECT_EQ(p.output_tokens, 4);                // 110, 120, 140 and 150, not the one at 100.
  EXPECT_EQ(p.input_tokens, 20);                // A's prompt was read by 100.
  EXPECT_NEAR(*p.request_rps, 1 / 0.05, 1e-9);  // A ended at 150.
  EXPECT_NEAR(*p.e2e_s.max, 0.130, 1e-12);      // B is followed to its end.
  EXPECT_FALSE(p.output_tps_per_chip.has_value());
}

TEST(PointMetrics, MissingIsMissingAndNeverZero) {
  spec::RequestLog log;
  spec::Request silent = OkRequest(0, 100);  // Says and was asked no number of input tokens.
  AddRequest(log, silent, {At(50, EventKind::kAnswer)});
  const spec::PointMetrics p = ComputePoint(log, {0, 100 * kMs}, 1);
  EXPECT_FALSE(p.input_tps || p.total_tps || p.input_tps_per_chip || p.total_tps_per_chip);
  EXPECT_TRUE(p.output_tps && p.output_tps_per_chip);
  EXPECT_FALSE(p.cached_tokens || p.tpot_s.p50 || p.itl_s.p50 || p.interactivity_tps.p50);
  EXPECT_FALSE(p.connect_s.p50 || p.input_length_tokens.mean);

  const spec::PointMetrics empty = ComputePoint(spec::RequestLog{}, {0, 0}, 1);
  for (const spec::MetricInfo& metric : spec::AllMetrics()) {
    const auto value = metric.value(empty);
    EXPECT_TRUE(!value || *value == 0.0) << metric.name;
  }
  EXPECT_FALSE(empty.output_tps || empty.in_flight_mean || empty.ttft_s.p50);
}

TEST(PointMetrics, UsageWithoutTokenEventsCountsAtTheEnd) {
  spec::RequestLog log;
  spec::Request request = OkRequest(0, 80);
  request.input_tokens = 7;
  request.output_tokens = 12;
  AddRequest(log, request, {At(79, EventKind::kUsage)});
  const spec::PointMetrics p = ComputePoint(log, {0, 80 * kMs}, std::nullopt);
  EXPECT_EQ(p.output_tokens, 12);
  EXPECT_EQ(p.input_tokens, 7);
  EXPECT_EQ(p.ttft_s.count, 0);
  EXPECT_EQ(ComputePoint(log, {0, 79 * kMs}, std::nullopt).output_tokens, 0);
}

// Every metric of a point by name.
std::string Differences(const spec::PointMetrics& a, const spec::PointMetrics& b,
                        double time_scale) {
  std::string differences;
  for (const spec::MetricInfo& metric : spec::AllMetrics()) {
    double factor = 1.0;
    if (metric.unit.starts_with('s')) factor = time_scale;  // "s", "s/token"
    if (metric.unit.find("/s") != std::string::npos) factor = 1.0 / time_scale;
    const auto x = metric.value(a);
    const auto y = metric.value(b);
    if (x.has_value() != y.has_value()) {
      differences += metric.name + " is missing in one; ";
    } else if (x && std::abs(*x * factor - *y) > 1e-9 * std::abs(*y) + 1e-12) {
      differences +=
          metric.name + " " + std::to_string(*x * factor) + " " + std::to_string(*y) + "; ";
    }
  }
  return differences;
}

void MapTimes(spec::RequestLog& log, std::int64_t scale, std::int64_t shift) {
  for (spec::Request& request : log.requests) {
    request.intended_ns = request.intended_ns * scale + shift;
    request.sent_ns = request.sent_ns * scale + shift;
    request.end_ns = request.end_ns * scale + shift;
    request.connect_ns *= scale;
  }
  for (spec::Event& event : log.events) event.time_ns = event.time_ns * scale + shift;
}

TEST(PointMetrics, ShiftingAllTimesChangesNothingAndStretchingThemScales) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    ClosedLoop options;
    options.seed = seed;
    options.output_low = 0.3;
    spec::RequestLog log = Simulate(options);
    const SteadySearch steady = FindSteadyWindow(log, options.concurrency);
    const spec::Window window = steady.window.value_or(*WholeWindow(log));
    const spec::PointMetrics before = ComputePoint(log, window, 4);
    spec::RequestLog shifted = log;
    constexpr std::int64_t kShift = 98'765'432'109;
    MapTimes(shifted, 1, kShift);
    EXPECT_EQ(
        Differences(before,
                    ComputePoint(shifted, {window.begin_ns + kShift, window.end_ns + kShift}, 4),
                    1.0),
        "")
        << "seed " << seed;
    spec::RequestLog stretched = log;
    MapTimes(stretched, 3, 0);
    EXPECT_EQ(
        Differences(before, ComputePoint(stretched, {window.begin_ns * 3, window.end_ns * 3}, 4),
                    3.0),
        "")
        << "seed " << seed;
  }
}

TEST(PointMetrics, TheOrderOfRowsDoesNotMatter) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    ClosedLoop options;
    options.seed = seed;
    spec::RequestLog log = Simulate(options);
    const spec::Window window = *FindSteadyWindow(log, 4).window;
    const spec::PointMetrics before = ComputePoint(log, window, 1);
    std::reverse(log.requests.begin(), log.requests.end());
    EXPECT_EQ(Differences(before, ComputePoint(log, window, 1), 1.0), "") << "seed " << seed;
    EXPECT_EQ(*FindSteadyWindow(log, 4).window, window) << "seed " << seed;
  }
}

TEST(PointMetrics, AdjoiningWindowsAddUp) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    ClosedLoop options;
    options.seed = seed;
    const spec::RequestLog log = Simulate(options);
    const spec::Window whole = *WholeWindow(log);
    const std::int64_t middle = log.events[log.events.size() / 2].time_ns;
    const spec::PointMetrics all = ComputePoint(log, whole, 1);
    const spec::PointMetrics a = ComputePoint(log, {whole.begin_ns, middle}, 1);
    const spec::PointMetrics b = ComputePoint(log, {middle, whole.end_ns}, 1);
    EXPECT_EQ(a.output_tokens + b.output_tokens, all.output_tokens) << "seed " << seed;
    EXPECT_EQ(a.input_tokens + b.input_tokens, all.input_tokens) << "seed " << seed;
    EXPECT_EQ(a.requests + b.requests, all.requests) << "seed " << seed;
    EXPECT_EQ(a.itl_s.count + b.itl_s.count, all.itl_s.count) << "seed " << seed;
  }
}

}  // namespace
}  // namespace roofscape::metrics
