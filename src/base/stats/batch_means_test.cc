#include "base/stats/batch_means.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/core/rng.h"

namespace roofscape::stats {
namespace {

TEST(BatchMeans, StudentQuantilesOfThePrintedTables) {
  const struct {
    double degrees, p, expected;
  } cases[] = {
      {1, 0.975, 12.7062047},   {2, 0.975, 4.30265273},   {5, 0.95, 2.01504837},
      {10, 0.995, 3.16927267},  {19, 0.975, 2.09302405},  {19, 0.025, -2.09302405},
      {30, 0.9, 1.31041503},    {120, 0.975, 1.97993041}, {7, 0.5, 0.0},
      {1e7, 0.975, 1.95996422},
  };
  for (const auto& c : cases) {
    EXPECT_NEAR(StudentQuantile(c.degrees, c.p), c.expected, 2e-8 * (1.0 + std::abs(c.expected)))
        << "degrees " << c.degrees << " p " << c.p;
  }
}

TEST(BatchMeans, TheClosedFormsOfOneAndTwoDegrees) {
  for (double p = 0.505; p < 0.9999; p += 0.0125) {
    const double cauchy = std::tan(M_PI * (p - 0.5));
    EXPECT_NEAR(StudentQuantile(1, p) / cauchy, 1.0, 1e-9) << "p " << p;
    const double two = (2.0 * p - 1.0) / std::sqrt(2.0 * p * (1.0 - p));
    EXPECT_NEAR(StudentQuantile(2, p) / two, 1.0, 1e-9) << "p " << p;
  }
}

// First-order autoregression around 10: correlated as the token rates of a server are.
std::vector<double> Correlated(std::uint64_t seed, std::size_t count, double memory) {
  Rng rng(seed);
  std::vector<double> series(count);
  double state = rng.Normal() / std::sqrt(1.0 - memory * memory);
  for (double& x : series) {
    state = memory * state + rng.Normal();
    x = 10.0 + state;
  }
  return series;
}

TEST(BatchMeans, CoversTheTruthAsOftenAsItSays) {
  for (const double memory : {0.0, 0.8}) {
    int covered = 0;
    constexpr int kRuns = 400;
    for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
      const auto interval = BatchMeansInterval(Correlated(seed, 2000, memory), 0.9);
      ASSERT_TRUE(interval.has_value());
      if (std::abs(interval->mean - 10.0) <= interval->half_width) ++covered;
    }
    // 90 % of 400 with a standard deviation of 6; correlation left in the batches costs a little.
    EXPECT_GE(covered, 334) << "memory " << memory << ", seeds 1 to " << kRuns;
    EXPECT_LE(covered, 384) << "memory " << memory << ", seeds 1 to " << kRuns;
  }
}

TEST(BatchMeans, SaysWhenBatchesAreTooShort) {
  const auto short_batches = BatchMeansInterval(Correlated(7, 60, 0.98), 0.95);
  const auto long_batches = BatchMeansInterval(Correlated(7, 60'000, 0.5), 0.95);
  ASSERT_TRUE(short_batches && long_batches);
  EXPECT_GT(short_batches->lag1, 0.4);
  EXPECT_LT(std::abs(long_batches->lag1), 0.6);
  EXPECT_LT(long_batches->half_width, short_batches->half_width);
}

TEST(BatchMeans, HandComputed) {
  std::vector<double> series(41, 1.0);
  for (std::size_t i = 21; i < series.size(); ++i) series[i] = 3.0;
  series[0] = 1000.0;  // Does not fill a batch and is dropped.
  const auto interval = BatchMeansInterval(series, 0.95);
  ASSERT_TRUE(interval.has_value());
  EXPECT_DOUBLE_EQ(interval->mean, 2.0);
  EXPECT_EQ(interval->batches, 20U);
  EXPECT_NEAR(interval->half_width, 2.09302405 / std::sqrt(19.0), 1e-8);
}

TEST(BatchMeans, FewerObservationsThanBatchesHaveNoInterval) {
  EXPECT_FALSE(BatchMeansInterval(std::vector<double>(19, 1.0), 0.95).has_value());
  const auto flat = BatchMeansInterval(std::vector<double>(20, 1.0), 0.95);
  ASSERT_TRUE(flat.has_value());
  EXPECT_EQ(flat->half_width, 0.0);
}

TEST(BatchMeans, SectionsAroundAFigureThatIsNotTheirMean) {
  // Ten at 1 and ten at 3, by turns: not alike (lag-1 correlation -0.95), so nothing is widened.
  std::vector<double> figures(20);
  for (std::size_t i = 0; i < figures.size(); ++i) figures[i] = i % 2 == 0 ? 1.0 : 3.0;
  const auto centred = SectionInterval(figures, 2.0, 0.95);
  ASSERT_TRUE(centred.has_value());
  EXPECT_DOUBLE_EQ(centred->mean, 2.0);
  EXPECT_NEAR(centred->half_width, 2.09302405 / std::sqrt(19.0), 1e-8);
  EXPECT_NEAR(centred->lag1, -0.95, 1e-12);
  // Off by 1: each square grows from 1 to 0 or 4, 2 in the mean.
  const auto aside = SectionInterval(figures, 3.0, 0.95);
  EXPECT_DOUBLE_EQ(aside->mean, 3.0);
  EXPECT_NEAR(aside->half_width, 2.09302405 * std::sqrt(2.0 / 19.0), 1e-8);
  EXPECT_FALSE(SectionInterval(std::vector<double>(19, 1.0), 1.0, 0.95).has_value());
}

TEST(BatchMeans, AlikeNeighboursWidenTheInterval) {
  std::vector<double> step(20, 1.0);
  for (std::size_t i = 10; i < step.size(); ++i) step[i] = 3.0;
  const auto interval = SectionInterval(step, 2.0, 0.95);
  ASSERT_TRUE(interval.has_value());
  EXPECT_NEAR(interval->lag1, 0.85, 1e-12);
  EXPECT_NEAR(interval->half_width, 2.09302405 / std::sqrt(19.0) * std::sqrt(1.85 / 0.15), 1e-7);
}

// The correction is what keeps intervals honest where the batches are too short.
TEST(BatchMeans, SectionsOfAlikeBatchesStillCover) {
  int plain = 0;
  int widened = 0;
  constexpr int kRuns = 400;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    const std::vector<double> series = Correlated(seed, 200, 0.8);
    const auto by_means = BatchMeansInterval(series, 0.95);
    std::vector<double> means(20);
    for (std::size_t i = 0; i < series.size(); ++i) means[i / 10] += series[i] / 10.0;
    const auto by_sections = SectionInterval(means, by_means->mean, 0.95);
    if (std::abs(by_means->mean - 10.0) <= by_means->half_width) ++plain;
    if (std::abs(by_sections->mean - 10.0) <= by_sections->half_width) ++widened;
  }
  EXPECT_LT(plain, kRuns * 90 / 100) << "seeds 1 to " << kRuns;
  EXPECT_GE(widened, kRuns * 91 / 100) << "seeds 1 to " << kRuns;
}

TEST(BatchMeans, IndependentFigures) {
  const auto interval = IndependentInterval(std::vector<double>{10.0, 12.0, 14.0}, 0.95);
  ASSERT_TRUE(interval.has_value());
  EXPECT_DOUBLE_EQ(interval->mean, 12.0);
  EXPECT_EQ(interval->batches, 3U);
  EXPECT_NEAR(interval->half_width, 4.30265273 * 2.0 / std::sqrt(3.0), 1e-7);
  EXPECT_FALSE(IndependentInterval(std::vector<double>{10.0}, 0.95).has_value());
  int covered = 0;
  constexpr int kRuns = 1000;
  Rng rng(3);
  for (int run = 0; run < kRuns; ++run) {
    const std::vector<double> figures = {rng.Normal(), rng.Normal(), rng.Normal()};
    const auto each = IndependentInterval(figures, 0.95);
    if (std::abs(each->mean) <= each->half_width) ++covered;
  }
  EXPECT_NEAR(covered, 950, 25) << "seed 3";
}

}  // namespace
}  // namespace roofscape::stats
