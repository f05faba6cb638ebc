#include "model/codesign/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "model/codesign/test_spaces.h"
#include "model/codesign/top_list.h"

namespace roofscape::codesign {
namespace {

constexpr std::uint64_t kSeed = 20261129;

SearchOptions OnThreads(unsigned threads) {
  SearchOptions options;
  options.workers = threads;
  options.parallel = [threads](std::size_t count, const Work& work) {
    std::atomic<std::size_t> next = 0;
    std::vector<std::thread> team;
    for (unsigned t = 0; t < threads; ++t) {
      team.emplace_back([&, t] {
        for (std::size_t i = next++; i < count; i = next++) work(i, t);
      });
    }
    for (std::thread& t : team) t.join();
  };
  return options;
}

/// The best by computing every plan at every load, without any of the search's code.
std::vector<std::vector<Option>> Exhaustive(const Space& space, const Goal& goal) {
  std::vector<std::vector<Option>> levels(goal.levels.size());
  for (const Plan& plan : AllPlans(space)) {
    const perf::Coefficients<double>& c = space.families[plan.family].coefficients;
    for (const double n : space.concurrencies) {
      perf::Load load = space.lengths;
      load.concurrency = n;
      if (!HoldsAll(ServiceOf(space, plan), c, load)) continue;
      const Option option = Evaluate(space, plan, n);
      if (option.ttft_s > goal.ttft_limit_s) continue;
      for (std::size_t i = 0; i < levels.size(); ++i) {
        if (option.tpot_s <= 1.0 / goal.levels[i].interactivity_tps) levels[i].push_back(option);
      }
    }
  }
  for (std::size_t i = 0; i < levels.size(); ++i) {
    auto& all = levels[i];
    std::sort(all.begin(), all.end(),
              [&](const Option& a, const Option& b) { return Better(space, a, b); });
    std::vector<Option> kept;
    for (const Option& o : all) {
      const bool seen = std::any_of(kept.begin(), kept.end(), [&](const Option& k) {
        return ShapeOf(k.plan) == ShapeOf(o.plan);
      });
      const auto rivals = std::count_if(kept.begin(), kept.end(), [&](const Option& k) {
        return !goal.each_family || k.plan.family == o.plan.family;
      });
      if (!seen && static_cast<std::size_t>(rivals) < goal.levels[i].keep) kept.push_back(o);
    }
    all = kept;
  }
  return levels;
}

TEST(Search, FindsWhatComputingEverythingFinds) {
  Rng rng(kSeed);
  std::uint64_t configurations = 0;
  std::uint64_t evaluated = 0;
  std::size_t found_any = 0;
  for (int i = 0; i < 24; ++i) {
    const Space space = TestSpace(RandomWish(rng), rng.Below(2) == 0);
    const Goal goal = RandomGoal(rng);
    const auto all = Exhaustive(space, goal);
    const Found plain = Search(space, goal, {.prune = false});
    const Found pruned = Search(space, goal, OnThreads(2));
    EXPECT_EQ(plain.levels, all) << "space " << i;
    EXPECT_EQ(pruned.levels, all) << "space " << i;
    configurations += pruned.configurations;
    evaluated += pruned.evaluated;
    for (const auto& level : all)
      if (!level.empty()) ++found_any;
  }
  EXPECT_GT(found_any, 24U);
  EXPECT_LT(evaluated, configurations / 2);  // The bounds do exclude much.
}

TEST(Search, ThreadsChangeNothing) {
  Rng rng(kSeed + 1);
  for (int i = 0; i < 10; ++i) {
    const Space space = TestSpace(RandomWish(rng), true);
    const Goal goal = RandomGoal(rng);
    const Found one = Search(space, goal, {});
    for (const unsigned threads : {2U, 3U, 7U}) {
      const Found more = Search(space, goal, OnThreads(threads));
      EXPECT_EQ(one.levels, more.levels);
      EXPECT_EQ(one.evaluated, more.evaluated);
    }
  }
}

TEST(Search, OrderOfAWishChangesNothing) {
  Rng rng(kSeed + 2);
  for (int i = 0; i < 10; ++i) {
    Wish wish = RandomWish(rng);
    const Goal goal = RandomGoal(rng);
    const Space space = TestSpace(wish, true);
    const Found found = Search(space, goal, {});
    std::reverse(wish.chips.begin(), wish.chips.end());
    std::reverse(wish.engines.begin(), wish.engines.end());
    std::reverse(wish.precisions.begin(), wish.precisions.end());
    std::reverse(wish.token_budgets.begin(), wish.token_budgets.end());
    std::reverse(wish.concurrencies.begin(), wish.concurrencies.end());
    EXPECT_EQ(Search(TestSpace(wish, true), goal, {}).levels, found.levels);
  }
}

TEST(Search, HalfThePriceOfAChipDoublesWhatADollarGives) {
  Wish wish = TestWish();
  const Goal goal{{{20.0, 3}}};
  const Found dear = Search(TestSpace(wish, false), goal, {});
  wish.chips[0].weight *= 0.5;
  const Found cheap = Search(TestSpace(wish, false), goal, {});
  ASSERT_FALSE(dear.levels[0].empty());
  ASSERT_EQ(dear.levels[0].size(), cheap.levels[0].size());
  for (std::size_t i = 0; i < dear.levels[0].size(); ++i) {
    EXPECT_EQ(dear.levels[0][i].plan, cheap.levels[0][i].plan);
    EXPECT_DOUBLE_EQ(2.0 * dear.levels[0][i].value, cheap.levels[0][i].value);
  }
}

TEST(Search, AFasterTargetNeverGivesMore) {
  Rng rng(kSeed + 3);
  for (int i = 0; i < 20; ++i) {
    const Space space = TestSpace(RandomWish(rng), true);
    const Goal goal{{{10.0, 1}, {20.0, 1}, {40.0, 1}, {80.0, 1}}};
    const Found found = Search(space, goal, {});
    double before = 1e300;
    for (const auto& level : found.levels) {
      const double value = level.empty() ? 0.0 : level[0].value;
      EXPECT_LE(value, before);
      before = value;
    }
  }
}

TEST(TopList, KeepsTheBestOfEachShapeWhateverTheOrder) {
  Rng rng(kSeed + 4);
  Wish wish = TestWish();
  const Space space = TestSpace(wish, false);
  ASSERT_GE(space.families[0].workers.size(), 3U);
  for (int i = 0; i < 50; ++i) {
    std::vector<Option> options;
    for (int k = 0; k < 40; ++k) {
      const auto serve = static_cast<std::uint32_t>(rng.Below(3));
      options.push_back({{0, serve, kNoPrefill, 1, 0},
                         1.0 + static_cast<double>(rng.Below(9)),
                         0.1,
                         0.01,
                         1.0 + static_cast<double>(rng.Below(6))});
    }
    TopList one(2);
    for (const Option& o : options) one.Add(space, o);
    for (std::size_t k = options.size() - 1; k > 0; --k) {
      std::swap(options[k], options[rng.Below(k + 1)]);
    }
    TopList two(2);
    for (const Option& o : options) two.Add(space, o);
    EXPECT_EQ(one.options(), two.options());
    ASSERT_EQ(one.options().size(), 2U);
    EXPECT_NE(one.options()[0].plan.serve, one.options()[1].plan.serve);
  }
}

}  // namespace
}  // namespace roofscape::codesign
