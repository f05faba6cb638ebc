#include "domain/metrics/in_flight.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/core/rng.h"
#include "domain/metrics/test_logs.h"
#include "domain/metrics/window.h"

namespace roofscape::metrics {
namespace {

double Deviation(const spec::RequestLog& log, const spec::Window& window) {
  return *LittlesLawInFlight(log, window) / *InFlightMean(log, window) - 1.0;
}

TEST(InFlight, HandComputed) {
  spec::RequestLog log;
  AddRequest(log, OkRequest(0, 40), {});
  AddRequest(log, OkRequest(10, 30), {});
  AddRequest(log, OkRequest(90, 200), {});
  EXPECT_DOUBLE_EQ(*InFlightMean(log, {0, 100 * kMs}), (40.0 + 20.0 + 10.0) / 100.0);
  EXPECT_DOUBLE_EQ(*InFlightMean(log, {20 * kMs, 40 * kMs}), (20.0 + 10.0) / 20.0);
  EXPECT_DOUBLE_EQ(*InFlightMean(log, {40 * kMs, 90 * kMs}), 0.0);
  EXPECT_FALSE(InFlightMean(log, {5, 5}).has_value());
  // Nobody sends after 90 ms: arrivals / window x mean stay.
  EXPECT_DOUBLE_EQ(*LittlesLawInFlight(log, {0, 200 * kMs}), (40.0 + 20.0 + 110.0) / 200.0);
  EXPECT_FALSE(LittlesLawInFlight(log, {40 * kMs, 90 * kMs}).has_value());
}

TEST(InFlight, ARequestWithoutAnEndIsInFlightToTheEndOfTheLog) {
  spec::RequestLog log;
  AddRequest(log, OkRequest(0, 100), {});
  spec::Request open = OkRequest(50, 0);
  open.end_ns = spec::kNoStamp;
  AddRequest(log, open, {});
  EXPECT_EQ(LogEnd(log), 100 * kMs);
  EXPECT_DOUBLE_EQ(*InFlightMean(log, {0, 100 * kMs}), 1.5);
}

TEST(InFlight, AWarmupRequestLoadsTheWindowAndJoinsTheLawWithWhatRemains) {
  spec::RequestLog log;
  spec::Request warm = OkRequest(0, 60);
  warm.phase = spec::Phase::kWarmup;
  AddRequest(log, warm, {});
  AddRequest(log, OkRequest(20, 120), {});
  const spec::Window whole = *WholeWindow(log);
  EXPECT_EQ(whole, (spec::Window{20 * kMs, 120 * kMs}));
  EXPECT_DOUBLE_EQ(*InFlightMean(log, whole), 1.4);
  EXPECT_DOUBLE_EQ(*LittlesLawInFlight(log, whole), 1.4);
}

TEST(InFlight, LittlesLawHoldsOnClosedLoopsOfTwentyRequestsASlot) {
  for (const std::int64_t concurrency : {1, 2, 4, 8, 16}) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      ClosedLoop options;
      options.seed = seed;
      options.concurrency = concurrency;
      options.output_low = seed % 3 == 0 ? 0.2 : (seed % 3 == 1 ? 0.8 : 1.0);
      options.jitter = seed % 2 == 0 ? 0.5 : 0.05;
      options.lock_step = seed % 10 == 0;
      const spec::RequestLog log = Simulate(options);
      const SteadySearch search = FindSteadyWindow(log, concurrency);
      if (!search.window) continue;
      const double slots = static_cast<double>(concurrency);
      EXPECT_NEAR(*InFlightMean(log, *search.window), slots, 0.001 * slots)
          << "concurrency " << concurrency << " seed " << seed;
      EXPECT_LT(std::abs(Deviation(log, *search.window)), 0.01)
          << "concurrency " << concurrency << " seed " << seed;
      EXPECT_LT(std::abs(Deviation(log, *WholeWindow(log))), 1e-9)
          << "concurrency " << concurrency << " seed " << seed;
    }
  }
}

TEST(InFlight, ALogWithRowsMissingBreaksTheLawByTheirShare) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    ClosedLoop options;
    options.seed = seed;
    options.concurrency = 8;
    spec::RequestLog log = Simulate(options);
    const SteadySearch search = FindSteadyWindow(log, 8);
    ASSERT_TRUE(search.window) << search.reason << " seed " << seed;
    const std::size_t before = log.requests.size();
    std::erase_if(log.requests, [](const spec::Request& r) { return r.id % 10 == 5; });
    EXPECT_EQ(MissingRows(log), static_cast<std::int64_t>(before - log.requests.size()));
    EXPECT_NEAR(Deviation(log, *search.window), 0.11, 0.03) << "seed " << seed;
    EXPECT_GT(Deviation(log, *WholeWindow(log)), 0.08) << "seed " << seed;
  }
}

TEST(InFlight, MissingRowsAreGapsInTheIds) {
  const struct {
    std::vector<std::int64_t> ids;
    std::int64_t missing;
  } cases[] = {
      {{}, 0},
      {{7}, 0},
      {{0, 1, 2, 3}, 0},
      {{3, 1, 0, 2}, 0},
      {{0, 1, 3, 4}, 1},
      {{10, 11, 14, 15}, 2},
      {{0, 1, 0, 1}, 0},              // No counter: ids repeat.
      {{0, 1'000'000, 2'000'000}, 0}  // No counter: most would be missing.
  };
  for (const auto& c : cases) {
    spec::RequestLog log;
    for (std::size_t i = 0; i < c.ids.size(); ++i) {
      spec::Request request = OkRequest(static_cast<double>(i), static_cast<double>(i) + 1);
      request.id = c.ids[i];
      AddRequest(log, request, {}).id = c.ids[i];
    }
    EXPECT_EQ(MissingRows(log), c.missing) << "ids " << ::testing::PrintToString(c.ids);
  }
}

}  // namespace
}  // namespace roofscape::metrics
