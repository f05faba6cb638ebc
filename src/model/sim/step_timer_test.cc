#include "model/sim/step_timer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "base/core/rng.h"
#include "model/sim/test_clusters.h"

namespace roofscape::sim {
namespace {

std::shared_ptr<const StepModel> Formula(bool routed) {
  const perf::Service s = TestService(routed, 8, 1);
  return std::make_shared<PerfStepModel>(
      s.machine, s.serve.worker, perf::CoefficientsFor(std::vector<double>(perf::kFitted, 0.0), {}),
      0.0);
}

// Property: what is remembered by bucket is within 0.5 % of the formula for decode steps, and
// within 4 % for what prompts add, unbiased.
TEST(StepTimerTest, BucketsAreNearTheFormula) {
  for (const bool routed : {false, true}) {
    const auto model = Formula(routed);
    StepTimer timer(model, 1.0);
    Rng rng(5);
    double bias = 0.0;
    constexpr int kTries = 4000;
    for (int i = 0; i < kTries; ++i) {
      const auto decode = static_cast<std::int64_t>(std::exp(rng.Uniform() * 6.5));
      const double context = std::exp(3.0 + rng.Uniform() * 8.0);
      const double prefill = std::floor(std::exp(rng.Uniform() * 9.0));
      const double pairs = prefill * std::floor(std::exp(2.0 + rng.Uniform() * 8.0));
      const double exact = model->DecodeSeconds(static_cast<double>(decode), context);
      EXPECT_NEAR(timer.DecodeSeconds(decode, context) / exact, 1.0, 0.005)
          << decode << " sequences, context " << context;
      const double added =
          model->PromptSeconds(static_cast<double>(decode), context, prefill, pairs);
      const double ratio = timer.PromptSeconds(decode, context, prefill, pairs) / added;
      EXPECT_NEAR(ratio, 1.0, 0.05)
          << prefill << " tokens, " << pairs << " pairs beside " << decode;
      bias += std::log(ratio) / kTries;
    }
    EXPECT_NEAR(bias, 0.0, 0.003);
  }
}

TEST(ScaledStepModelTest, FactorsOfOctavesAndBetween) {
  LinearStep step;
  step.step_s = 1.0;
  step.token_s = 1.0;
  const std::vector<double> factors = {2.0, 4.0, 1.0};
  const ScaledStepModel scaled(std::make_shared<LinearStep>(step), factors);
  EXPECT_DOUBLE_EQ(scaled.DecodeSeconds(1, 10), 2.0);
  EXPECT_DOUBLE_EQ(scaled.DecodeSeconds(2, 10), 4.0);
  EXPECT_DOUBLE_EQ(scaled.DecodeSeconds(4, 10), 1.0);
  EXPECT_DOUBLE_EQ(scaled.DecodeSeconds(100, 10), 1.0) << "beyond the last it stays";
  EXPECT_NEAR(scaled.DecodeSeconds(3, 10), 4.0 * std::pow(0.25, std::log2(1.5)), 1e-12);
  EXPECT_DOUBLE_EQ(scaled.PromptSeconds(0, 0, 5, 10), 10.0) << "no sequence: as one";
}

// The answer must not depend on what was asked before, or runs would differ.
TEST(StepTimerTest, OrderOfQuestionsDoesNotMatter) {
  const auto model = Formula(true);
  StepTimer forward(model, 2.0);
  StepTimer backward(model, 2.0);
  std::vector<double> a;
  std::vector<double> b;
  for (int i = 1; i < 3000; ++i) a.push_back(forward.PromptSeconds(i % 70, 3.0 * i, i, 5.0 * i));
  for (int i = 2999; i > 0; --i) b.push_back(backward.PromptSeconds(i % 70, 3.0 * i, i, 5.0 * i));
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.rbegin()));
}

}  // namespace
}  // namespace roofscape::sim
