#include "model/codesign/mixture.h"

#include <gtest/gtest.h>

#include <limits>

#include "model/codesign/test_spaces.h"
#include "model/perf/testing/test_machines.h"

namespace roofscape::codesign {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

Serving ServingA() {
  Serving s;
  s.chip = TestWish().chips[0];
  s.engine = TestWish().engines[0];
  s.precision = "bf16";
  return s;
}

/// Twice the arithmetic, 1.5 times the memory's speed, fp8, at twice the price.
Serving ServingB() {
  Serving s = ServingA();
  for (double& f : s.chip.machine.flops) f *= 2.0;
  s.chip.machine.bandwidth *= 1.5;
  s.chip.weight *= 2.0;
  s.precision = "fp8";
  s.disaggregated = true;
  return s;
}

Attribution Of(const Wish& wish, const Serving& a, const Serving& b) {
  Mixtures mixtures(wish, a, b, 20.0, kNoLimit, nullptr);
  auto out =
      Attribute(mixtures.differing().size(), [&](Mix mix) { return mixtures.ValueOf(mix, {}); });
  EXPECT_TRUE(out);
  return *std::move(out);
}

TEST(Mixture, LayersThatDifferAreFound) {
  const Wish wish = TestWish();
  const Mixtures m(wish, ServingA(), ServingB(), 20.0, kNoLimit, nullptr);
  using enum ServingLayer;
  EXPECT_EQ(m.differing(), (std::vector<ServingLayer>{kSilicon, kMemory, kPrecision, kLayout,
                                                      kDisaggregation, kPrice}));
  EXPECT_TRUE(Mixtures(wish, ServingA(), ServingA(), 20.0, kNoLimit, nullptr).differing().empty());
}

TEST(Mixture, SiliconWithoutUnitsForAFormatUnpacksIt) {
  const Wish wish = TestWish();
  Serving a = ServingA();
  a.chip.machine.flops = {1e15, 1e15, 1e15};
  Serving b = a;
  b.chip.machine.flops = {1e15, 2e15, 4e15};
  b.precision = "fp4";
  const Attribution split = Of(wish, a, b);
  ASSERT_EQ(split.factors.size(), 3U);  // Silicon, precision, layout.
  EXPECT_GT(split.factors[1].share, 1.0) << "fewer bytes are read either way";
  // As an end of its own it is refused.
  Serving wrong = a;
  wrong.precision = "fp4";
  Mixtures end(wish, wrong, b, 20.0, kNoLimit, nullptr);
  EXPECT_FALSE(end.ValueOf(0, {}));
}

TEST(Mixture, SharesMultiplyToTheGainAndThePriceIsItsOwn) {
  const Wish wish = TestWish();
  const Attribution a = Of(wish, ServingA(), ServingB());
  double product = 1.0;
  for (const Factor& f : a.factors) product *= f.share;
  EXPECT_NEAR(product / a.gain, 1.0, 1e-9);
  EXPECT_GT(a.factors[1].share, 1.05);  // Memory.
  EXPECT_GT(a.factors[2].share, 1.05);  // Precision.
  // Twice the price halves what a dollar gives, in every mixture.
  EXPECT_NEAR(a.factors[5].share, 0.5, 1e-9);
  EXPECT_NEAR(a.factors[5].least, a.factors[5].most, 1e-9);
}

TEST(Mixture, ALayerWithoutEffectHasExactlyOne) {
  const Wish wish = TestWish();
  Serving a = ServingA();
  a.chip.most = 1;  // Links between chips, of which there is one.
  Serving b = a;
  b.precision = "fp8";
  b.chip.machine.link_bandwidth *= 4.0;
  const Attribution out = Of(wish, a, b);
  ASSERT_EQ(out.factors.size(), 3U);  // Fabric, precision, layout.
  EXPECT_EQ(out.factors[0].share, 1.0);
  EXPECT_GT(out.factors[1].share, 1.0);
  EXPECT_EQ(out.factors[2].share, 1.0);
}

TEST(Mixture, AGivenLayoutIsKept) {
  const Wish wish = TestWish();
  Serving a = ServingA();
  a.layout = perf::Layout{4.0, 1.0, 1.0, 1.0};
  Serving b = ServingA();
  Mixtures m(wish, a, b, 20.0, kNoLimit, nullptr);
  ASSERT_EQ(m.differing(), (std::vector<ServingLayer>{ServingLayer::kLayout}));
  ASSERT_TRUE(m.ValueOf(0, {}));
  EXPECT_EQ(m.last_plan().substr(0, 5), "tp 4,");
  const auto kept = m.ValueOf(0, {});
  const auto free = m.ValueOf(1, {});
  ASSERT_TRUE(kept && free);
  EXPECT_GT(*free, *kept);
}

TEST(Mixture, ATargetThatNobodyReachesIsSaid) {
  const Wish wish = TestWish();
  Mixtures m(wish, ServingA(), ServingB(), 1e6, kNoLimit, nullptr);
  const auto value = m.ValueOf(0, {});
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().message.find("does not reach"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::codesign
