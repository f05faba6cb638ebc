#include "domain/metrics/point_analysis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <utility>

#include "domain/metrics/point_metrics.h"
#include "domain/metrics/test_open_logs.h"
#include "domain/metrics/window.h"

namespace roofscape::metrics {
namespace {

TEST(PointAnalysis, AHealthyPointHasBothWindowsAndNothingToComplainOf) {
  ClosedLoop options;
  options.concurrency = 8;
  const spec::RequestLog log = Simulate(options);
  PointContext context;
  context.concurrency = 8;
  context.chips = 2;
  context.audit.loop_busy_fraction = 0.05;
  context.audit.scheduled_requests = 160;
  context.audit.sent_requests = 160;
  const PointAnalysis analysis = Analyze(log, context);
  ASSERT_TRUE(analysis.steady.has_value());
  EXPECT_EQ(*analysis.steady, ComputePoint(log, *FindSteadyWindow(log, 8).window, 2));
  EXPECT_EQ(analysis.whole, ComputePoint(log, *WholeWindow(log), 2, RatesOf::kMeasured));
  EXPECT_EQ(analysis.whole.requests, 160);
  EXPECT_LT(analysis.steady->requests, 160);
  EXPECT_GT(analysis.steady->requests, 80);
  EXPECT_TRUE(analysis.failures_by_kind.empty());
  EXPECT_EQ(analysis.verdict, spec::Verdict{});
  EXPECT_NEAR(*analysis.steady->littles_law_in_flight / *analysis.steady->in_flight_mean, 1.0,
              0.03);
  // The steady rate is free of the ramp and of the drain.
  EXPECT_GT(*analysis.steady->output_tps, *analysis.whole.output_tps);
}

// The last tokens of the warm-up come inside it: 40 requests of 40 tokens are 1,600 all the same.
TEST(PointAnalysis, TheWholeWindowCountsMeasuredRequestsAlone) {
  ClosedLoop options;
  options.requests_per_slot = 10;
  options.stagger_ms = 60;
  PointContext context;
  context.concurrency = 4;
  const spec::RequestLog log = Simulate(options);
  const PointAnalysis analysis = Analyze(log, context);
  const double seconds =
      static_cast<double>(analysis.whole.window.end_ns - analysis.whole.window.begin_ns) * 1e-9;
  EXPECT_EQ(analysis.whole.requests, 40);
  EXPECT_EQ(analysis.whole.output_tokens, 1600);
  EXPECT_NEAR(*analysis.whole.request_rps, 40 / seconds, 1e-9);
  EXPECT_GT(ComputePoint(log, analysis.whole.window, std::nullopt).output_tokens, 1600);
}

TEST(PointAnalysis, APointOfTooFewRequestsKeepsItsWholeWindowAndSaysWhy) {
  ClosedLoop options;
  options.requests_per_slot = 5;
  PointContext context;
  context.concurrency = 4;
  const PointAnalysis analysis = Analyze(Simulate(options), context);
  EXPECT_FALSE(analysis.steady.has_value());
  EXPECT_EQ(analysis.whole.requests, 20);
  EXPECT_TRUE(analysis.whole.output_tps.has_value());
  ASSERT_EQ(analysis.verdict.server_reasons.size(), 1U);
  EXPECT_NE(analysis.verdict.server_reasons[0].find("--requests 80"), std::string::npos)
      << analysis.verdict.server_reasons[0];
  EXPECT_EQ(analysis.verdict.instrument, spec::Fitness::kValid);
}

// The rules of the other benchmark: the whole window counts, and nobody asks for a steady one.
TEST(PointAnalysis, AProtocolOfTheWholeWindowIsJudgedOnItAndMissesNoSteadyState) {
  ClosedLoop options;
  options.requests_per_slot = 10;
  PointContext context;
  context.concurrency = 4;
  EXPECT_FALSE(Analyze(Simulate(options), context).verdict.server_reasons.empty());
  context.protocol = "inferencex";
  const PointAnalysis analysis = Analyze(Simulate(options), context);
  EXPECT_EQ(analysis.verdict, spec::Verdict{});
  spec::PointResult point;
  point.protocol = "inferencex";
  point.steady = analysis.steady;
  point.whole = analysis.whole;
  EXPECT_EQ(point.Primary(), &point.whole);

  // Late only before its steady window: DEGRADED over the whole, VALID over the steady part.
  options.requests_per_slot = 60;
  spec::RequestLog late = Simulate(options);
  const SteadySearch search = FindSteadyWindow(late, 4);
  ASSERT_TRUE(search.window) << search.reason;
  for (const std::size_t i : {4U, 5U, 6U}) {  // The first after the warm-up.
    ASSERT_LT(late.requests[i].intended_ns, search.window->begin_ns);
    late.requests[i].sent_ns = late.requests[i].intended_ns + 40 * kMs;
  }
  EXPECT_NE(Analyze(late, context).verdict.instrument, spec::Fitness::kValid);
  context.protocol = "steady";
  EXPECT_EQ(Analyze(late, context).verdict.instrument, spec::Fitness::kValid);
}

TEST(PointAnalysis, AnOverloadedOpenLoopIsTheServersDoing) {
  OpenLoop options;
  options.servers = 4;
  options.rate_rps = 80;
  options.requests = 600;
  PointContext context;
  context.concurrency = 0;
  const PointAnalysis analysis = Analyze(SimulateOpen(options), context);
  EXPECT_FALSE(analysis.steady.has_value());
  EXPECT_EQ(analysis.verdict.instrument, spec::Fitness::kValid);
  ASSERT_EQ(analysis.verdict.server_reasons.size(), 1U);
  EXPECT_EQ(analysis.verdict.server_reasons[0].find("overload: the server completes "), 0U)
      << analysis.verdict.server_reasons[0];
}

// Everything stands still from `from` to `to`: what is under way or begins waits for the end of it.
void Freeze(std::int64_t from, std::int64_t to, spec::RequestLog& log) {
  for (spec::Request& request : log.requests) {
    if (request.intended_ns > to || request.end_ns < from) continue;
    const std::int64_t later = request.intended_ns < from ? to - from : to - request.intended_ns;
    for (std::int64_t e = 0; e < request.event_count; ++e) {
      auto& time_ns = log.events[static_cast<std::size_t>(request.first_event + e)].time_ns;
      if (time_ns > from) time_ns += later;
    }
    request.end_ns += later;
  }
}

// Whenever a server stands still for a second, the figures that are shown count it; only where that
// cannot be told from a warm-up it is said instead.
TEST(PointAnalysis, AStallIsCountedOrTold) {
  for (const double share : {0.03, 0.06, 0.12, 0.2, 0.4, 0.6, 0.8, 0.9}) {
    int counted = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE(testing::Message() << "at " << share << " of the sending, seed " << seed);
      OpenLoop options;
      options.seed = seed;
      options.requests = 480;
      options.rate_rps = 30;
      options.output_tokens = 8;
      spec::RequestLog log = SimulateOpen(options);
      PointContext context;
      context.concurrency = 0;
      ASSERT_EQ(Analyze(log, context).verdict, spec::Verdict{});
      const auto from = static_cast<std::int64_t>(16e9 * share);
      Freeze(from, from + 1000 * kMs, log);
      const PointAnalysis analysis = Analyze(log, context);
      const spec::PointMetrics& shown = analysis.steady ? *analysis.steady : analysis.whole;
      if (*shown.ttft_s.p99 > 0.5 * *analysis.whole.ttft_s.p99) {
        ++counted;
        continue;
      }
      const std::string words =
          " s of sending are left out of the steady window as unsettled; TTFT";
      const auto& reasons = analysis.verdict.server_reasons;
      EXPECT_TRUE(std::any_of(reasons.begin(), reasons.end(), [&](const std::string& reason) {
        return reason.find(words) != std::string::npos;
      }));
    }
    EXPECT_GE(counted, share < 0.1 ? 0 : 19) << share;
  }
}

TEST(PointAnalysis, FailuresAreCountedOverTheWholePointAndLeaveTheInstrumentAlone) {
  spec::RequestLog log = Simulate({});
  log.requests[30].outcome = spec::Outcome::kTimeout;
  log.requests[31].outcome = spec::Outcome::kReset;
  log.requests[32].outcome = spec::Outcome::kReset;
  log.requests[0].outcome = spec::Outcome::kReset;  // A warm-up: told apart.
  PointContext context;
  context.concurrency = 4;
  const PointAnalysis analysis = Analyze(log, context);
  const std::map<std::string, std::int64_t> expected = {{"reset", 2}, {"timeout", 1}};
  EXPECT_EQ(analysis.failures_by_kind, expected);
  EXPECT_EQ(analysis.whole.failures, 3);
  EXPECT_EQ(analysis.verdict.server_reasons.size(), 3U);
  EXPECT_EQ(analysis.verdict.instrument, spec::Fitness::kValid);
}

TEST(PointAnalysis, ALateClientIsSeen) {
  ClosedLoop options;
  options.send_delay_ms = 2.0;  // TTFT is 52 ms: 0.52 ms would be allowed, 5.2 ms is invalid.
  PointContext context;
  context.concurrency = 4;
  EXPECT_EQ(Analyze(Simulate(options), context).verdict.instrument, spec::Fitness::kDegraded);
  options.send_delay_ms = 20.0;
  EXPECT_EQ(Analyze(Simulate(options), context).verdict.instrument, spec::Fitness::kInvalid);
}

TEST(PointAnalysis, AnEmptyLogHasNoValues) {
  const PointAnalysis analysis = Analyze({}, {});
  EXPECT_FALSE(analysis.steady.has_value());
  EXPECT_EQ(analysis.whole, spec::PointMetrics{});
  ASSERT_EQ(analysis.verdict.server_reasons.size(), 1U);
  EXPECT_NE(analysis.verdict.server_reasons[0].find("no measured request"), std::string::npos);
}

TEST(PointAnalysis, AnalysingADecodedLogGivesTheSame) {
  const spec::RequestLog log = Simulate({});
  PointContext context;
  context.concurrency = 4;
  const auto decoded = spec::DecodeRequestLog(spec::EncodeRequestLog(log));
  ASSERT_TRUE(decoded) << decoded.error().message;
  const PointAnalysis before = Analyze(log, context);
  const PointAnalysis after = Analyze(*decoded, context);
  EXPECT_EQ(before.steady, after.steady);
  EXPECT_EQ(before.whole, after.whole);
  EXPECT_EQ(before.verdict, after.verdict);
}

// Each fourth request of a log, numbered anew.
spec::RequestLog EachFourth(const spec::RequestLog& log) {
  spec::RequestLog some;
  for (std::size_t i = 0; i < log.requests.size(); i += 4) {
    spec::Request row = log.requests[i];
    const auto events = log.EventsOf(row);
    row.id = std::ssize(some.requests);
    row.first_event = std::ssize(some.events);
    some.events.insert(some.events.end(), events.begin(), events.end());
    some.requests.push_back(row);
  }
  return some;
}

TEST(PointAnalysis, ASampleOfTheRequestsSaysWhatAllSay) {
  OpenLoop options;
  options.requests = 20'000;
  options.output_low = 0.5;
  const spec::RequestLog log = SimulateOpen(options);
  PointContext context;
  context.concurrency = 0;
  context.chips = 8;
  const PointAnalysis all = Analyze(log, context);
  context.requests_each = 4.0;
  const PointAnalysis some = Analyze(EachFourth(log), context);
  ASSERT_TRUE(all.steady && some.steady);
  EXPECT_EQ(some.whole.requests, 20'000);
  EXPECT_EQ(some.whole.successes, 20'000);
  EXPECT_EQ(some.whole.ttft_s.count, 5'000);
  for (const auto& [a, b] : {std::pair(&all.whole, &some.whole), {&*all.steady, &*some.steady}}) {
    const auto near = [](std::optional<double> x, std::optional<double> y, const char* name) {
      ASSERT_TRUE(x && y) << name;
      EXPECT_NEAR(*y / *x, 1.0, 0.02) << name;
    };
    near(a->output_tps, b->output_tps, "output");
    near(a->total_tps_per_chip, b->total_tps_per_chip, "total a chip");
    near(a->request_rps, b->request_rps, "requests");
    near(a->in_flight_mean, b->in_flight_mean, "in flight");
    near(a->littles_law_in_flight, b->littles_law_in_flight, "Little's law");
    near(a->ttft_s.p99, b->ttft_s.p99, "TTFT");
    const auto& interval = b->intervals.at("output_tps_per_chip");
    EXPECT_LT(interval.low, *b->output_tps_per_chip);
    EXPECT_GT(interval.high, *b->output_tps_per_chip);
  }
  EXPECT_EQ(some.verdict, all.verdict);
}

TEST(PointAnalysis, AnOverloadIsToldInRatesOfAllRequests) {
  OpenLoop options;
  options.requests = 8'000;
  options.rate_rps = 100;
  options.servers = 5;  // 95 ms each: 53 a second.
  const spec::RequestLog log = SimulateOpen(options);
  const SteadySearch all = FindSteadyWindow(log, 0);
  const SteadySearch some = FindSteadyWindow(EachFourth(log), 0, 4.0);
  ASSERT_EQ(all.reason.rfind("overload: ", 0), 0U) << all.reason;
  ASSERT_EQ(some.reason.rfind("overload: the server completes ", 0), 0U) << some.reason;
  const double completed = std::stod(some.reason.substr(31));
  EXPECT_NEAR(completed / std::stod(all.reason.substr(31)), 1.0, 0.02) << some.reason;
}

TEST(PointAnalysis, NoSteadyWindowInASampleOfSlots) {
  ClosedLoop options;
  options.requests_per_slot = 100;
  const spec::RequestLog log = Simulate(options);
  EXPECT_TRUE(FindSteadyWindow(log, options.concurrency).window);
  const SteadySearch some = FindSteadyWindow(EachFourth(log), options.concurrency, 4.0);
  EXPECT_FALSE(some.window);
  EXPECT_NE(some.reason.find("sample"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::metrics
