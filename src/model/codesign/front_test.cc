#include "model/codesign/front.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/core/rng.h"

namespace roofscape::codesign {
namespace {

constexpr std::uint64_t kSeed = 42;
constexpr double kEpsilon = 0.1;

std::vector<FrontPoint> Cloud(std::size_t count) {
  Rng rng(kSeed);
  std::vector<FrontPoint> points;
  for (std::size_t i = 0; i < count; ++i) {
    FrontPoint p;
    for (double& v : p.objectives) v = std::exp(2.0 * rng.Normal());
    p.tag = i;
    points.push_back(p);
  }
  return points;
}

TEST(EpsilonFront, HasAPointWithinEpsilonOfEveryOneThatWasShown) {
  SCOPED_TRACE(kSeed);
  EpsilonFront front(kEpsilon);
  const auto all = Cloud(3000);
  for (const FrontPoint& p : all) front.Add(p);
  const auto kept = front.Points();
  EXPECT_LT(kept.size(), all.size() / 4);
  for (const FrontPoint& p : all) {
    bool near = false;
    for (const FrontPoint& k : kept) {
      bool covers = true;
      for (std::size_t i = 0; i < kObjectives; ++i) {
        covers = covers && k.objectives[i] * (1.0 + kEpsilon) >= p.objectives[i];
      }
      near = near || covers;
    }
    EXPECT_TRUE(near) << p.tag;
  }
}

TEST(EpsilonFront, KeepsNothingThatAnotherBeatsByMoreThanEpsilon) {
  EpsilonFront front(kEpsilon);
  for (const FrontPoint& p : Cloud(3000)) front.Add(p);
  const auto kept = front.Points();
  for (const FrontPoint& a : kept) {
    for (const FrontPoint& b : kept) {
      bool beats = true;
      for (std::size_t i = 0; i < kObjectives; ++i) {
        beats = beats && a.objectives[i] > b.objectives[i] * (1.0 + kEpsilon);
      }
      EXPECT_FALSE(beats);
    }
  }
}

TEST(EpsilonFront, TakesNoZeroes) {
  EpsilonFront front(kEpsilon);
  EXPECT_FALSE(front.Add({{1.0, 0.0, 1.0}, 0}));
  EXPECT_FALSE(front.Add({{1.0, std::nan(""), 1.0}, 0}));
  EXPECT_EQ(front.size(), 0U);
}

}  // namespace
}  // namespace roofscape::codesign
