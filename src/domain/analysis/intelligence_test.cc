#include "domain/analysis/intelligence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "domain/analysis/days.h"
#include "domain/analysis/test_rows.h"

namespace roofscape::analysis {
namespace {

/// A thinking model: 9,000 output tokens a question, half of the questions solved.
catalog::Eval Eval() {
  catalog::Eval eval;
  eval.entry.id = "test";
  eval.comparable = true;
  catalog::Score score;
  score.weights = "R1";
  score.model = "deepseek-v3";
  score.released = catalog::Date{2025, 1, 20};
  score.score = 0.5;
  score.error = 0.02;
  score.question_tokens = 9000;
  eval.scores = {score};
  return eval;
}

/// A B200 at 1,000 tokens/s, 90 % of them output.
spec::Row Row(double interactivity = 50) {
  spec::Row row = MakeRow("b200", 64, interactivity, 1000);
  row.values.Set("input_tps_per_chip", 100);
  row.values.Set("output_tps_per_chip", 900);
  return row;
}

IntelligenceQuery Query(const catalog::Eval& eval) {
  IntelligenceQuery query;
  query.eval = &eval;
  query.pricing = {&ShippedCatalog(), catalog::Tier::kOwnedHyperscaler, {2026, 8, 15}};
  query.input_tokens = 1000;
  return query;
}

TEST(Intelligence, SolvedPerDollarAndKilowattHour) {
  const catalog::Eval eval = Eval();
  const std::vector<spec::Row> rows = {Row()};
  const auto points = IntelligenceOf(rows, Query(eval));
  ASSERT_TRUE(points);
  ASSERT_EQ(points->size(), 1U);
  const IntelligencePoint& p = points->front();
  // 10,000 tokens take a chip 10 s: 1.73 / 360 USD and 17,100 J.
  EXPECT_NEAR(p.usd_per_question.value, 1.73 / 360, 1e-12);
  EXPECT_NEAR(p.per_usd.value, 0.5 * 360 / 1.73, 1e-9);
  EXPECT_NEAR(*p.per_usd.low, (0.5 - 1.96 * 0.02) * 360 / 1.73, 1e-9);
  EXPECT_NEAR(p.per_kwh->value, 0.5 * 3.6e6 / 17100, 1e-9);
}

TEST(Intelligence, APromptIsCountedOrAssumedNeverGuessed) {
  catalog::Eval eval = Eval();
  IntelligenceQuery query = Query(eval);
  const std::vector<spec::Row> rows = {Row()};
  EXPECT_TRUE(IntelligenceOf(rows, query)->front().input_assumed);
  query.input_tokens.reset();
  EXPECT_FALSE(IntelligenceOf(rows, query)) << "the prompt may be 300 tokens or 100,000";
  eval.family = "gpqa-diamond";
  const auto points = IntelligenceOf(rows, query);
  ASSERT_TRUE(points && points->size() == 1);
  EXPECT_FALSE(points->front().input_assumed);
  EXPECT_EQ(points->front().input_tokens, 258);
}

TEST(Intelligence, WhoTakesNoPart) {
  const std::vector<spec::Row> rows = {Row()};
  const auto count = [&](const catalog::Eval& eval, double floor) {
    IntelligenceQuery query = Query(eval);
    query.interactivity_floor = floor;
    const auto points = IntelligenceOf(rows, query);
    return points ? static_cast<int>(points->size()) : -1;
  };
  catalog::Eval eval = Eval();
  EXPECT_EQ(count(eval, 50), 1);
  EXPECT_EQ(count(eval, 51), 0) << "slower than asked";
  eval.scores[0].question_tokens.reset();
  EXPECT_EQ(count(eval, 0), 0) << "no count of tokens, no value";
  eval = Eval();
  eval.scores[0].question_tokens = 500;
  EXPECT_EQ(count(eval, 0), 0) << "two thirds input: the price of another mix";
  eval = Eval();
  eval.scores[0].model = "glm-5";
  EXPECT_EQ(count(eval, 0), 0);
  eval = Eval();
  eval.comparable = false;
  EXPECT_EQ(count(eval, 0), -1) << "harnesses are not mixed";
  eval = Eval();
  eval.saturated = catalog::Date{2026, 8, 15};
  EXPECT_EQ(count(eval, 0), -1);
  eval.saturated = catalog::Date{2026, 8, 16};
  EXPECT_EQ(count(eval, 0), 1) << "it was not saturated yet";
  eval = Eval();
  eval.scores.push_back(eval.scores[0]);
  eval.scores[1].score = 0.951;
  EXPECT_EQ(count(eval, 0), -1);
  eval.scores[1].released = catalog::Date{2026, 9, 1};
  EXPECT_EQ(count(eval, 0), 2) << "not known yet on the day asked";
}

TEST(Intelligence, AnnualGainIsTheSlopeOfRecords) {
  std::vector<DatedCost> costs;
  for (int i = 0; i < 6; ++i) {
    const double years = 0.25 * i;
    costs.push_back({DateOfNumber(20000 + static_cast<std::int64_t>(std::lround(years * 365.25))),
                     std::pow(10.0, -years), 0, 0});
  }
  const AnnualGain gain = FitAnnualGain(costs);
  ASSERT_TRUE(gain.factor);
  EXPECT_NEAR(*gain.factor, 10, 0.05);
  EXPECT_LE(*gain.low, *gain.factor);
  EXPECT_GE(*gain.high, *gain.factor);
  std::vector<DatedCost> close = costs;
  for (DatedCost& cost : close) cost.day = DateOfNumber(20000 + (DayNumber(cost.day) - 20000) / 4);
  EXPECT_EQ(FitAnnualGain(close).why, "spans 114 days: too short");
  costs.resize(4);
  EXPECT_FALSE(FitAnnualGain(costs).factor);
  EXPECT_EQ(FitAnnualGain(costs).why, "too few points");
}

TEST(Intelligence, RecordsAreAtFixedCapability) {
  const catalog::Eval eval = Eval();
  std::vector<spec::Row> rows = {Row(), Row(), Row()};
  rows[0].measured = At("2025-01-01");  // Before the weights were out: counts from their day.
  rows[1].measured = At("2026-01-01");
  rows[1].values.Set("total_tps_per_chip", 2000);
  rows[2].measured = At("2026-02-01");
  const auto records = BestCosts(rows, Query(eval), 0.5, Resource::kDollars);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ((*records)[0].day, (catalog::Date{2025, 1, 20}));
  EXPECT_NEAR((*records)[0].cost / (*records)[1].cost, 2, 1e-12);
  EXPECT_TRUE(BestCosts(rows, Query(eval), 0.6, Resource::kDollars)->empty());
}

/// The table that the published rows and the shipped scores allow.
TEST(Intelligence, OfThePublishedRows) {
  const std::vector<spec::Row> rows = InferenceXRows("benchmarks");
  if (rows.empty()) GTEST_SKIP() << MissingSharedData();
  std::size_t all = 0;
  for (const catalog::Eval& eval : ShippedCatalog().evals) {
    IntelligenceQuery query = Query(eval);
    query.input_tokens.reset();
    query.interactivity_floor = 20;
    const auto points = IntelligenceOf(rows, query);
    if (!points) continue;
    for (const IntelligencePoint& p : *points) {
      const catalog::Score& score = eval.scores[p.score];
      std::printf("%s, %s, %s: %.1f solved a dollar, %.1f a kWh\n", eval.entry.id.c_str(),
                  score.weights.c_str(), rows[p.row].deployment.chip.c_str(), p.per_usd.value,
                  p.per_kwh ? p.per_kwh->value : NAN);
      EXPECT_GE(p.per_usd.value, 0);
      EXPECT_LT(p.per_usd.value, 1e5);
      ++all;
    }
  }
  EXPECT_GE(all, 7U) << "a row a chip at least";
}

TEST(Intelligence, GainOfThePublishedHistory) {
  std::vector<spec::Row> rows = InferenceXRows("benchmarks-history");
  if (rows.empty()) GTEST_SKIP() << MissingSharedData();
  for (spec::Row& row : InferenceXRows("benchmarks")) rows.push_back(std::move(row));
  for (const catalog::Eval& eval : ShippedCatalog().evals) {
    if (eval.entry.id != "gpqa-diamond-aa") continue;
    IntelligenceQuery query = Query(eval);
    query.input_tokens.reset();
    for (const double floor : {20.0, 50.0}) {
      query.interactivity_floor = floor;
      const auto costs = BestCosts(rows, query, 0.75, Resource::kDollars);
      ASSERT_TRUE(costs);
      for (std::size_t i = 1; i < costs->size(); ++i) {
        EXPECT_LT((*costs)[i].cost, (*costs)[i - 1].cost);
        EXPECT_GE((*costs)[i].day, (*costs)[i - 1].day);
      }
      const AnnualGain gain = FitAnnualGain(*costs);
      std::printf(
          "GPQA >= 0.75 at %.0f tokens/s/user: %zu records, x %.3g a year (%.3g to %.3g)%s\n",
          floor, gain.points, gain.factor.value_or(NAN), gain.low.value_or(NAN),
          gain.high.value_or(NAN), gain.why.c_str());
    }
  }
}

}  // namespace
}  // namespace roofscape::analysis
