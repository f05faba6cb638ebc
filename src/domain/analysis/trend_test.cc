#include "domain/analysis/trend.h"

#include <gtest/gtest.h>

#include <string>

#include "base/core/rng.h"
#include "domain/analysis/days.h"
#include "domain/analysis/test_rows.h"

namespace roofscape::analysis {
namespace {

TrendQuery Query(double target) {
  return {*MetricAxis("interactivity_p50_tps"), target, *MetricAxis("total_tps_per_chip")};
}

spec::Row On(const std::string& day, double interactivity, double rate) {
  spec::Row row = MakeRow("b200", 8, interactivity, rate);
  row.measured = At(day);
  return row;
}

TEST(Trend, IsTheBestSoFarWithTheRowThatSetIt) {
  const std::vector<spec::Row> rows = {On("2026-03-01", 50, 300), On("2026-01-01", 50, 100),
                                       On("2026-02-01", 50, 90),    // Worse than before.
                                       On("2026-02-15", 20, 900),   // Misses the target.
                                       On("2026-03-01", 60, 250)};  // Not the best of its day.
  const std::vector<Trend> trends = TrendsOf(rows, Query(40));
  ASSERT_EQ(trends.size(), 1U);
  ASSERT_EQ(trends[0].steps.size(), 2U);
  EXPECT_EQ(trends[0].steps[0].row, 1U);
  EXPECT_EQ(trends[0].steps[1].row, 0U);
  EXPECT_FALSE(BestOn(trends[0], {2025, 12, 31}));
  EXPECT_EQ(BestOn(trends[0], {2026, 2, 28})->value, 100);
  EXPECT_EQ(BestOn(trends[0], {2026, 3, 1})->value, 300);
}

TEST(Trend, ProtocolsWindowsAndWorkloadsStayApart) {
  std::vector<spec::Row> rows(4, On("2026-01-01", 50, 100));
  rows[1].protocol = "inferencex";
  rows[2].window = "steady";
  rows[3].workload.output.tokens = 8192;
  EXPECT_EQ(TrendsOf(rows, Query(40)).size(), 4U);
  rows.assign(2, On("2026-01-01", 50, 100));
  rows[1].deployment.chip = "h100";  // Chips compete.
  EXPECT_EQ(TrendsOf(rows, Query(40)).size(), 1U);
}

TEST(Trend, ANewerRowChangesNoEarlierStep) {
  const std::uint64_t seed = 3;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng rng(seed);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<spec::Row> rows;
    const std::int64_t first = DayNumber({2026, 1, 1});
    for (int i = 0; i < 12; ++i) {
      const auto day = DateOfNumber(first + static_cast<std::int64_t>(rng.Below(100)));
      rows.push_back(On(day.ToIso(), 20 + 60 * rng.Uniform(), 100 + 900 * rng.Uniform()));
    }
    const auto before = TrendsOf(rows, Query(40));
    rows.push_back(On(DateOfNumber(first + 100).ToIso(), 80, 5000));
    const auto after = TrendsOf(rows, Query(40));
    for (std::int64_t day = first; day < first + 100; ++day) {
      const auto a = BestOn(before[0], DateOfNumber(day));
      const auto b = BestOn(after[0], DateOfNumber(day));
      ASSERT_EQ(a.has_value(), b.has_value());
      if (a) {
        EXPECT_EQ(a->value, b->value);
      }
    }
    EXPECT_EQ(BestOn(after[0], DateOfNumber(first + 100))->value, 5000);
  }
}

TEST(Trend, UndatedRowsAreCounted) {
  std::vector<spec::Row> rows = {On("2026-01-01", 50, 100)};
  rows[0].measured = {};
  const auto trends = TrendsOf(rows, Query(40));
  EXPECT_TRUE(trends[0].steps.empty());
  EXPECT_EQ(trends[0].undated, 1U);
}

}  // namespace
}  // namespace roofscape::analysis
