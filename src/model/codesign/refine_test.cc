#include "model/codesign/refine.h"

#include <gtest/gtest.h>

#include <vector>

#include "model/codesign/test_spaces.h"

namespace roofscape::codesign {
namespace {

/// The formulas, every time `factor` of theirs.
class Scaled final : public Estimator {
 public:
  explicit Scaled(double factor) : factor_(factor) {}
  Result<Estimate> Of(const Space& space, const Plan& plan, double concurrency) override {
    RS_ASSIGN_OR_RETURN(Estimate e, formulas_.Of(space, plan, concurrency));
    const auto scale = [](const Band& b, double by) {
      return Band{b.value * by, b.low80 * by, b.high80 * by};
    };
    return Estimate{scale(e.ttft_s, factor_), scale(e.tpot_s, factor_),
                    scale(e.tput_per_chip, 1.0 / factor_), "known"};
  }

 private:
  double factor_;
  FormulaEstimator formulas_;
};

TEST(Refine, ByTheFormulasAloneItFindsWhatTheSearchFound) {
  Rng rng(41);
  std::size_t compared = 0;
  for (int i = 0; i < 20; ++i) {
    const Space space = TestSpace(RandomWish(rng), true);
    const Goal goal{{{20.0, 6}}};
    const Found found = Search(space, goal, {});
    FormulaEstimator formulas;
    const auto ranked = Refine(space, {&found.levels[0]}, {1.0 / 20.0}, false, formulas);
    ASSERT_TRUE(ranked);
    ASSERT_EQ(ranked->size(), found.levels[0].size());
    for (std::size_t k = 0; k < ranked->size(); ++k, ++compared) {
      // Numbers of workers may tie to the last digit but one.
      EXPECT_EQ(ShapeOf((*ranked)[k].formulas.plan), ShapeOf(found.levels[0][k].plan));
      EXPECT_NEAR((*ranked)[k].value / found.levels[0][k].value, 1.0, 1e-9);
    }
  }
  EXPECT_GT(compared, 30U);
}

TEST(Refine, HalvesTheGapToTheLimit) {
  Wish wish = TestWish();
  wish.disaggregated = false;
  const Space space = TestSpace(wish, true);
  const Goal goal{{{110.0, 1}}};
  const Found found = Search(space, goal, {});
  ASSERT_FALSE(found.levels[0].empty());
  ASSERT_LT(found.levels[0][0].concurrency, 256.0);
  FormulaEstimator formulas;
  const Limits limits{1.0 / 110.0};
  const auto ranked = Refine(space, {&found.levels[0]}, limits, true, formulas);
  ASSERT_TRUE(ranked);
  ASSERT_EQ(ranked->size(), 1U);
  const Candidate& best = (*ranked)[0];
  EXPECT_GT(best.formulas.concurrency, found.levels[0][0].concurrency);
  EXPECT_LE(best.formulas.tpot_s, limits.tpot_s);
  const Option more = Evaluate(space, best.formulas.plan, best.formulas.concurrency + 1.0);
  EXPECT_TRUE(more.tpot_s > limits.tpot_s || more.value < best.value);
}

TEST(Refine, WhatRowsSayMovesTheLoadAndTheLimits) {
  Wish wish = TestWish();
  wish.concurrencies = DefaultConcurrencies(512.0);
  const Space space = TestSpace(wish, true);
  const Goal goal{{{40.0, 4}}};
  const Found found = Search(space, goal, {});
  ASSERT_FALSE(found.levels[0].empty());
  Scaled slower(1.5);
  const auto ranked = Refine(space, {&found.levels[0]}, {1.0 / 40.0}, true, slower);
  ASSERT_TRUE(ranked);
  ASSERT_FALSE(ranked->empty());
  for (const Candidate& c : *ranked) {
    EXPECT_LE(c.estimate.tpot_s.value, 1.0 / 40.0);
    EXPECT_NEAR(c.estimate.tpot_s.value / c.formulas.tpot_s, 1.5, 1e-12);
    EXPECT_LT(c.value, found.levels[0][0].value);
  }
  Scaled hopeless(1e3);
  const auto none = Refine(space, {&found.levels[0]}, {1.0 / 40.0}, true, hopeless);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

/// The formulas, with intervals of so much to both sides.
class Unsure final : public Estimator {
 public:
  Result<Estimate> Of(const Space& space, const Plan& plan, double concurrency) override {
    RS_ASSIGN_OR_RETURN(Estimate e, formulas_.Of(space, plan, concurrency));
    for (Band* b : {&e.ttft_s, &e.tpot_s, &e.tput_per_chip}) {
      b->low80 = b->value / 1.3;
      b->high80 = b->value * 1.3;
    }
    return e;
  }

 private:
  FormulaEstimator formulas_;
};

TEST(Refine, CautionJudgesByTheWorseEnds) {
  const Space space = TestSpace(TestWish(), true);
  const Found found = Search(space, {{{40.0, 4}}}, {});
  Unsure unsure;
  Limits limits{1.0 / 40.0};
  limits.cautious = true;
  const auto ranked = Refine(space, {&found.levels[0]}, limits, true, unsure);
  ASSERT_TRUE(ranked);
  ASSERT_FALSE(ranked->empty());
  for (const Candidate& c : *ranked) {
    EXPECT_LE(c.estimate.tpot_s.high80, 1.0 / 40.0);
    EXPECT_EQ(c.value, c.estimate.tput_per_chip.low80);
  }
}

}  // namespace
}  // namespace roofscape::codesign
