#include "model/calibrate/open_loop.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/calibrate/test_rows.h"

namespace roofscape::calibrate {
namespace {

constexpr double kVariation = 0.0642;  // Lengths even between 0.8 and 1.

class OpenLoopTest : public testing::Test {
 protected:
  OpenLoopTest()
      : catalog_(TestCatalog()),
        cases_(CasesOf(catalog_,
                       PlantedRows(catalog_, std::vector<double>(perf::kFitted, 0.0), 0.05, 8))),
        model_(Model::Calibrate(cases_, std::vector<char>(cases_.size(), 1))) {
    row_.chip = "chip-a";
    row_.model = "routed-model";
    row_.engine = "vllm";
    row_.speculative = "none";
    row_.input = 1024.0;
    row_.output = 1024.0;
    row_.serve.tp = 4.0;
  }

  Result<Case> At(double concurrency) const {
    ServingRow row = row_;
    row.concurrency = concurrency;
    return MakeCase(catalog_, row);
  }

  OpenLoop Make(double sequences = 1024.0) const {
    auto made = OpenLoop::Make([this](double n) { return At(n); }, model_, OwnChip(), kVariation,
                               sequences);
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }

  catalog::Catalog catalog_;
  std::vector<Case> cases_;
  Model model_;
  ServingRow row_;
};

TEST_F(OpenLoopTest, ExpectingManyPredictionsChangesNone) {
  const Prediction one = model_.Predict(*At(4.0));
  Model prepared = model_;
  prepared.ExpectMany();
  const Prediction again = prepared.Predict(*At(4.0));
  EXPECT_EQ(again.ttft_s.value, one.ttft_s.value);
  EXPECT_EQ(again.tpot_s.high80, one.tpot_s.high80);
}

TEST_F(OpenLoopTest, ALoneRequestIsThePredictedOne) {
  for (const bool disaggregated : {false, true}) {
    row_.disaggregated = disaggregated;
    row_.decode = row_.prefill = {1.0, 4.0, std::nullopt, std::nullopt, std::nullopt};
    const auto p = Make().At(1e-6);
    ASSERT_TRUE(p && *p);
    // A disaggregated one decodes alone in its time; the closed loop's mean is a little less than
    // one.
    const Prediction one = model_.Predict(*At(1.0));
    EXPECT_NEAR((*p)->prediction.ttft_s.value, one.ttft_s.value, 1e-3 * one.ttft_s.value);
    EXPECT_NEAR((*p)->prediction.tpot_s.value, one.tpot_s.value, 1e-2 * one.tpot_s.value);
    EXPECT_NEAR((*p)->prediction.ttft_s.high80, one.ttft_s.high80, 0.3 * one.ttft_s.high80);
    EXPECT_NEAR((*p)->prediction.tpot_s.high80, one.tpot_s.high80, 1e-2 * one.tpot_s.high80);
    EXPECT_EQ((*p)->prediction.domain, one.domain);
    EXPECT_NEAR((*p)->point.idle, 1.0, 1e-3);
  }
}

TEST_F(OpenLoopTest, ThroughputIsWhatComesInAndIntervalsOpenTowardsTheCapacity) {
  const OpenLoop loop = Make();
  const Figure& most = loop.capacity_rps();
  EXPECT_LT(most.low80, most.value);
  EXPECT_LT(most.value, most.high80);
  const auto half = loop.At(0.5 * most.low80);
  ASSERT_TRUE(half && *half);
  EXPECT_DOUBLE_EQ((*half)->prediction.tput_per_chip.value, 0.5 * most.low80 * 0.9 * 2048.0 / 4.0);
  const Figure& tpot = (*half)->prediction.tpot_s;
  EXPECT_LT(tpot.low80, tpot.value);
  EXPECT_LT(tpot.value, tpot.high80);
  EXPECT_TRUE(std::isfinite(tpot.high80));
  // Between the low and the middle capacity the slower deployment is saturated.
  const auto near = loop.At(0.5 * (most.low80 + most.value));
  ASSERT_TRUE(near && *near);
  EXPECT_TRUE(std::isinf((*near)->prediction.ttft_s.high80));
  const auto beyond = loop.At(1.01 * most.value);
  ASSERT_TRUE(beyond);
  EXPECT_FALSE(*beyond);
}

TEST_F(OpenLoopTest, CacheIsWhatThoseInServiceFill) {
  const OpenLoop loop = Make();
  const auto p = loop.At(0.7 * loop.capacity_rps().value);
  ASSERT_TRUE(p && *p);
  const Case c = *At(1.0);
  const perf::Lowered& w = c.service.serve.worker;
  const double held = c.load.input + 0.5 * c.load.output;
  const double each =
      held * w.cache_bytes_per_token + w.windowed_bytes_per_sequence + w.recurrent.state_bytes;
  EXPECT_NEAR((*p)->why.cache, (*p)->point.serving * each, 1e-6 * (*p)->why.cache);
  EXPECT_LE((*p)->why.cache, (*p)->why.cache_room);
}

TEST_F(OpenLoopTest, AnEngineThatTakesFewSaturatesEarlier) {
  EXPECT_LT(Make(4.0).capacity_rps().value, 0.5 * Make().capacity_rps().value);
}

TEST_F(OpenLoopTest, AcceptedDraftsRaiseTheCapacity) {
  const double without = Make().capacity_rps().value;
  row_.speculative = "mtp";
  row_.drafts = 3.0;
  row_.accepted = 0.5;
  const double few = Make().capacity_rps().value;
  row_.accepted = 2.2;
  const double many = Make().capacity_rps().value;
  EXPECT_GT(many, few);
  EXPECT_GT(many, without);
}

}  // namespace
}  // namespace roofscape::calibrate
