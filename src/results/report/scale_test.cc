#include "results/report/scale.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/core/rng.h"

namespace roofscape::report {
namespace {

std::string Texts(const Scale& scale) {
  std::string out;
  for (const double tick : scale.ticks()) out += (out.empty() ? "" : " ") + scale.TickText(tick);
  return out;
}

TEST(ScaleTest, TicksAreRound) {
  EXPECT_EQ(Texts(Scale::Linear(430, 5)), "0 100 200 300 400 500");
  EXPECT_EQ(Texts(Scale::Linear(0.043, 5)), "0.00 0.01 0.02 0.03 0.04 0.05");
  EXPECT_EQ(Texts(Scale::Linear(38000, 4)), "0 10,000 20,000 30,000 40,000");
  EXPECT_EQ(Texts(Scale::Linear(1, 2)), "0.0 0.5 1.0");
  EXPECT_EQ(Texts(Scale::Log(12, 900, 10)), "10 20 50 100 200 500 1,000");
  EXPECT_EQ(Texts(Scale::Log(0.02, 900, 5)), "0.1 1 10 100 1,000");
}

TEST(ScaleTest, DegenerateInputStillGivesAScale) {
  for (const double high : {0.0, -1.0, std::nan("")}) EXPECT_EQ(Scale::Linear(high, 5).high(), 1.0);
  const Scale one = Scale::Log(7, 7, 5);
  EXPECT_LT(one.low(), 7);
  EXPECT_GE(one.high(), 7);
}

// Property: the scale holds what it was made for, keeps order, and its ticks have different texts.
TEST(ScaleTest, HoldsItsRange) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Rng rng(seed);
    const double low = std::pow(10.0, -4 + 8 * rng.Uniform());
    const double high = low * std::pow(10.0, 3 * rng.Uniform());
    const int count = 3 + static_cast<int>(rng.Below(10));
    for (Scale scale : {Scale::Linear(high, count), Scale::Log(low, high, count)}) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      scale.Place(300, 20);
      EXPECT_LE(scale.low(), low);
      EXPECT_GE(scale.high(), high * (1 - 1e-9));
      EXPECT_GE(scale.At(low), scale.At(high));
      EXPECT_LE(scale.At(low), 300);
      EXPECT_GE(scale.At(high), 20 - 1e-9);
      ASSERT_GE(scale.ticks().size(), 2U);
      std::set<std::string> texts;
      for (const double tick : scale.ticks()) texts.insert(scale.TickText(tick));
      EXPECT_EQ(texts.size(), scale.ticks().size()) << Texts(scale);
    }
  }
}

}  // namespace
}  // namespace roofscape::report
