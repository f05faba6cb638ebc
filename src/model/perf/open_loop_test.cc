#include "model/perf/open_loop.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/perf/testing/test_machines.h"

namespace roofscape::perf {
namespace {

constexpr double kService = 0.2;

TEST(OpenLoopTest, OneAtATimeIsTheSingleServer) {
  for (const double busy : {0.1, 0.5, 0.9, 0.99}) {
    // Exponential lengths: T = S / (1 - rho); equal ones wait half as long (Pollaczek, Khinchin).
    const Station exponential = {.states = {{1.0, kService, 0.0}}};
    const auto m = StationAt(exponential, busy / kService);
    ASSERT_TRUE(m);
    EXPECT_NEAR(m->waits_s + m->before_s, kService / (1.0 - busy), 1e-9);
    EXPECT_NEAR(m->serving, busy, 1e-12);
    const Station equal = {.states = {{1.0, kService, 0.0}}, .wait_share = 0.5};
    const auto d = StationAt(equal, busy / kService);
    ASSERT_TRUE(d);
    EXPECT_NEAR(d->idle, 1.0 - busy, 1e-12);
    EXPECT_NEAR(d->waits_s, kService * busy / (2.0 * (1.0 - busy)), 1e-9);
  }
}

TEST(OpenLoopTest, SeveralServersWaitAsErlangSays) {
  constexpr int kServers = 12;
  const Station station = {.states = {{1.0, kService, 0.0}, {kServers, kService, 0.0}},
                           .groups = kServers};
  for (const double busy : {0.3, 0.8, 0.97}) {
    const double offered = busy * kServers;
    double blocked = 1.0;  // Erlang's loss formula by its recursion, then his delay formula.
    for (int n = 1; n <= kServers; ++n) blocked = offered * blocked / (n + offered * blocked);
    const double delayed = blocked / (1.0 - busy * (1.0 - blocked));
    const auto p = StationAt(station, offered / kService);
    ASSERT_TRUE(p);
    EXPECT_NEAR(p->waits_s, delayed * kService / (kServers * (1.0 - busy)), 1e-9) << busy;
    EXPECT_NEAR(p->before_s, kService, 1e-9);
    EXPECT_NEAR(p->serving, offered, 1e-8);
    EXPECT_NEAR(p->idle, 1.0 - busy, 1e-9);
  }
}

TEST(OpenLoopTest, RoomForAllMeansNoWait) {
  // 4,000 at once: the chain's unnormalised numbers would not fit into a double.
  const Station station = {.states = {{1.0, 0.5, 1.5}, {1e6, 0.5, 1.5}}};
  const auto p = StationAt(station, 2000.0);
  ASSERT_TRUE(p);
  EXPECT_NEAR(p->before_s, 0.5, 1e-9);
  EXPECT_NEAR(p->after_s, 1.5, 1e-9);
  EXPECT_NEAR(p->serving, 4000.0, 1e-6);
  EXPECT_EQ(p->waits_s, 0.0);
}

TEST(OpenLoopTest, SharedEqually) {
  // One server that all in service share: geometric, as with one at a time, and nobody waits.
  Station station;
  for (const double n : StateGrid(4096.0)) station.states.push_back({n, 0.0, n * kService});
  const auto p = StationAt(station, 0.8 / kService);
  ASSERT_TRUE(p);
  EXPECT_NEAR(p->serving, 4.0, 1e-6);
  EXPECT_NEAR(p->after_s, kService / 0.2, 1e-6);
}

TEST(OpenLoopTest, BeyondTheCapacityThereIsNoNumber) {
  const Station station = {.states = {{1.0, kService, 0.0}, {4.0, kService, 0.0}}};
  EXPECT_DOUBLE_EQ(CapacityRps(station), 20.0);
  EXPECT_TRUE(StationAt(station, 19.99));
  EXPECT_FALSE(StationAt(station, 20.0));
  EXPECT_FALSE(StationAt(station, 1e6));
}

TEST(OpenLoopTest, GridBeginsWithOneAndEndsWithAll) {
  for (const double most : {1.0, 2.0, 3.0, 5.0, 6.0, 7.0, 1000.0, 1024.0, 1025.0}) {
    const std::vector<double> grid = StateGrid(most);
    EXPECT_EQ(grid.front(), 1.0);
    EXPECT_EQ(grid.back(), most);
    for (std::size_t i = 1; i < grid.size(); ++i) {
      EXPECT_GT(grid[i], grid[i - 1]);
      EXPECT_EQ(grid[i], std::floor(grid[i]));
    }
  }
}

Service Deployment(bool disaggregated) {
  Service s = ServiceOf(RoutedModel(), {.chips = 4, .ep = 4});
  s.disaggregated = disaggregated;
  if (disaggregated) s.prefill = {s.serve.worker, 2.0};
  return s;
}

TEST(OpenLoopTest, ALoneRequestIsTheClosedLoopOfOne) {
  const Service s = Deployment(false);
  const auto c = PriorCoefficients();
  const Load load = {1.0, 900.0, 300.0};
  const Point<double> one = MeanField(s, c, load);
  const auto p = OpenLoopAt(MakeOpenService(s, c, load, 0.1, 1024.0), 1e-6, load.output);
  ASSERT_TRUE(p);
  // But for the closed loop's wait behind prompts of its own.
  EXPECT_NEAR(p->ttft_s, one.ttft, 0.02 * one.ttft);
  EXPECT_NEAR(p->tpot_s, one.tpot, 1e-4 * one.tpot);
}

TEST(OpenLoopTest, LongerAtHigherRatesAndWithoutRoom) {
  const auto c = PriorCoefficients();
  for (const bool disaggregated : {false, true}) {
    const Service s = Deployment(disaggregated);
    const Load load = {1.0, 900.0, 300.0};
    const OpenService open = MakeOpenService(s, c, load, 0.1, 256.0);
    const double capacity = CapacityRps(open);
    double ttft = 0.0;
    double tpot = 0.0;
    for (double share = 0.05; share < 1.0; share += 0.05) {
      const auto p = OpenLoopAt(open, share * capacity, load.output);
      ASSERT_TRUE(p) << share;
      EXPECT_GT(p->ttft_s, ttft);
      EXPECT_GT(p->tpot_s, tpot);
      EXPECT_LE(p->serving, 256.0);
      // Little's law.
      EXPECT_NEAR(p->in_flight, share * capacity * (p->ttft_s + p->tpot_s * (load.output - 1.0)),
                  1e-9);
      ttft = p->ttft_s;
      tpot = p->tpot_s;
    }
    EXPECT_FALSE(OpenLoopAt(open, 1.001 * capacity, load.output));
    const OpenService narrow = MakeOpenService(s, c, load, 0.1, 8.0);
    EXPECT_LT(CapacityRps(narrow), capacity);
    const double rate = 0.9 * CapacityRps(narrow);
    EXPECT_GT(OpenLoopAt(narrow, rate, load.output)->waits_s,
              OpenLoopAt(open, rate, load.output)->waits_s);
  }
}

}  // namespace
}  // namespace roofscape::perf
