#include "model/calibrate/validate.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "model/calibrate/test_rows.h"

namespace roofscape::calibrate {
namespace {

Case CaseOf(const char* curve, double concurrency, double tpot_s) {
  Case c;
  c.kinds.fill("x");
  c.kinds[kModeKind] = "aggregated";
  c.kinds[kSpeculationKind] = "none";
  c.kinds[kCurveKind] = curve;
  c.load = {concurrency, 1000.0, 1000.0};
  c.tpot_s = tpot_s;
  c.ttft_s = 0.1;
  return c;
}

Prediction PredictionOf(double tpot_s, double tput) {
  Prediction p;
  p.tpot_s = {tpot_s, 0.9 * tpot_s, 1.1 * tpot_s};
  p.ttft_s = {0.1, 0.09, 0.11};
  p.tput_per_chip = {tput, 0.9 * tput, 1.1 * tput};
  return p;
}

TEST(Summarize, CountsErrorsAsTheyAre) {
  const std::vector<Case> cases = {CaseOf("a", 1, 0.010), CaseOf("a", 2, 0.010),
                                   CaseOf("a", 4, 0.010)};
  const std::vector<Judged> judged = {{&cases[0], std::nullopt, PredictionOf(0.010, 1)},
                                      {&cases[1], std::nullopt, PredictionOf(0.012, 1)},
                                      {&cases[2], 2.0, PredictionOf(0.005, 1)}};
  const GroupErrors all = Summarize(judged).front();
  EXPECT_EQ(all.name, "all rows");
  EXPECT_EQ(all.tpot.rows, 3U);
  EXPECT_NEAR(all.tpot.median, 0.2, 1e-12);
  EXPECT_NEAR(all.tpot.mean, (0.0 + 0.2 + 0.5) / 3.0, 1e-12);
  EXPECT_NEAR(all.tpot.p75, 0.35, 1e-12);
  EXPECT_NEAR(all.tpot.bias, 0.0, 1e-12);
  EXPECT_NEAR(all.tpot.coverage80, 1.0 / 3.0, 1e-12);
  EXPECT_EQ(all.tput.rows, 1U);
  EXPECT_NEAR(all.tput.median, 0.5, 1e-12);
}

TEST(Regret, IsWhatTheChosenLayoutLoses) {
  // Layout a gives 100 at 50 tok/s/user, layout b 80. A model that prefers b loses a fifth.
  const std::vector<Case> cases = {CaseOf("a", 8, 0.02), CaseOf("b", 8, 0.02)};
  std::vector<Judged> judged = {{&cases[0], 100.0, PredictionOf(0.02, 70)},
                                {&cases[1], 80.0, PredictionOf(0.02, 90)}};
  const double targets[] = {50.0, 100.0};
  auto regrets = Regrets(judged, targets);
  EXPECT_EQ(regrets[0].choices, 1U);
  EXPECT_NEAR(regrets[0].median, 0.2, 1e-12);
  EXPECT_EQ(regrets[1].choices, 0U);  // None reaches 100.
  judged[0].prediction = PredictionOf(0.02, 95);
  EXPECT_NEAR(Regrets(judged, targets)[0].median, 0.0, 1e-12);
}

TEST(Repeats, TheOracleIsTheirMedian) {
  const std::vector<Case> cases = {CaseOf("a", 8, 0.010), CaseOf("a", 8, 0.010),
                                   CaseOf("a", 8, 0.020), CaseOf("b", 8, 0.5)};
  const RepeatOracle oracle = RepeatErrors(cases);
  EXPECT_EQ(oracle.tpot.rows, 3U);
  EXPECT_NEAR(oracle.tpot.mean, 0.5 / 3.0, 1e-12);
}

TEST(Folds, EachRowIsHeldOutOnceAndWithItsKind) {
  const catalog::Catalog catalog = TestCatalog();
  const auto rows = PlantedRows(catalog, std::vector<double>(perf::kFitted, 0.0), 0.0, 1);
  const auto cases = CasesOf(catalog, rows);
  for (const Holdout holdout : {Holdout::kCurves, Holdout::kModels, Holdout::kChips}) {
    const Kind kind = holdout == Holdout::kCurves   ? kCurveKind
                      : holdout == Holdout::kModels ? kModelKind
                                                    : kChipKind;
    std::vector<int> held(cases.size(), 0);
    for (const auto& fold : Folds(cases, rows, holdout)) {
      for (std::size_t i = 0; i < cases.size(); ++i) {
        held[i] += fold[i];
        for (std::size_t j = 0; j < i; ++j) {
          if (cases[i].kinds[kind] != cases[j].kinds[kind]) continue;
          EXPECT_EQ(fold[i], fold[j]);
        }
      }
    }
    EXPECT_EQ(held, std::vector<int>(cases.size(), 1)) << Name(holdout);
  }
}

TEST(CrossValidate, PredictsWhatItHasNotSeen) {
  const catalog::Catalog catalog = TestCatalog();
  const auto rows = PlantedRows(catalog, std::vector<double>(perf::kFitted, 0.0), 0.01, 2);
  const auto cases = CasesOf(catalog, rows);
  const auto judged = CrossValidate(cases, rows, Holdout::kModels, Ablation{});
  EXPECT_EQ(judged.size(), cases.size());
  const GroupErrors all = Summarize(judged).front();
  // The rows are the model's own with 1 % of noise: an unseen model is predicted nearly as well.
  EXPECT_LT(all.tpot.median, 0.06);
}

}  // namespace
}  // namespace roofscape::calibrate
