#include "base/stats/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/core/rng.h"
#include "base/stats/quantile.h"

namespace roofscape::stats {
namespace {

// Durations over the whole range, spread evenly in the logarithm.
std::vector<std::int64_t> LogUniform(std::uint64_t seed, std::size_t count) {
  Rng rng(seed);
  std::vector<std::int64_t> values(count);
  const double decades = std::log(3.6e9);
  for (std::int64_t& value : values) {
    value = std::clamp(std::llround(1e3 * std::exp(decades * rng.Uniform())),
                       static_cast<long long>(Histogram::kMinNs),
                       static_cast<long long>(Histogram::kMaxNs));
  }
  return values;
}

Histogram Of(const std::vector<std::int64_t>& values) {
  Histogram histogram;
  for (const std::int64_t value : values) histogram.Add(value);
  return histogram;
}

TEST(Histogram, QuantilesAreWithinATenthOfAPercentOfTheExactOnes) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const std::size_t count = 1 + Rng(seed).Below(2000);
    const std::vector<std::int64_t> values = LogUniform(seed, count);
    const Histogram histogram = Of(values);
    std::vector<double> exact(values.begin(), values.end());
    std::sort(exact.begin(), exact.end());
    for (const double p : {0.0, 0.001, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0}) {
      const double truth = *SortedQuantile(exact, p);
      EXPECT_NEAR(*histogram.QuantileNs(p) / truth, 1.0, 0.001) << "seed " << seed << " p " << p;
    }
    EXPECT_EQ(histogram.MinNs(), *std::min_element(values.begin(), values.end()));
    EXPECT_EQ(histogram.MaxNs(), *std::max_element(values.begin(), values.end()));
    double sum = 0.0;
    for (const double value : exact) sum += value;
    EXPECT_NEAR(*histogram.MeanNs() / (sum / static_cast<double>(count)), 1.0, 1e-12)
        << "seed " << seed;
  }
}

TEST(Histogram, EverySingleValueKeepsThreeDigits) {
  for (std::int64_t value = Histogram::kMinNs; value <= Histogram::kMaxNs;
       value += 1 + value / 777) {
    Histogram histogram;
    // Far neighbours, so that clamping to minimum and maximum does not hide the bucket's error.
    histogram.Add(Histogram::kMinNs);
    histogram.Add(value);
    histogram.Add(Histogram::kMaxNs);
    ASSERT_NEAR(*histogram.QuantileNs(0.5) / static_cast<double>(value), 1.0, 0.0005) << value;
    if (value > 100'000'000 && value % 5 != 0) value += value / 10;  // Keep the test short.
  }
}

TEST(Histogram, MergeIsTheHistogramOfTheUnion) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const std::vector<std::int64_t> a = LogUniform(seed, Rng(seed).Below(300));
    std::vector<std::int64_t> b = LogUniform(seed + 1000, Rng(seed + 1).Below(300));
    b.push_back(5);                       // underflow
    b.push_back(-3);                      // a clock that ran backwards
    b.push_back(Histogram::kMaxNs + 17);  // overflow
    std::vector<std::int64_t> both = b;
    both.insert(both.end(), a.begin(), a.end());
    Histogram ab = Of(a);
    ab.Merge(Of(b));
    Histogram ba = Of(b);
    ba.Merge(Of(a));
    EXPECT_EQ(ab, Of(both)) << "seed " << seed;
    EXPECT_EQ(ba, Of(both)) << "seed " << seed;
    Histogram with_nothing = Of(both);
    with_nothing.Merge(Histogram());
    EXPECT_EQ(with_nothing, Of(both)) << "seed " << seed;
  }
}

TEST(Histogram, MergingWithItselfDoublesEverySample) {
  const std::vector<std::int64_t> values = {2'000, 3'000, 1, Histogram::kMaxNs + 1};
  Histogram histogram = Of(values);
  histogram.Merge(histogram);
  Histogram doubled;
  for (const std::int64_t value : values) doubled.AddMany(value, 2);
  EXPECT_EQ(histogram, doubled);
}

