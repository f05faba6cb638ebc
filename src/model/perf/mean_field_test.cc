#include "model/perf/mean_field.h"

#include <gtest/gtest.h>

#include "model/perf/mean_power.h"
#include "model/perf/testing/test_machines.h"

namespace roofscape::perf {
namespace {

Point<double> At(const Service& s, const Load& load) {
  return MeanField(s, PriorCoefficients(), load);
}

TEST(MeanField, ThePoolIsWhatTheEnginesRuleLeaves) {
  Machine m = TestMachine();  // 100 GB.
  Lowered w;
  w.weight_bytes = 40e9;
  // vLLM: 90 GB less weights and 3 GB; TensorRT-LLM: 0.9 of the 57 GB that they leave.
  EXPECT_DOUBLE_EQ(CacheBytes(m, w, 0.9, PoolRuleOf(kVllm)), 47e9);
  EXPECT_DOUBLE_EQ(CacheBytes(m, w, 0.9, PoolRuleOf(kTensorRtLlm)), 0.9 * 57e9);
  // A share that rows with wrong labels taught never takes more than there is.
  for (const PoolRule rule : {PoolRule::kOfAll, PoolRule::kOfFree}) {
    EXPECT_LT(CacheBytes(m, w, 1.4, rule), 57e9);
  }
}

TEST(MeanField, ALonePromptHasTheExpertsToItselfHoweverManyCopiesThereAre) {
  const auto c = PriorCoefficients();
  const Service s = ServiceOf(RoutedModel(), {.chips = 8, .dp = 8, .ep = 8});
  const Load load{1.0, 4096.0, 256.0};
  const LonePrompt<double> prompt(s.machine, s.serve.worker, c, load);
  EXPECT_LT(prompt.Seconds(0.0), 0.8 * prompt.Seconds(1.0));
  EXPECT_DOUBLE_EQ(prompt.Seconds(1.0), PrefillSeconds(s.machine, s.serve.worker, c, load, 1.0));
  // With one copy there is nobody else.
  const Service one = ServiceOf(RoutedModel(), {.chips = 8});
  const LonePrompt<double> whole(one.machine, one.serve.worker, c, load);
  EXPECT_DOUBLE_EQ(whole.Seconds(0.0), whole.Seconds(1.0));
}

TEST(MeanField, DraftingTakesALayerAndTheHeadForEachDraft) {
  const auto c = PriorCoefficients();
  const Service s = ServiceOf(DenseModel(), Layout{});
  const Lowered& w = s.serve.worker;
  StepLoad<double> load;
  load.decode = 4.0;
  load.context = 1000.0;
  const auto plain = FullClockSeconds(s.machine, w, c, load, false);
  load.drafts = 3.0;
  const auto verify = OneBatchSeconds(s.machine, w, c, load, false);
  const auto both = FullClockSeconds(s.machine, w, c, load, false);
  for (std::size_t i = 0; i < kHostPart; ++i) {
    const double share = i == kHeadPart ? 1.0 : 1.0 / 32.0;
    EXPECT_NEAR(both[i], verify[i] + 3.0 * share * plain[i], 1e-12) << i;
  }
  EXPECT_EQ(both[kHostPart], verify[kHostPart]);
}

TEST(MeanField, WhatAPrefixCacheHoldsIsNotComputed) {
  for (const bool disaggregated : {false, true}) {
    Service s = ServiceOf(DenseModel(), Layout{});
    s.disaggregated = disaggregated;
    s.prefill = s.serve;
    const Load none{32.0, 8192.0, 512.0};
    Load half = none;
    half.cached = 4096.0;
    Load most = none;
    most.cached = 8191.0;
    const auto a = At(s, none), b = At(s, half), d = At(s, most);
    EXPECT_LT(b.ttft, a.ttft);
    EXPECT_LT(d.ttft, b.ttft);
    // Who waits less decodes beside more others: TPOT may be longer, a whole request is not.
    const auto whole = [&](const Point<double>& p) { return p.ttft + p.tpot * none.output; };
    EXPECT_LT(whole(b), whole(a));
    EXPECT_LT(whole(d), whole(b));
  }
  // Half of a prompt is less than half of its attention: the rest looks back at what is cached.
  const Load load{1.0, 1000.0, 10.0, 600.0};
  const auto step = PromptLoad<double>(load, 1.0);
  EXPECT_DOUBLE_EQ(step.prefill, 400.0);
  EXPECT_DOUBLE_EQ(step.pairs, 0.5 * (1000.0 * 1000.0 - 600.0 * 600.0));
}

TEST(MeanField, WhatLiesInTheHostsMemoryCostsItsWayBack) {
  Service s = ServiceOf(DenseModel(), Layout{});
  s.host_bandwidth = 50e9;
  Load here{1.0, 8192.0, 512.0, 4096.0};
  Load there{1.0, 8192.0, 512.0, 0.0, 4096.0};
  const double seconds = 4096.0 * s.serve.worker.cache_bytes_per_token / 50e9;
  EXPECT_NEAR(At(s, there).ttft - At(s, here).ttft, seconds, 1e-3 * seconds);
  // A slow enough host is worse than computing it again.
  s.host_bandwidth = 50e6;
  EXPECT_GT(At(s, there).ttft, At(s, {1.0, 8192.0, 512.0}).ttft);
}

TEST(MeanField, FewTokensOfPromptsAreReplayedFromGraphs) {
  const auto c = PriorCoefficients();
  Service s = ServiceOf(DenseModel(), Layout{});
  SetEngine(kVllm, s);
  const auto pass = [&](double tokens) {
    return ForwardSeconds(s.machine, s.serve.worker, c,
                          PromptLoad<double>({1.0, tokens, 10.0}, 1.0), true);
  };
  const auto small = pass(512.0);
  const auto large = pass(513.0);
  EXPECT_DOUBLE_EQ(small[kFloorsPart] / large[kFloorsPart], c[kKernelFloor] / c[kPrefillFloor]);
  EXPECT_NEAR(small[kHostPart], c[kStepHost], 1e-12);
  EXPECT_EQ(large[kHostPart], c[kPrefillHost]);
  // Beside sequences that decode it is the step that they share, whatever kMix says.
  StepLoad<double> decode;
  decode.decode = 12.0;
  decode.context = 1000.0;
  const double step = Total(ForwardSeconds(s.machine, s.serve.worker, c, decode, false));
  StepLoad<double> both = decode;
  both.prefill = 500.0;
  both.pairs = 500.0 * 250.0;
  const double shared = Total(ForwardSeconds(s.machine, s.serve.worker, c, both, false)) - step;
  EXPECT_DOUBLE_EQ(PromptsAdd(s.machine, s.serve.worker, c, both, step), shared);
  both.prefill = 501.0;  // 513 with those that decode.
  EXPECT_GT(PromptsAdd(s.machine, s.serve.worker, c, both, step), shared + c[kPrefillHost]);
  // Engines that capture decode steps alone.
  SetEngine(kSglang, s);
  EXPECT_EQ(pass(100.0)[kHostPart], c[kPrefillHost]);
}

TEST(PowerCap, SlowsPromptsAndNotWhatReadsMemory) {
  Service s = ServiceOf(DenseModel(), Layout{});
  s.machine.tdp_w = 700.0;
  const auto c = PriorCoefficients();
  const auto seconds = [&](bool prefills) {
    StepLoad<double> load;
    load.decode = prefills ? 0.0 : 8.0;
    load.context = 1000.0;
    if (prefills) load = PromptLoad<double>({1.0, 4096.0, 10.0}, 1.0);
    return Total(ForwardSeconds(s.machine, s.serve.worker, c, load, prefills));
  };
  const double prompt = seconds(true);
  const double token = seconds(false);
  s.machine.power_cap_w = 350.0;
  // Splitwise (2024): H100 at half of its power took 1.3 times as long for prompts, and no longer
  // for tokens.
  EXPECT_NEAR(seconds(true) / prompt, 1.3, 0.1);
  EXPECT_NEAR(seconds(false) / token, 1.0, 0.02);
}

TEST(PowerCap, LessPowerIsNeverFasterAndTheWholeTdpIsNoCap) {
  for (const auto& model : {DenseModel(), RoutedModel(), RecurrentModel()}) {
    Service s = ServiceOf(model, {.chips = 4});
    s.machine.tdp_w = 1000.0;
    const Load load{64.0, 2048.0, 512.0};
    const Point<double> free = At(s, load);
    s.machine.power_cap_w = 1000.0;
    EXPECT_EQ(At(s, load).tpot, free.tpot);
    double last = free.tpot;
    for (const double cap : {900.0, 700.0, 500.0, 400.0, 300.0, 220.0}) {
      s.machine.power_cap_w = cap;
      const Point<double> p = At(s, load);
      EXPECT_GE(p.tpot, last * (1.0 - 1e-9)) << cap;
      EXPECT_LE(MeanPower(s, PriorCoefficients(), load, p), cap * (1.0 + 1e-9));
      last = p.tpot;
    }
    EXPECT_GT(last, free.tpot);
  }
}

TEST(PowerCap, TheClockKeepsTheCap) {
  Work<double> work;
  work.kernels = 1.0;
  work.compute = {0.6, 0.0, 0.0};
  work.memory = 0.1;
  const clock_internal::Stretch pass(work, 0.1, PowerShares{});
  const double full = pass.ShareAt(1.0);
  EXPECT_EQ(clock_internal::ClockOf(pass, full + 0.01), 1.0);
  const double clock = clock_internal::ClockOf(pass, 0.5);
  EXPECT_NEAR(pass.ShareAt(clock), 0.5, 1e-5);
  EXPECT_LT(clock, 1.0);
  // Nothing is slower than the lowest clock, though it draws too much.
  EXPECT_NEAR(clock_internal::ClockOf(pass, 0.19), 0.2, 1e-6);
}

}  // namespace
}  // namespace roofscape::perf
