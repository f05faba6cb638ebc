#include "model/calibrate/regret.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

namespace roofscape::calibrate {
namespace {

/// Rows of one setup; `Add` gives a layout a load.
class Rows {
 public:
  void Add(const std::string& curve, double tpot_ms, double tput, double predicted_tpot_ms,
           double predicted_tput, const std::string& engine = "vllm",
           const std::string& drafts = "none") {
    Case c;
    c.load = {1.0, 900.0, 900.0};
    c.kinds[kChipKind] = "chip";
    c.kinds[kModelKind] = "model";
    c.kinds[kEngineKind] = engine;
    c.kinds[kModeKind] = "aggregated";
    c.kinds[kSpeculationKind] = drafts;
    c.kinds[kCurveKind] = curve;
    c.ttft_s = 0.1;
    c.tpot_s = tpot_ms * 1e-3;
    cases_.push_back(c);
    Judged j;
    j.row = &cases_.back();
    j.measured_tput = tput;
    j.prediction.tpot_s.value = predicted_tpot_ms * 1e-3;
    j.prediction.tput_per_chip.value = predicted_tput;
    judged.push_back(j);
  }
  std::vector<Judged> judged;

 private:
  std::deque<Case> cases_;
};

constexpr double kTargets[] = {50.0};  // 20 ms.

TEST(Regret, TheRightChoiceCostsNothing) {
  Rows rows;
  rows.Add("a", 18.0, 100.0, 18.0, 110.0);
  rows.Add("b", 18.0, 80.0, 18.0, 85.0);
  const auto choices = Choices(rows.judged, kTargets, ChoiceScope::kSetup);
  ASSERT_EQ(choices.size(), 1U);
  EXPECT_EQ(choices[0].chosen.curve, "a none");
  EXPECT_EQ(choices[0].regret, 0.0);
  EXPECT_EQ(choices[0].cause, MissCause::kNone);
}

TEST(Regret, ValuesAreReadAtTheTargetBetweenLoads) {
  Rows rows;
  // At 20 ms, half way between the logarithms of 10 and 40: the geometric mean of 50 and 200.
  rows.Add("a", 10.0, 50.0, 10.0, 50.0);
  rows.Add("a", 40.0, 200.0, 40.0, 200.0);
  rows.Add("b", 20.0, 90.0, 20.0, 120.0);
  const auto choices = Choices(rows.judged, kTargets, ChoiceScope::kSetup);
  ASSERT_EQ(choices.size(), 1U);
  EXPECT_EQ(choices[0].chosen.curve, "b none");
  EXPECT_NEAR(choices[0].best.measured, 100.0, 1e-9);
  EXPECT_NEAR(choices[0].regret, 0.1, 1e-9);
  EXPECT_EQ(choices[0].cause, MissCause::kChosenWorse);  // 120 were thought, 90 came.
}

TEST(Regret, WhatDoesNotReachTheTargetIsLost) {
  Rows rows;
  rows.Add("a", 25.0, 300.0, 19.0, 300.0);
  rows.Add("b", 15.0, 90.0, 15.0, 90.0);
  rows.Add("c", 15.0, 80.0, 15.0, 80.0);
  const auto choices = Choices(rows.judged, kTargets, ChoiceScope::kSetup);
  ASSERT_EQ(choices.size(), 1U);
  EXPECT_EQ(choices[0].regret, 1.0);
  EXPECT_EQ(choices[0].layouts, 2U);
}

TEST(Regret, CausesAreToldApart) {
  Rows rows;
  rows.Add("a", 15.0, 100.0, 15.0, 101.0);
  rows.Add("b", 15.0, 200.0, 15.0, 100.0);
  EXPECT_EQ(Choices(rows.judged, kTargets, ChoiceScope::kSetup)[0].cause, MissCause::kBestBetter);
  Rows close;
  close.Add("a", 15.0, 100.0, 15.0, 112.0);
  close.Add("b", 15.0, 120.0, 15.0, 110.0);
  EXPECT_EQ(Choices(close.judged, kTargets, ChoiceScope::kSetup)[0].cause, MissCause::kClose);
}

TEST(Regret, AScenarioChoosesAmongEngines) {
  Rows rows;
  rows.Add("a", 15.0, 100.0, 15.0, 100.0, "vllm");
  rows.Add("b", 15.0, 130.0, 15.0, 90.0, "sglang");
  rows.Add("c", 15.0, 500.0, 15.0, 500.0, "vllm", "unknown(none or mtp)");
  EXPECT_TRUE(Choices(rows.judged, kTargets, ChoiceScope::kSetup).empty());
  const auto choices = Choices(rows.judged, kTargets, ChoiceScope::kScenario);
  ASSERT_EQ(choices.size(), 1U);
  EXPECT_EQ(choices[0].engine, "vllm");
  EXPECT_NEAR(choices[0].regret, 1.0 - 100.0 / 130.0, 1e-12);
}

TEST(Regret, SummariesCountByModeAndCause) {
  Rows rows;
  rows.Add("a", 15.0, 100.0, 15.0, 101.0);
  rows.Add("b", 15.0, 200.0, 15.0, 100.0);
  const auto choices = Choices(rows.judged, kTargets, ChoiceScope::kSetup);
  const RegretSummary all = SummaryOf(choices, 50.0, "");
  EXPECT_EQ(all.choices, 1U);
  EXPECT_NEAR(all.p90, 0.5, 1e-12);
  EXPECT_EQ(all.causes[static_cast<std::size_t>(MissCause::kBestBetter)], 1U);
  EXPECT_EQ(SummaryOf(choices, 50.0, "disaggregated").choices, 0U);
  EXPECT_EQ(SummaryOf(choices, 20.0, "").choices, 0U);
}

}  // namespace
}  // namespace roofscape::calibrate
