#include "service/api/params.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace roofscape::api {
namespace {

Params Must(std::string_view query) {
  auto params = Params::Parse(query);
  EXPECT_TRUE(params) << query << ": " << (params ? "" : params.error().message);
  return params ? *params : Params();
}

TEST(Params, ReadsNamesAndValuesWithTheirEscapes) {
  const Params params = Must("a=1&b=x%2Fy+z&b=x%2Fy%20z&b=w&c=&=v&d&&e=%e2%82%ac");
  EXPECT_EQ(params.One("a"), "1");
  EXPECT_EQ(params.Many("b"), (std::vector<std::string>{"x/y z", "w"}));
  EXPECT_EQ(params.One("c"), "");
  EXPECT_EQ(params.One("d"), "");
  EXPECT_EQ(params.One("e"), "\u20ac");
}

TEST(Params, RefusesWhatIsNoText) {
  for (const char* query : {"a=%", "a=%4", "a=%zz", "a=%00", "a=%0a", "a=\x01", "a=%ff", "a=%c0%af",
                            "a=%ed%a0%80", "a=%f5%80%80%80", "a=%c2%85", "%ff=1"}) {
    EXPECT_FALSE(Params::Parse(query)) << query;
  }
  EXPECT_FALSE(Params::Parse("a=" + std::string(kMaxQueryBytes, 'x')));
  std::string many;
  for (std::size_t i = 0; i <= kMaxParams; ++i) many += "a=1&";
  EXPECT_FALSE(Params::Parse(many));
}

TEST(Params, SaysWhichParameterIsNotKnown) {
  constexpr std::array<std::string_view, 2> kKnown = {"model", "chip"};
  EXPECT_TRUE(Must("model=a&chip=b").Check(kKnown));
  const auto error = Must("modle=a").Check(kKnown).error();
  EXPECT_EQ(ParameterOf(error), "modle");
  EXPECT_NE(error.message.find("'model'"), std::string::npos) << error.message;
}

TEST(Params, ReadsNumbersInTheirRange) {
  const Params params =
      Must("a=1.5e2&b=7&c=many&d=nan&e=1e999&f=-1&g=1x&h=2026-02-30&i=2026-07-01");
  EXPECT_EQ(**params.Number("a", 0, 1000), 150.0);
  EXPECT_EQ(**params.Integer("b", 0, 10), 7);
  EXPECT_EQ(*params.Number("none", 0, 1), std::nullopt);
  EXPECT_FALSE(params.Number("a", 0, 100));
  EXPECT_FALSE(params.Integer("a", 0, 1000));
  for (const char* name : {"c", "d", "e", "f", "g"}) {
    const auto number = params.Number(name, 0, 1e6);
    ASSERT_FALSE(number) << name;
    EXPECT_EQ(ParameterOf(number.error()), name);
  }
  EXPECT_FALSE(params.Day("h"));
  EXPECT_EQ((*params.Day("i"))->ToIso(), "2026-07-01");
  EXPECT_EQ(Must("x=3&x=1&x=3").Numbers("x", 0, 9)->size(), 2U);
  EXPECT_TRUE(*Must("x=1").Flag("x"));
  EXPECT_FALSE(*Must("x=0").Flag("x"));
  EXPECT_FALSE(Must("x=yes").Flag("x"));
}

TEST(Params, HasOneKeyForOneQuestion) {
  EXPECT_EQ(Must("a=1&b=x%2fy").Canonical(), Must("b=x/y&c=&a=1").Canonical());
  EXPECT_NE(Must("a=1&a=2").Canonical(), Must("a=2&a=1").Canonical());  // Order of sides counts.
  // No value can look like another parameter.
  EXPECT_NE(Must("a=1%263:b=1:2").Canonical(), Must("a=1&b=2").Canonical());
}

TEST(Unescape, TellsPlusInAQueryFromPlusInAPath) {
  EXPECT_EQ(Unescape("a+b%2B", true), "a b+");
  EXPECT_EQ(Unescape("a+b%2B", false), "a+b+");
}

}  // namespace
}  // namespace roofscape::api