TEST(Histogram, AddingOneByOneIsAddingMany) {
  for (const std::int64_t value :
       {-5'000'000'000LL, -1LL, 0LL, 999LL, 123'456'789LL, 2LL * Histogram::kMaxNs}) {
    Histogram single;
    Histogram many;
    for (int i = 0; i < 5; ++i) single.Add(value);
    many.AddMany(value, 5);
    many.AddMany(value + 1, 0);
    EXPECT_EQ(single, many) << value;
  }
}

TEST(Histogram, SamplesOutsideTheRangeAreCountedAndNotLost) {
  Histogram histogram = Of({999, 0, -7, 1'000, Histogram::kMaxNs, Histogram::kMaxNs + 1});
  EXPECT_EQ(histogram.count(), 6U);
  EXPECT_EQ(histogram.underflow(), 3U);
  EXPECT_EQ(histogram.overflow(), 1U);
  EXPECT_EQ(histogram.MinNs(), -7);
  EXPECT_EQ(histogram.MaxNs(), Histogram::kMaxNs + 1);
  EXPECT_EQ(histogram.QuantileNs(0.0), -7.0);
  EXPECT_EQ(histogram.QuantileNs(1.0), static_cast<double>(Histogram::kMaxNs + 1));
  EXPECT_EQ(histogram.Cdf(10).back(), (CdfPoint{Histogram::kMaxNs + 1, 1.0}));
}

TEST(Histogram, AnEmptyOneHasNoNumbers) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_FALSE(histogram.MinNs() || histogram.MaxNs() || histogram.MeanNs());
  EXPECT_FALSE(histogram.QuantileNs(0.5).has_value());
  EXPECT_TRUE(histogram.Cdf(10).empty());
  EXPECT_TRUE(histogram.LogBins(10).empty());
}

TEST(Histogram, TheMeanOfManyHoursDoesNotOverflow) {
  Histogram histogram;
  histogram.AddMany(Histogram::kMaxNs, 1'000'000'000'000ULL);
  EXPECT_EQ(histogram.MeanNs(), static_cast<double>(Histogram::kMaxNs));
  histogram.AddMany(-Histogram::kMaxNs, 1'000'000'000'000ULL);
  EXPECT_EQ(histogram.MeanNs(), 0.0);
  histogram.AddMany(-1'000, 1'000'000'000'000ULL);
  EXPECT_NEAR(*histogram.MeanNs(), -1'000.0 / 3.0, 1e-6);
}

TEST(Histogram, CdfRisesToOneAndStaysShort) {
  const Histogram histogram = Of(LogUniform(11, 5000));
  const std::vector<CdfPoint> points = histogram.Cdf(200);
  ASSERT_EQ(points.size(), 200U);
  for (std::size_t i = 1; i < points.size(); ++i) {
    EXPECT_LT(points[i - 1].value_ns, points[i].value_ns);
    EXPECT_LT(points[i - 1].fraction, points[i].fraction);
  }
  EXPECT_EQ(points.back().fraction, 1.0);
  EXPECT_EQ(points.back().value_ns, histogram.MaxNs());
}

TEST(Histogram, LogBinsHoldEverySampleInRange) {
  for (const std::size_t bins : {1UL, 2UL, 7UL, 60UL}) {
    Histogram histogram = Of(LogUniform(5, 1000));
    histogram.Add(1);
    const std::vector<HistogramBucket> drawn = histogram.LogBins(bins);
    ASSERT_EQ(drawn.size(), bins);
    std::uint64_t total = 0;
    for (const HistogramBucket& bucket : drawn) total += bucket.count;
    EXPECT_EQ(total, 1000U) << bins;
    for (std::size_t i = 1; i < bins; ++i) EXPECT_EQ(drawn[i - 1].high_ns, drawn[i].low_ns);
  }
  const std::vector<HistogramBucket> one = Of({5'000'000}).LogBins(3);
  EXPECT_EQ(one[0].count + one[1].count + one[2].count, 1U);
}

TEST(Histogram, DecodingWhatWasEncodedGivesTheSame) {
  EXPECT_EQ(*Histogram::Decode(Histogram().Encode()), Histogram());
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    std::vector<std::int64_t> values = LogUniform(seed, Rng(seed).Below(500));
    if (seed % 3 == 0) values.push_back(-static_cast<std::int64_t>(seed));
    if (seed % 4 == 0) values.push_back(Histogram::kMaxNs * 2);
    const Histogram histogram = Of(values);
    const auto decoded = Histogram::Decode(histogram.Encode());
    ASSERT_TRUE(decoded) << "seed " << seed << ": " << decoded.error().message;
    EXPECT_EQ(*decoded, histogram) << "seed " << seed;
  }
}

TEST(Histogram, DecodeRefusesEveryCutAndEveryAddition) {
  const std::string bytes = Of({1'500, 20'000, 20'000, 5, Histogram::kMaxNs + 1}).Encode();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(Histogram::Decode(std::string_view(bytes).substr(0, length))) << length;
  }
  EXPECT_FALSE(Histogram::Decode(bytes + '\0'));
  std::string newer = bytes;
  newer[0] = 2;
  EXPECT_FALSE(Histogram::Decode(newer));
}

TEST(Histogram, WhatDecodesFromDamagedBytesEncodesToTheSameBytes) {
  const std::string bytes = Of({1'500, 20'000, 3'000'000, 999}).Encode();
  int decoded_count = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    Rng rng(seed);
    std::string damaged = bytes;
    damaged[rng.Below(damaged.size())] = static_cast<char>(rng.Below(256));
    const auto decoded = Histogram::Decode(damaged);
    if (!decoded) continue;
    ++decoded_count;
    EXPECT_EQ(decoded->Encode(), damaged) << "seed " << seed;
    EXPECT_TRUE(decoded->QuantileNs(0.5).has_value()) << "seed " << seed;
  }
  EXPECT_GT(decoded_count, 0);
}

}  // namespace
}  // namespace roofscape::stats
