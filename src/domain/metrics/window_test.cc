#include "domain/metrics/window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/core/rng.h"
#include "domain/metrics/request_metrics.h"
#include "domain/metrics/test_logs.h"

namespace roofscape::metrics {
namespace {

std::int64_t LastArrival(const spec::RequestLog& log) {
  std::int64_t last = spec::kNoStamp;
  for (const spec::Request& request : log.requests) last = std::max(last, ArrivalOf(request));
  return last;
}

TEST(Window, TwentyRequestsASlotQualifyAndTheWindowBeginsEarly) {
  int found = 0;
  int early = 0;
  int total = 0;
  for (const std::int64_t concurrency : {1, 2, 4, 8, 16}) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      ClosedLoop options;
      options.seed = seed;
      options.concurrency = concurrency;
      options.output_low = seed % 2 == 0 ? 0.8 : 1.0;
      const spec::RequestLog log = Simulate(options);
      const SteadySearch search = FindSteadyWindow(log, concurrency);
      ++total;
      if (!search.window) continue;
      ++found;
      EXPECT_TRUE(search.reason.empty());
      EXPECT_EQ(search.window->end_ns, LastArrival(log)) << "seed " << seed;
      const spec::Window whole = *WholeWindow(log);
      EXPECT_GT(search.window->begin_ns, whole.begin_ns - 1) << "seed " << seed;
      const double cut = SecondsBetween(whole.begin_ns, search.window->begin_ns) /
                         SecondsBetween(whole.begin_ns, whole.end_ns);
      if (cut < 0.15) ++early;
    }
  }
  EXPECT_GE(found, total * 98 / 100) << "of " << total;
  EXPECT_GE(early, total * 90 / 100) << "of " << total;
}

TEST(Window, BeginsWhereAKnownTransientEnds) {
  int near = 0;
  constexpr int kLogs = 60;
  for (std::uint64_t seed = 1; seed <= kLogs; ++seed) {
    ClosedLoop options;
    options.seed = seed;
    options.concurrency = 8;
    options.requests_per_slot = 40;
    const double end_s = 1.0 + 2.0 * Rng(seed).Uniform();
    options.slowness = [end_s](double t) { return t < end_s ? 2.0 : 1.0; };
    const spec::RequestLog log = Simulate(options);
    const SteadySearch search = FindSteadyWindow(log, 8);
    if (!search.window) continue;
    // The batch is 1/40 of the sending; the next arrival of one slot is up to a cycle (0.25 s) on.
    const double batch_s = SecondsBetween(0, search.window->end_ns) / 40.0;
    const double late_s = SecondsBetween(0, search.window->begin_ns) - end_s;
    if (late_s >= -batch_s && late_s <= batch_s + 0.3) ++near;
  }
  EXPECT_GE(near, kLogs * 9 / 10) << "seeds 1 to " << kLogs;
}

TEST(Window, ADriftThatNeverEndsIsNoSteadyState) {
  for (const std::int64_t concurrency : {1, 2, 4, 8, 16}) {
    int refused = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      ClosedLoop options;
      options.seed = seed;
      options.concurrency = concurrency;
      options.lock_step = seed % 2 == 0;
      options.slowness = [](double t) { return 1.0 + t / 2.0; };
      const SteadySearch search = FindSteadyWindow(Simulate(options), concurrency);
      if (search.window) continue;
      ++refused;
      EXPECT_EQ(search.requests_per_slot_needed, 40) << "seed " << seed;
      EXPECT_NE(search.reason.find("run this point with --requests "), std::string::npos)
          << search.reason;
    }
    // One slot has 20 requests in all, too few to be beyond doubt each time.
    EXPECT_GE(refused, concurrency == 1 ? 15 : 20) << "concurrency " << concurrency;
  }
}

TEST(Window, WhyThereIsNoSteadyStateAndWhatWouldDo) {
  ClosedLoop few;
  few.concurrency = 4;
  few.requests_per_slot = 10;
  const spec::RequestLog ten = Simulate(few);
  spec::RequestLog failed = Simulate({});
  for (spec::Request& request : failed.requests) request.outcome = spec::Outcome::kReset;
  spec::RequestLog half_filled = Simulate({});
  const struct {
    const spec::RequestLog& log;
    std::int64_t concurrency;
    const char* why;
    const char* cure;
  } cases[] = {
      {{}, 3, "no measured request was made", "--requests 60"},
      {ten, 4, "40 requests over 4 slots, 20 a slot are needed", "--requests 80, or --duration "},
      {failed, 4, "all 80 requests failed", "mend what the failures name"},
      {half_filled, 5, "80 requests over 5 slots", "--requests 100"},
  };
  for (const auto& c : cases) {
    const SteadySearch search = FindSteadyWindow(c.log, c.concurrency);
    EXPECT_FALSE(search.window) << c.why;
    EXPECT_EQ(search.reason.find("no steady state: "), 0U) << search.reason;
    EXPECT_NE(search.reason.find(c.why), std::string::npos) << search.reason;
    EXPECT_NE(search.reason.find(c.cure), std::string::npos) << search.reason;
  }
  ClosedLoop long_run;
  long_run.requests_per_slot = 40;
  const SteadySearch unfilled = FindSteadyWindow(Simulate(long_run), 5);
  EXPECT_NE(unfilled.reason.find("only 4 of 5 slots"), std::string::npos) << unfilled.reason;
}

TEST(Window, WholeIsFromTheFirstArrivalToTheLastEndOfMeasuredRequests) {
  spec::RequestLog log;
  EXPECT_FALSE(WholeWindow(log).has_value());
  spec::Request warm = OkRequest(0, 900);
  warm.phase = spec::Phase::kWarmup;
  AddRequest(log, warm, {});
  EXPECT_FALSE(WholeWindow(log).has_value());
  AddRequest(log, OkRequest(50, 300), {});
  AddRequest(log, OkRequest(20, 400), {});
  EXPECT_EQ(*WholeWindow(log), (spec::Window{20 * kMs, 400 * kMs}));
}

TEST(Window, ShiftingAllTimesShiftsTheWindow) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    ClosedLoop options;
    options.seed = seed;
    spec::RequestLog log = Simulate(options);
    const SteadySearch before = FindSteadyWindow(log, 4);
    ASSERT_TRUE(before.window) << "seed " << seed << " " << before.reason;
    constexpr std::int64_t kShift = 12'345'678'901;
    for (spec::Request& request : log.requests) {
      request.intended_ns += kShift;
      request.sent_ns += kShift;
      request.end_ns += kShift;
    }
    for (spec::Event& event : log.events) event.time_ns += kShift;
    const SteadySearch after = FindSteadyWindow(log, 4);
    ASSERT_TRUE(after.window) << "seed " << seed;
    EXPECT_EQ(after.window->begin_ns, before.window->begin_ns + kShift) << "seed " << seed;
    EXPECT_EQ(after.window->end_ns, before.window->end_ns + kShift) << "seed " << seed;
  }
}

}  // namespace
}  // namespace roofscape::metrics
