#include "model/codesign/quality.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/perf/testing/test_machines.h"

namespace roofscape::codesign {
namespace {

catalog::Catalog Scores() {
  catalog::Catalog c;
  catalog::Eval eval;
  eval.entry.id = "exam";
  eval.comparable = true;
  catalog::Score good;
  good.model = "routed";
  good.score = 0.8;
  catalog::Score guessed;
  guessed.model = "dense";
  guessed.score = 0.9;
  guessed.estimated = true;
  eval.scores = {good, guessed};
  c.evals = {eval};
  eval.entry.id = "talk";
  eval.comparable = false;
  c.evals.push_back(eval);
  return c;
}

Quality Counts(const catalog::Model& model) {
  const auto count = catalog::CountParameters(model);
  Quality q;
  q.rule = Quality::Rule::kParameters;
  q.total_b = count.total / 1e9;
  q.active_b = count.active / 1e9;
  return q;
}

std::string WhyNot(const Quality& q) {
  const auto checked = CheckQuality(q, Scores());
  return checked ? "" : checked.error().message;
}

TEST(Quality, WithoutARuleNothingIsCompared) {
  EXPECT_NE(WhyNot({}).find("the smallest wins"), std::string::npos) << WhyNot({});
  EXPECT_TRUE(FallsShort({}, Scores(), perf::RoutedModel()));
}

TEST(Quality, SmallerOrSparserIsRefused) {
  const catalog::Model model = perf::RoutedModel();
  const Quality q = Counts(model);
  EXPECT_TRUE(CheckQuality(q, Scores()));
  EXPECT_FALSE(FallsShort(q, Scores(), model));
  catalog::Model smaller = model;
  smaller.ffns[0].experts /= 2;
  ASSERT_TRUE(FallsShort(q, Scores(), smaller));
  EXPECT_NE(FallsShort(q, Scores(), smaller)->find("B parameters"), std::string::npos);
  catalog::Model sparser = model;
  sparser.ffns[0].top_k /= 2;
  ASSERT_TRUE(FallsShort(q, Scores(), sparser));
  EXPECT_NE(FallsShort(q, Scores(), sparser)->find("for a token"), std::string::npos);
}

TEST(Quality, ScoresMustBePublishedAndComparable) {
  Quality q;
  q.rule = Quality::Rule::kScore;
  q.eval = "exam";
  q.least_score = 0.75;
  EXPECT_EQ(WhyNot(q), "");
  EXPECT_FALSE(FallsShort(q, Scores(), perf::RoutedModel()));
  EXPECT_TRUE(FallsShort(q, Scores(), perf::DenseModel())) << "an estimate is no score";
  q.least_score = 0.85;
  EXPECT_TRUE(FallsShort(q, Scores(), perf::RoutedModel()));
  q.eval = "talk";
  EXPECT_NE(WhyNot(q).find("do not compare"), std::string::npos);
  q.eval = "nothing";
  EXPECT_NE(WhyNot(q).find("no scores 'nothing'"), std::string::npos);
}

TEST(Quality, ALawLetsThroughWhatLosesNoMoreAndSaysNothingOfExperts) {
  Quality q;
  q.rule = Quality::Rule::kLaw;
  q.law = {1.8172, 482.01, 0.3478, 2085.43, 0.3658, 0.01, "a paper"};
  q.training_tokens_t = 15.0;
  const catalog::Model dense = perf::DenseModel();
  const double loss = q.law.LossOf(catalog::CountParameters(dense).total, 15e12);
  // By hand: 8 billion parameters, 15 trillion tokens.
  EXPECT_NEAR(q.law.LossOf(8e9, 15e12),
              1.8172 + 482.01 / std::pow(8e9, 0.3478) + 2085.43 / std::pow(15e12, 0.3658), 1e-12);
  q.most_loss = loss + 1e-6;
  EXPECT_EQ(WhyNot(q), "");
  EXPECT_FALSE(FallsShort(q, Scores(), dense));
  catalog::Model smaller = dense;
  smaller.ffns[0].width /= 2;
  EXPECT_TRUE(FallsShort(q, Scores(), smaller));
  EXPECT_TRUE(FallsShort(q, Scores(), perf::RoutedModel()));
  q.most_loss = 1.0;
  EXPECT_NE(WhyNot(q).find("floor"), std::string::npos);
}

TEST(Quality, ABandSoWideThatItProvesNothingIsRefused) {
  Quality q = Counts(perf::RoutedModel());
  q.tolerance = 0.5;
  EXPECT_NE(WhyNot(q).find("tolerance_percent"), std::string::npos);
  q.tolerance = 0.05;
  q.active_b = q.total_b * 2.0;
  EXPECT_NE(WhyNot(q).find("no more active"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::codesign
