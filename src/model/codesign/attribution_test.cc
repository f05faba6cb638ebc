#include "model/codesign/attribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "base/core/rng.h"

namespace roofscape::codesign {
namespace {

/// Values of all mixes by chance.
std::vector<double> RandomValues(Rng& rng, std::size_t factors) {
  std::vector<double> values;
  for (std::size_t i = 0; i < std::size_t{1} << factors; ++i) {
    values.push_back(std::exp(rng.Normal()));
  }
  return values;
}

Attribution Of(std::size_t factors, const std::vector<double>& values) {
  auto out = Attribute(factors, [&](Mix mix) -> Result<double> { return values[mix]; });
  EXPECT_TRUE(out);
  return *std::move(out);
}

TEST(Attribution, SharesMultiplyToTheGain) {
  Rng rng(12);
  for (std::size_t factors = 0; factors <= 10; ++factors) {
    const auto values = RandomValues(rng, factors);
    const Attribution a = Of(factors, values);
    double product = 1.0;
    for (const Factor& f : a.factors) {
      product *= f.share;
      EXPECT_LE(f.least, f.share * (1.0 + 1e-12));
      EXPECT_GE(f.most, f.share * (1.0 - 1e-12));
    }
    EXPECT_NEAR(product / (values.back() / values.front()), 1.0, 1e-9);
    EXPECT_NEAR(a.gain / product, 1.0, 1e-9);
  }
}

TEST(Attribution, WhatChangesNothingHasExactlyOne) {
  Rng rng(13);
  for (std::size_t none = 0; none < 4; ++none) {
    auto values = RandomValues(rng, 4);
    for (Mix mix = 0; mix < values.size(); ++mix) {
      values[mix | (Mix{1} << none)] = values[mix & ~(Mix{1} << none)];
    }
    const Attribution a = Of(4, values);
    EXPECT_EQ(a.factors[none].share, 1.0);
    EXPECT_EQ(a.factors[none].least, 1.0);
    EXPECT_EQ(a.factors[none].most, 1.0);
  }
}

TEST(Attribution, IsTheMeanOverAllOrders) {
  Rng rng(14);
  constexpr std::size_t kFactors = 5;
  const auto values = RandomValues(rng, kFactors);
  std::vector<double> sums(kFactors, 0.0);
  std::vector<std::size_t> order(kFactors);
  std::iota(order.begin(), order.end(), 0U);
  double orders = 0.0;
  do {
    Mix mix = 0;
    for (const std::size_t i : order) {
      const Mix next = mix | (Mix{1} << i);
      sums[i] += std::log(values[next] / values[mix]);
      mix = next;
    }
    orders += 1.0;
  } while (std::next_permutation(order.begin(), order.end()));
  const Attribution a = Of(kFactors, values);
  for (std::size_t i = 0; i < kFactors; ++i) {
    EXPECT_NEAR(std::log(a.factors[i].share), sums[i] / orders, 1e-12);
  }
}

TEST(Attribution, NamesOfFactorsDoNotMatter) {
  Rng rng(15);
  constexpr std::size_t kFactors = 4;
  const auto values = RandomValues(rng, kFactors);
  const std::size_t renamed[kFactors] = {2, 0, 3, 1};
  std::vector<double> other(values.size());
  for (Mix mix = 0; mix < values.size(); ++mix) {
    Mix moved = 0;
    for (std::size_t i = 0; i < kFactors; ++i) moved |= (mix >> i & 1U) << renamed[i];
    other[moved] = values[mix];
  }
  const Attribution a = Of(kFactors, values);
  const Attribution b = Of(kFactors, other);
  for (std::size_t i = 0; i < kFactors; ++i) {
    EXPECT_NEAR(a.factors[i].share, b.factors[renamed[i]].share, 1e-12);
    for (std::size_t j = 0; j < kFactors; ++j) {
      EXPECT_NEAR(a.together[i * kFactors + j], b.together[renamed[i] * kFactors + renamed[j]],
                  1e-12);
    }
  }
}

TEST(Attribution, IndependentFactorsHaveNothingTogether) {
  const Attribution a = Of(3, {1.0, 2.0, 3.0, 6.0, 5.0, 10.0, 15.0, 30.0});
  EXPECT_NEAR(a.factors[0].share, 2.0, 1e-12);
  EXPECT_NEAR(a.factors[1].share, 3.0, 1e-12);
  EXPECT_NEAR(a.factors[2].share, 5.0, 1e-12);
  for (const double t : a.together) EXPECT_NEAR(t, 0.0, 1e-12);
}

TEST(Attribution, RefusesWhatHasNoShares) {
  const auto none = Attribute(2, [](Mix mix) -> Result<double> { return mix == 2 ? 0.0 : 1.0; });
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("mix 10"), std::string::npos);
  EXPECT_FALSE(Attribute(kMostFactors + 1, [](Mix) -> Result<double> { return 1.0; }));
}

}  // namespace
}  // namespace roofscape::codesign
