#include "domain/analysis/reading.h"

#include <gtest/gtest.h>

#include "domain/analysis/test_rows.h"

namespace roofscape::analysis {
namespace {

ReadingQuery Query(double target, bool interpolate) {
  return {*MetricAxis("interactivity_p50_tps"), *MetricAxis("total_tps_per_chip"), target,
          interpolate, false};
}

TEST(Reading, StepsAndReadsBetweenPointsOfOneLayoutOnly) {
  std::vector<spec::Row> rows = {MakeRow("b200", 1, 100, 100), MakeRow("b200", 64, 25, 1600),
                                 MakeRow("b200", 8, 50, 300)};
  rows[2].deployment.roles[0].ep = 8;
  const auto readings = ReadAt(rows, Query(50, true));
  ASSERT_TRUE(readings);
  ASSERT_EQ(readings->series.size(), 1U);
  const Reading& reading = readings->series[0];
  EXPECT_EQ(reading.row, 2U);
  EXPECT_EQ(reading.y, 300);
  ASSERT_TRUE(reading.between);
  EXPECT_NEAR(reading.between->y, 400, 1e-9);  // Between the two of the other layout.
  EXPECT_FALSE(reading.between->low) << "three points give no band";
  EXPECT_EQ(reading.like, 0U);
  const auto beyond = ReadAt(rows, Query(101, true));
  EXPECT_FALSE(beyond->series[0].row);
  EXPECT_FALSE(beyond->series[0].between);
}

TEST(Reading, LatenciesAreNotInterpolated) {
  const std::vector<spec::Row> rows = {MakeRow("b200", 1, 100, 100)};
  ReadingQuery query = Query(1, true);
  query.x = *MetricAxis("ttft_p50_s");
  EXPECT_FALSE(ReadAt(rows, query));
  query.interpolate = false;
  EXPECT_TRUE(ReadAt(rows, query));
}

}  // namespace
}  // namespace roofscape::analysis
