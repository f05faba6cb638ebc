// Tests of the small pieces of core: results, units, clocks, random numbers, text.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>

#include "base/core/check.h"
#include "base/core/clock.h"
#include "base/core/names.h"
#include "base/core/result.h"
#include "base/core/rng.h"
#include "base/core/text.h"
#include "base/core/units.h"

namespace roofscape {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return Error{ErrorCode::kInvalidArgument, "odd"};
  return value / 2;
}

Result<int> Quarter(int value) {
  RS_ASSIGN_OR_RETURN(const int half, Half(value));
  return Half(half);
}

TEST(ResultTest, CarriesAValueOrAnError) {
  EXPECT_EQ(*Quarter(12), 3);
  EXPECT_EQ(Quarter(6).error().In("half of 6").message, "half of 6: odd");
  EXPECT_EQ(Name(Quarter(7).error().code), "invalid_argument");
}

TEST(ResultDeathTest, AnErrorHasNoValue) {
  EXPECT_DEATH(static_cast<void>(*Half(3)), "odd");
  EXPECT_DEATH(RS_CHECK(1 == 2), "1 == 2");
}

TEST(UnitsTest, RatesAreQuotients) {
  EXPECT_DOUBLE_EQ((Tokens(100) / Seconds(4)).value(), 25.0);
  EXPECT_DOUBLE_EQ((TokensPerSecond(25) * Seconds(4)).value(), 100.0);
  EXPECT_DOUBLE_EQ(ToSeconds(Nanos(1'500'000'000)).value(), 1.5);
}

TEST(ClockTest, WallTimePrintsAsIso) {
  EXPECT_EQ(WallTime{1'700'000'000'123'456}.ToIso(), "2023-11-14T22:13:20.123456Z");
}

TEST(ClockTest, ManualClockMovesOnlyWhenTold) {
  ManualClock clock;
  const Instant before = clock.Now();
  clock.Advance(Nanos(5));
  EXPECT_EQ(clock.Now() - before, Nanos(5));
}

TEST(RngTest, ForksDoNotDependOnUse) {
  Rng a(1);
  const Rng b(1);
  for (int i = 0; i < 100; ++i) a.Next();
  EXPECT_EQ(a.Fork(3).Next(), b.Fork(3).Next());
  EXPECT_NE(b.Fork(3).Next(), b.Fork(4).Next());
}

TEST(RngTest, SameSeedSameValuesForever) {
  Rng rng(42);
  EXPECT_EQ(rng.Next(), Rng(42).Next());
  EXPECT_NE(rng.Next(), Rng(43).Next());
}

// Property: the mean and the bounds of each distribution, for several seeds.
TEST(RngTest, DistributionsHaveTheirMoments) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    constexpr int kDraws = 20'000;
    double uniform = 0;
    double normal = 0;
    double squares = 0;
    std::set<std::uint64_t> below;
    for (int i = 0; i < kDraws; ++i) {
      uniform += rng.Uniform();
      const double z = rng.Normal();
      normal += z;
      squares += z * z;
      below.insert(rng.Below(7));
    }
    EXPECT_NEAR(uniform / kDraws, 0.5, 0.02);
    EXPECT_NEAR(normal / kDraws, 0.0, 0.05);
    EXPECT_NEAR(squares / kDraws, 1.0, 0.05);
    EXPECT_EQ(below.size(), 7U);
    EXPECT_EQ(*below.rbegin(), 6U);
  }
}

TEST(TextTest, Suggestions) {
  const std::vector<std::string> names = {"bench", "frontier", "report"};
  EXPECT_EQ(Nearest("bnech", names), "bench");
  EXPECT_EQ(Nearest("fronteir", names), "frontier");
  EXPECT_EQ(Nearest("xyz", names), std::nullopt);
  EXPECT_EQ(DidYouMean("repotr", names), " Did you mean 'report'?");
}

TEST(NamesTest, AreFoundOrTheErrorTellsThem) {
  enum class Fruit { kApple, kPear };
  constexpr std::array<std::string_view, 2> kFruits = {"apple", "pear"};
  EXPECT_EQ(FindName<Fruit>("pear", kFruits), Fruit::kPear);
  EXPECT_EQ(FindName<Fruit>("plum", kFruits), std::nullopt);
  ASSERT_TRUE(ParseName<Fruit>("fruit", "apple", kFruits));
  const auto wrong = ParseName<Fruit>("fruit", "appel", kFruits);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message,
            "fruit 'appel' is unknown. Did you mean 'apple'? Use one of: apple, pear");
}

TEST(TextTest, SmallHelpers) {
  EXPECT_EQ(Split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_TRUE(Split("", ',').empty());
  EXPECT_EQ(Trim(" \t x y \r\n"), "x y");
  EXPECT_EQ(Printable("a\nb\x01\xff", 10), "a.b..");
  EXPECT_EQ(Printable("abcdef", 3), "abc...");
  EXPECT_EQ(WithCommas(-1234567), "-1,234,567");
  EXPECT_EQ(WithCommas(999), "999");
  EXPECT_EQ(HumanSeconds(0.0123), "12.3 ms");
  EXPECT_EQ(HumanSeconds(4.5e-6), "4.5 us");
  EXPECT_EQ(HumanSeconds(0.9998e-3), "1 ms");
  EXPECT_EQ(HumanSeconds(0.9994e-3), "999 us");
  EXPECT_EQ(HumanSeconds(0.9998), "1 s");
  EXPECT_EQ(HumanSeconds(3600), "3600 s");
  EXPECT_EQ(HtmlEscape("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
}

}  // namespace
}  // namespace roofscape
