#include "model/codesign/layout_choice.h"

#include <gtest/gtest.h>

#include <limits>

#include "model/codesign/test_spaces.h"

namespace roofscape::codesign {
namespace {

constexpr std::uint64_t kSeed = 20261129;
constexpr double kNoLimit = std::numeric_limits<double>::infinity();

TEST(LayoutChoice, PolishingNeverLosesAndKeepsTheLimits) {
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  int polished = 0;
  for (int i = 0; i < 20; ++i) {
    Wish wish = RandomWish(rng);
    wish.chips.resize(1);
    wish.chips[0].most = std::min<std::int64_t>(wish.chips[0].most, 4);
    const Space space = TestSpace(wish, false);
    const double speeds[] = {10.0, 40.0};
    Goal goal;
    for (const double v : speeds) goal.levels.push_back({v, 1});
    const Found grid = Search(space, goal, {});
    const auto best = BestPlans(space, speeds, kNoLimit, {});
    for (std::size_t s = 0; s < 2; ++s) {
      ASSERT_EQ(best[s].has_value(), !grid.levels[s].empty());
      if (!best[s]) continue;
      EXPECT_GE(best[s]->value, grid.levels[s][0].value);
      EXPECT_LE(best[s]->tpot_s, 1.0 / speeds[s]);
      EXPECT_TRUE(Evaluate(space, best[s]->plan, best[s]->concurrency) == *best[s]);
      polished += best[s]->value > grid.levels[s][0].value * 1.001 ? 1 : 0;
    }
  }
  EXPECT_GT(polished, 5) << "the grid of loads was never in the way";
}

TEST(LayoutChoice, AKeptLayoutIsAtMostAsGoodAsTheBest) {
  const Space space = TestSpace(TestWish(), false);
  const double speed = 20.0;
  const auto best = BestPlans(space, std::span(&speed, 1), kNoLimit, {});
  ASSERT_TRUE(best[0]);
  const Kept own = KeptOf(space, best[0]->plan);
  const auto kept = KeptPlans(space, own, std::span(&speed, 1), kNoLimit);
  ASSERT_TRUE(kept[0]);
  EXPECT_NEAR(kept[0]->value / best[0]->value, 1.0, 1e-9);
  for (const double chips : {1.0, 2.0, 4.0}) {
    const auto other =
        KeptPlans(space, {perf::Layout{.chips = chips}, {}, 1, 0}, std::span(&speed, 1), kNoLimit);
    if (other[0]) {
      EXPECT_LE(other[0]->value, best[0]->value * (1.0 + 1e-9));
    }
  }
}

}  // namespace
}  // namespace roofscape::codesign
