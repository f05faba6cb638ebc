#include "results/report/numbers.h"

#include <gtest/gtest.h>

#include <limits>

#include <limits>
#include <vector>

namespace roofscape::report {
namespace {

TEST(NumbersTest, ThreeSignificantDigits) {
  struct Case {
    double value;
    std::string want;
  };
  const std::vector<Case> cases = {{0, "0"},          {0.01234, "0.0123"}, {0.9996, "1.00"},
                                   {1, "1.00"},       {4.5649, "4.56"},    {9.996, "10.0"},
                                   {45.649, "45.6"},  {99.94, "99.9"},     {99.96, "100"},
                                   {456.4, "456"},    {12345.6, "12,346"}, {-4.5649, "-4.56"},
                                   {2e-9, "2.00e-09"}};
  for (const Case& c : cases) EXPECT_EQ(Number(c.value), c.want) << c.value;
}

TEST(NumbersTest, MissingIsADashAndNeverZero) {
  EXPECT_EQ(Number(std::nullopt), kMissing);
  EXPECT_EQ(Number(std::numeric_limits<double>::quiet_NaN()), kMissing);
  EXPECT_EQ(Millis(std::nullopt), kMissing);
  EXPECT_EQ(Duration(std::nullopt), kMissing);
  EXPECT_EQ(Percent(std::nullopt), kMissing);
}

TEST(NumbersTest, UnitsThatFit) {
  EXPECT_EQ(Duration(0.0000123), "12.3 \u00b5s");
  EXPECT_EQ(Duration(0.0123), "12.3 ms");
  EXPECT_EQ(Duration(1.23), "1.23 s");
  EXPECT_EQ(Millis(0.0123), "12.3");
  EXPECT_EQ(Percent(0.0123), "1.2 %");
  EXPECT_EQ(Percent(0.95), "95 %");
  EXPECT_EQ(Counted(1, "point"), "1 point");
  EXPECT_EQ(Counted(1200, "point"), "1,200 points");
}

TEST(NumbersTest, HalfOfAnIntervalToTwoDigits) {
  EXPECT_EQ(PlusMinus({823, 847}, 1), "<span class=\"note\"> \u00b1 12</span>");
  EXPECT_EQ(PlusMinus({0.0113, 0.01342}, 1e3), "<span class=\"note\"> \u00b1 1.1</span>");
  EXPECT_EQ(PlusMinus({0, 24'690}, 1), "<span class=\"note\"> \u00b1 12,345</span>");
}

TEST(NumbersTest, WhatNeverCameIsInfinite) {
  EXPECT_EQ(Attempted(std::numeric_limits<double>::infinity(), 1e3), "inf");
  EXPECT_EQ(Attempted(0.0123, 1e3), "12.3");
  EXPECT_EQ(Attempted(std::nullopt, 1e3), kMissing);
}

}  // namespace
}  // namespace roofscape::report
