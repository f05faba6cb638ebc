#include "results/report/label_placer.h"

#include <gtest/gtest.h>

#include <cmath>

namespace roofscape::report {
namespace {

TEST(LabelPlacerTest, TheFirstPlaceIsAboveAndRight) {
  LabelPlacer placer({0, 0, 500, 500}, 12);
  const LabelPlace place = placer.Place(100, 100, "16");
  EXPECT_GT(place.x, 100);
  EXPECT_LT(place.y, 100);
}

TEST(LabelPlacerTest, LabelsOfTwoMarksAtOnePlaceDoNotMeet) {
  LabelPlacer placer({0, 0, 500, 500}, 12);
  const LabelPlace a = placer.Place(100, 100, "16");
  const LabelPlace b = placer.Place(100, 100, "32");
  EXPECT_TRUE(std::abs(a.x - b.x) > 14 || std::abs(a.y - b.y) > 9) << a.x << " " << b.x;
}

TEST(LabelPlacerTest, LabelsStayInside) {
  LabelPlacer placer({0, 0, 500, 500}, 12);
  const LabelPlace place = placer.Place(498, 3, "1024");
  EXPECT_LT(place.x, 498);
  EXPECT_GT(place.y, 9);
}

}  // namespace
}  // namespace roofscape::report
