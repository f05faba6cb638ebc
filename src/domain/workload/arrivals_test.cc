#include "domain/workload/arrivals.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace roofscape::workload {
namespace {

using namespace std::chrono_literals;
using spec::Arrivals;

TEST(ArrivalsTest, ConstantIsEqualGapsWithoutDrift) {
  const auto times = ArrivalTimes(Arrivals::kConstant, 3.0, 300'001, {}, 1);
  ASSERT_EQ(times.size(), 300'001u);
  EXPECT_EQ(times[0], 0ns);
  EXPECT_EQ(times[1], 333'333'333ns);
  EXPECT_EQ(times[300'000], Nanos(100'000s));
}

TEST(ArrivalsTest, DurationIsAHalfOpenInterval) {
  EXPECT_EQ(ArrivalTimes(Arrivals::kConstant, 10.0, {}, 1s, 1).size(), 10u);
  EXPECT_EQ(ArrivalTimes(Arrivals::kConstant, 10.0, {}, Nanos(1s) + 1ns, 1).size(), 11u);
}

TEST(ArrivalsTest, BurstIsAtOnce) {
  const auto times = ArrivalTimes(Arrivals::kBurst, 0.0, 5, {}, 1);
  EXPECT_EQ(times, std::vector<Nanos>(5, 0ns));
}

// Property: exponential gaps of the asked mean (mean and standard deviation equal), in order, and
// the count in a fixed time varies as a Poisson number does.
TEST(ArrivalsTest, PoissonHasExponentialGapsAndVaryingCounts) {
  double sum = 0;
  double squares = 0;
  constexpr int kSeeds = 400;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const auto times =
        ArrivalTimes(Arrivals::kPoisson, 50.0, {}, 4s, static_cast<std::uint64_t>(seed));
    ASSERT_TRUE(std::is_sorted(times.begin(), times.end())) << seed;
    const auto n = static_cast<double>(times.size());
    sum += n;
    squares += n * n;
  }
  const double mean = sum / kSeeds;
  const double variance = squares / kSeeds - mean * mean;
  EXPECT_NEAR(mean, 201, 3);  // The first arrival is at 0, then 200 on average.
  EXPECT_NEAR(variance / 200, 1, 0.25);

  const auto times = ArrivalTimes(Arrivals::kPoisson, 1000.0, 100'000, {}, 7);
  double gap_squares = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    const double gap = ToSeconds(times[i] - times[i - 1]).value() * 1000;
    gap_squares += gap * gap;
  }
  EXPECT_NEAR(ToSeconds(times.back()).value(), 100, 1.5);
  EXPECT_NEAR(gap_squares / 1e5, 2.0, 0.1);  // E[x^2] of an exponential of mean 1.
}

TEST(ArrivalsTest, SameSeedSameTimes) {
  EXPECT_EQ(ArrivalTimes(Arrivals::kPoisson, 5.0, 100, {}, 3),
            ArrivalTimes(Arrivals::kPoisson, 5.0, 100, {}, 3));
  EXPECT_NE(ArrivalTimes(Arrivals::kPoisson, 5.0, 100, {}, 3),
            ArrivalTimes(Arrivals::kPoisson, 5.0, 100, {}, 4));
}

}  // namespace
}  // namespace roofscape::workload
