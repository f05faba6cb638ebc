#include "base/stats/mser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/core/rng.h"

namespace roofscape::stats {
namespace {

double StatisticByDefinition(const std::vector<double>& series, std::size_t batch, std::size_t d) {
  std::vector<double> kept;
  for (std::size_t i = d; (i + 1) * batch <= series.size(); ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < batch; ++j) sum += series[i * batch + j];
    kept.push_back(sum / static_cast<double>(batch));
  }
  double mean = 0.0;
  for (const double x : kept) mean += x / static_cast<double>(kept.size());
  double squares = 0.0;
  for (const double x : kept) squares += (x - mean) * (x - mean);
  return squares / static_cast<double>(kept.size() * kept.size());
}

TEST(Mser, IsTheMinimumOfTheDefinition) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Rng rng(seed);
    std::vector<double> series(60 + rng.Below(200));
    for (double& x : series) x = 100.0 + 10.0 * rng.Normal();
    const auto result = Mser(series);
    ASSERT_TRUE(result.has_value()) << "seed " << seed;
    std::size_t best = 0;
    const std::size_t batches = series.size() / 5;
    for (std::size_t d = 1; d + 5 <= batches; ++d) {
      if (StatisticByDefinition(series, 5, d) < StatisticByDefinition(series, 5, best)) best = d;
    }
    EXPECT_EQ(result->truncation, best * 5) << "seed " << seed;
    EXPECT_NEAR(result->statistic, StatisticByDefinition(series, 5, best), 1e-9) << "seed " << seed;
    EXPECT_EQ(result->settled, best * 2 <= batches) << "seed " << seed;
    EXPECT_EQ(result->observations, batches * 5) << "seed " << seed;
  }
}

TEST(Mser, FindsAKnownTransientWithinOneBatch) {
  int found = 0;
  constexpr int kSeries = 200;
  for (std::uint64_t seed = 1; seed <= kSeries; ++seed) {
    Rng rng(seed);
    const std::size_t transient = 5 * rng.Below(40);
    std::vector<double> series(500);
    for (std::size_t i = 0; i < series.size(); ++i) {
      series[i] = (i < transient ? 60.0 : 100.0) + 4.0 * rng.Normal();
    }
    const auto result = Mser(series, {.batch = 5, .min_kept = 25, .tolerance = 0.3});
    ASSERT_TRUE(result.has_value()) << "seed " << seed;
    const double error = static_cast<double>(result->truncation) - static_cast<double>(transient);
    if (std::abs(error) <= 5.0) ++found;
  }
  EXPECT_GE(found, 180) << "of " << kSeries << " series, seeds 1 to " << kSeries;
}

TEST(Mser, ASeriesThatNeverSettlesIsCutInItsSecondHalf) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng(seed);
    std::vector<double> series(400);
    for (std::size_t i = 0; i < series.size(); ++i) {
      series[i] = static_cast<double>(i) + rng.Normal();
    }
    const auto result = Mser(series);
    ASSERT_TRUE(result.has_value()) << "seed " << seed;
    EXPECT_FALSE(result->settled) << "seed " << seed;
  }
}

TEST(Mser, AConstantSeriesIsSteadyFromTheStart) {
  const std::vector<double> series(100, 16.0);
  const auto result = Mser(series);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->truncation, 0U);
  EXPECT_TRUE(result->settled);
}

TEST(Mser, ToleranceTakesAnEarlierPointAndNeverALaterOne) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Rng rng(seed);
    std::vector<double> series(300);
    for (double& x : series) x = 50.0 + rng.Normal();
    const auto exact = Mser(series);
    const auto early = Mser(series, {.batch = 5, .min_kept = 5, .tolerance = 0.1});
    ASSERT_TRUE(exact && early) << "seed " << seed;
    EXPECT_LE(early->truncation, exact->truncation) << "seed " << seed;
    EXPECT_LE(early->statistic, 1.1 * exact->statistic) << "seed " << seed;
  }
}

TEST(Mser, AShortSeriesHasNoAnswer) {
  EXPECT_FALSE(Mser(std::vector<double>(49, 1.0)).has_value());
  EXPECT_TRUE(Mser(std::vector<double>(50, 1.0)).has_value());
  EXPECT_FALSE(Mser({}).has_value());
}

// A series without a transient: the published rule cuts a quarter of them, ours few.
TEST(Mser, AHigherPowerIsNotLuredByNoise) {
  int lured = 0;
  int lured_by_two = 0;
  constexpr int kSeries = 200;
  for (std::uint64_t seed = 1; seed <= kSeries; ++seed) {
    Rng rng(seed);
    std::vector<double> series(200);
    for (double& x : series) x = 50.0 + rng.Normal();
    const auto two = Mser(series, {.batch = 5, .min_kept = 10});
    const auto four = Mser(series, {.batch = 5, .min_kept = 10, .tolerance = 0.3, .power = 4.0});
    ASSERT_TRUE(two && four) << "seed " << seed;
    if (two->truncation > 5) ++lured_by_two;
    if (four->truncation > 5) ++lured;
  }
  EXPECT_GE(lured_by_two, kSeries / 5) << "seeds 1 to " << kSeries;
  EXPECT_LE(lured, kSeries / 20) << "seeds 1 to " << kSeries;
}

}  // namespace
}  // namespace roofscape::stats
