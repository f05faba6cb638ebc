#include "base/stats/quantile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/core/rng.h"

namespace roofscape::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Quantile, LinearInterpolationAtRankNMinusOneTimesP) {
  const struct {
    std::vector<double> sorted;
    double p;
    double expected;
  } cases[] = {
      {{7.0}, 0.0, 7.0},
      {{7.0}, 0.99, 7.0},
      {{1.0, 2.0}, 0.5, 1.5},
      {{1.0, 2.0, 3.0, 4.0}, 0.5, 2.5},
      {{1.0, 2.0, 3.0, 4.0}, 0.25, 1.75},
      {{1.0, 2.0, 3.0, 4.0}, 0.99, 3.97},
      {{1.0, 2.0, 3.0, 4.0}, 1.0, 4.0},
      {{1.0, kInfinity}, 0.0, 1.0},
  };
  for (const auto& c : cases) {
    const auto value = SortedQuantile(c.sorted, c.p);
    ASSERT_TRUE(value.has_value());
    EXPECT_NEAR(*value, c.expected, 1e-12) << "n " << c.sorted.size() << " p " << c.p;
  }
  EXPECT_FALSE(SortedQuantile({}, 0.5).has_value());
}

TEST(Quantile, FailuresStandAtTheEndAsInfinity) {
  const std::vector<double> sorted = {1.0, 2.0, 3.0, 4.0};
  const struct {
    std::int64_t failures;
    double p;
    double expected;
  } cases[] = {
      {0, 0.5, 2.0}, {0, 0.51, 3.0},      {0, 0.99, 4.0}, {0, 0.0, 1.0},
      {1, 0.8, 4.0}, {1, 0.9, kInfinity}, {4, 0.5, 4.0},  {4, 0.51, kInfinity},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(SortedQuantileWithFailures(sorted, c.failures, c.p), c.expected)
        << "failures " << c.failures << " p " << c.p;
  }
  EXPECT_EQ(SortedQuantileWithFailures({}, 2, 0.5), kInfinity);
  EXPECT_FALSE(SortedQuantileWithFailures({}, 0, 0.5).has_value());
}

TEST(Quantile, NearestRankIsNotLiftedByRounding) {
  std::vector<double> sorted(100);
  for (std::size_t i = 0; i < sorted.size(); ++i) sorted[i] = static_cast<double>(i + 1);
  for (int percent = 1; percent <= 100; ++percent) {
    EXPECT_EQ(SortedQuantileWithFailures(sorted, 0, percent / 100.0), percent) << percent;
  }
}

TEST(Quantile, SpreadAgreesWithTheSingleQuantiles) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Rng rng(seed);
    std::vector<double> samples(1 + rng.Below(300));
    double sum = 0.0;
    for (double& sample : samples) sum += sample = std::exp(rng.Normal());
    std::vector<double> sorted = samples;
    std::sort(sorted.begin(), sorted.end());
    const Spread spread = SortAndSummarize(samples);
    EXPECT_EQ(samples, sorted) << "seed " << seed;
    EXPECT_EQ(spread.count, static_cast<std::int64_t>(sorted.size())) << "seed " << seed;
    EXPECT_NEAR(*spread.mean, sum / static_cast<double>(sorted.size()), 1e-9) << "seed " << seed;
    EXPECT_EQ(spread.min, sorted.front()) << "seed " << seed;
    EXPECT_EQ(spread.p99, SortedQuantile(sorted, 0.99)) << "seed " << seed;
    EXPECT_EQ(spread.max, sorted.back()) << "seed " << seed;
    EXPECT_LE(*spread.p50, *spread.p75) << "seed " << seed;
    EXPECT_LE(*spread.p99, *spread.p999) << "seed " << seed;
  }
}

TEST(Quantile, AnEmptySampleHasNoNumbers) {
  std::vector<double> none;
  EXPECT_EQ(SortAndSummarize(none), Spread{});
}

TEST(Quantile, TheMeanOfEqualSamplesIsTheSample) {
  std::vector<double> samples(7, 0.1);
  EXPECT_EQ(SortAndSummarize(samples).mean, 0.1);
}

TEST(Quantile, RepeatedValuesAreAsWrittenOut) {
  std::vector<Repeated> repeated = {{3.0, 2}, {1.0, 1}, {2.0, 4}, {1.0, 2}};
  std::vector<double> each = {1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 3.0, 3.0};
  EXPECT_EQ(SortAndSummarize(repeated), SortAndSummarize(each));
  std::vector<Repeated> none;
  EXPECT_EQ(SortAndSummarize(none), Spread{});
  std::vector<Repeated> many = {{0.5, 1'000'000'000'000}, {7.0, 1}};
  EXPECT_EQ(SortAndSummarize(many).p999, 0.5);
  EXPECT_EQ(SortAndSummarize(many).max, 7.0);
}

}  // namespace
}  // namespace roofscape::stats
