#include "domain/analysis/pareto.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/core/rng.h"

namespace roofscape::analysis {
namespace {

using spec::Direction;
constexpr Direction kUp = Direction::kHigherIsBetter;
constexpr Direction kDown = Direction::kLowerIsBetter;

struct Case {
  std::string name;
  std::vector<Position> points;
  Direction x, y;
  std::vector<std::size_t> want;
};

TEST(ParetoTest, Cases) {
  const std::vector<Case> cases = {
      {"no points", {}, kUp, kUp, {}},
      {"one point", {{10, 200}}, kUp, kUp, {0}},
      {"a trade stays", {{80, 50}, {10, 200}}, kUp, kUp, {1, 0}},
      {"beaten on one axis", {{80, 150}, {80, 200}}, kUp, kUp, {1}},
      {"beaten on both axes", {{80, 200}, {70, 100}}, kUp, kUp, {0}},
      {"of twins the first", {{50, 100}, {50, 100}}, kUp, kUp, {0}},
      {"less x is better", {{1, 10}, {2, 20}, {3, 15}}, kDown, kUp, {0, 1}},
      {"less y is better", {{1, 10}, {2, 20}, {3, 15}}, kUp, kDown, {0, 2}},
      {"less of both is better", {{1, 10}, {2, 5}, {3, 7}}, kDown, kDown, {0, 1}},
  };
  for (const Case& c : cases) EXPECT_EQ(ParetoFront(c.points, c.x, c.y), c.want) << c.name;
}

/// The definition: not dominated by any point, and no earlier point is equal. By rising x.
std::vector<std::size_t> ByDefinition(const std::vector<Position>& points, Direction x,
                                      Direction y) {
  std::vector<std::size_t> front;
  for (std::size_t i = 0; i < points.size(); ++i) {
    bool stays = true;
    for (std::size_t j = 0; j < points.size(); ++j) {
      const bool twin = points[j].x == points[i].x && points[j].y == points[i].y;
      if (Dominates(points[j], points[i], x, y) || (twin && j < i)) stays = false;
    }
    if (stays) front.push_back(i);
  }
  std::sort(front.begin(), front.end(),
            [&](std::size_t a, std::size_t b) { return points[a].x < points[b].x; });
  return front;
}

// Property: on random points, few enough values that ties are common, the front is exactly what
// the O(n^2) definition keeps, for all four pairs of directions.
TEST(ParetoTest, AgreesWithTheDefinitionOnRandomPoints) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Rng rng(seed);
    std::vector<Position> points(rng.Below(40));
    const std::uint64_t values = 1 + rng.Below(12);
    for (Position& p : points) {
      p.x = static_cast<double>(rng.Below(values));
      p.y = static_cast<double>(rng.Below(values));
    }
    for (const Direction x : {kUp, kDown}) {
      for (const Direction y : {kUp, kDown}) {
        EXPECT_EQ(ParetoFront(points, x, y), ByDefinition(points, x, y)) << "seed " << seed;
      }
    }
  }
}

TEST(ParetoDeathTest, ADirectionIsNeeded) {
  const std::vector<Position> points = {{1, 1}};
  EXPECT_DEATH(ParetoFront(points, Direction::kNeither, kUp), "kNeither");
}

}  // namespace
}  // namespace roofscape::analysis
