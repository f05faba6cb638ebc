#include "model/perf/kernel_times.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/core/check.h"
#include "base/core/rng.h"
#include "model/perf/mean_field.h"
#include "model/perf/testing/test_machines.h"

namespace roofscape::perf {
namespace {

constexpr std::uint64_t kSeed = 72;

const KernelCurves& Curves() {
  static const Result<KernelCurves> parsed = KernelCurves::Parse(EmbeddedKernelCurves());
  RS_CHECK(parsed);
  return *parsed;
}

/// A machine of the file's chip, by the peaks that its curves were made with.
Machine Measured(std::string_view id) {
  Machine m = TestMachine();
  for (const KernelCurves::Chip& chip : Curves().chips()) {
    if (chip.id != id) continue;
    m.chip = chip.id;
    m.flops = {chip.roofs.bf16_flops, chip.roofs.fp8_flops,
               std::max(chip.roofs.fp4_flops, chip.roofs.fp8_flops)};
    m.bandwidth = chip.roofs.memory_bytes_s;
    m.link_bandwidth = chip.roofs.link_bytes_s;
  }
  EXPECT_EQ(m.chip, id);
  return m;
}

TEST(KernelTimes, ProductsAreTheFastestOfEachLayersCurves) {
  KernelBook book(Curves());
  const Machine m = Measured("h200-sxm");
  const auto times = book.TimesOf(m, DenseModel(), Layout{}, Formats{}, kVllm);
  for (const double tokens : {1.0, 16.0, 4096.0}) {
    const GemmShape shapes[] = {{tokens, 4096 + 2048, 4096},
                                {tokens, 4096, 4096},
                                {tokens, 2.0 * 14336, 4096},
                                {tokens, 4096, 14336}};
    double wanted = 0.0;
    for (const GemmShape& shape : shapes) {
      double least = 1.0;
      for (const auto engine :
           {KernelEngine::kVllm, KernelEngine::kSglang, KernelEngine::kTrtllm}) {
        const KernelCurve* c =
            Curves().Find(m.chip, {KernelOp::kGemm, engine, KernelPrecision::kBf16, 0});
        ASSERT_NE(c, nullptr);
        least = std::min(least, c->Seconds(shape));
      }
      wanted += 32.0 * least;
    }
    EXPECT_NEAR(times->products.At(tokens), wanted, 1e-6 * wanted) << tokens;
  }
}

TEST(KernelTimes, EveryPartOfAModelThatWasMeasuredIsThere) {
  KernelBook book(Curves());
  for (const char* chip : {"h100-sxm", "b200-sxm", "gb300-nvl72"}) {
    for (const catalog::Model& model : {DenseModel(), RoutedModel(), RecurrentModel()}) {
      SCOPED_TRACE(std::string(chip) + " " + model.entry.id);
      const auto t = book.TimesOf(Measured(chip), model, {.chips = 8},
                                  Formats{Precision::kFp8, Precision::kFp8, 1.0}, kSglang);
      EXPECT_FALSE(t->borrowed);
      EXPECT_FALSE(t->products.empty());
      EXPECT_FALSE(t->head.empty());
      EXPECT_FALSE(t->sums.empty());
      EXPECT_FALSE(t->decode[0].empty());
      EXPECT_FALSE(t->prefill[0].empty());
      EXPECT_EQ(t->experts.empty(), !model.ffns[0].routed);
      EXPECT_EQ(t->recurrent_decode.empty(), model.entry.id != "recurrent");
    }
  }
}

TEST(KernelTimes, AreMadeOnceForALayout) {
  KernelBook book(Curves());
  const Machine m = Measured("b200-sxm");
  const auto make = [&](const Machine& machine, double chips, EngineClass engine) {
    return book.TimesOf(machine, DenseModel(), {.chips = chips}, Formats{}, engine);
  };
  EXPECT_EQ(make(m, 4, kVllm), make(m, 4, kVllm));
  EXPECT_NE(make(m, 4, kVllm), make(m, 8, kVllm));
  EXPECT_NE(make(m, 4, kVllm), make(m, 4, kTensorRtLlm));
  Machine faster = m;
  faster.bandwidth *= 2.0;
  EXPECT_NE(make(m, 4, kVllm), make(faster, 4, kVllm)) << "the same name, other peaks";
}

TEST(KernelTimes, AChipWithoutCurvesBorrowsThoseOfOneThatIsAlike) {
  KernelBook book(Curves());
  Machine twin = Measured("h200-sxm");
  const auto own = book.TimesOf(twin, DenseModel(), {.chips = 8}, Formats{}, kVllm);
  twin.chip = "never-measured";
  const auto borrowed = book.TimesOf(twin, DenseModel(), {.chips = 8}, Formats{}, kVllm);
  EXPECT_FALSE(own->borrowed);
  EXPECT_TRUE(borrowed->borrowed);
  EXPECT_DOUBLE_EQ(own->products.At(64.0), borrowed->products.At(64.0));
  twin.bandwidth *= 1.2;
  twin.flops[0] *= 1.2;
  const auto faster = book.TimesOf(twin, DenseModel(), {.chips = 8}, Formats{}, kVllm);
  for (const double tokens : {1.0, 64.0, 8192.0}) {
    EXPECT_LT(faster->products.At(tokens), borrowed->products.At(tokens));
    EXPECT_GT(faster->products.At(tokens), borrowed->products.At(tokens) / 1.2 * (1.0 - 1e-9));
  }
}

TEST(KernelTimes, EvenlyRoutedExpertsHaveNoWorstRank) {
  KernelBook skewed(Curves());
  KernelBook even(Curves(), Routing::kBalanced);
  const Machine m = Measured("b200-sxm");
  const auto experts = [&](KernelBook& book) {
    return book.TimesOf(m, RoutedModel(), {.chips = 8, .dp = 8, .ep = 8}, Formats{}, kSglang)
        ->experts;
  };
  // Where many tokens come, the fullest rank of skewed routing is what the others wait for.
  for (const double tokens : {8192.0, 65536.0}) {
    EXPECT_LT(experts(even).At(tokens), experts(skewed).At(tokens)) << tokens;
  }
}

/// What was not measured keeps its roofline: sparse attention here.
TEST(KernelTimes, PartsWithoutACurveKeepTheirRoofline) {
  catalog::Model model = DenseModel();
  model.mixers[0].indexer = catalog::Indexer{64, 128, 2048, std::nullopt, std::nullopt};
  Service s = ServiceOf(model, {.chips = 8});
  s.machine = Measured("b200-sxm");
  StepLoad<double> load;
  load.decode = 64.0;
  load.context = 8192.0;
  const auto c = PriorCoefficients();
  const auto roofline = ForwardSeconds(s.machine, s.serve.worker, c, load, false);
  KernelBook book(Curves());
  s.serve.worker.kernels = book.TimesOf(s.machine, model, {.chips = 8}, Formats{}, kVllm);
  EXPECT_TRUE(s.serve.worker.kernels->decode[0].empty());
  const auto measured = ForwardSeconds(s.machine, s.serve.worker, c, load, false);
  EXPECT_EQ(measured[kAttentionPart], roofline[kAttentionPart]);
  EXPECT_NE(measured[kProductsPart], roofline[kProductsPart]);
}

TEST(KernelTimes, AStepStaysNearItsRoofline) {
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  KernelBook book(Curves());
  const auto c = PriorCoefficients();
  for (const char* chip : {"h200-sxm", "b200-sxm"}) {
    for (const catalog::Model& model : {DenseModel(), RoutedModel(), RecurrentModel()}) {
      Service s = ServiceOf(model, {.chips = 4});
      s.machine = Measured(chip);
      Lowered roofline = s.serve.worker;
      s.serve.worker.kernels = book.TimesOf(s.machine, model, {.chips = 4}, Formats{}, kVllm);
      for (int i = 0; i < 50; ++i) {
        StepLoad<double> load;
        load.decode = std::exp2(9.0 * rng.Uniform());
        load.context = std::exp2(6.0 + 9.0 * rng.Uniform());
        load.prefill = rng.Uniform() < 0.5 ? 0.0 : 4096.0;
        load.pairs = load.prefill * 1024.0;
        const double curve = Total(ForwardSeconds(s.machine, s.serve.worker, c, load, false));
        const double roof = Total(ForwardSeconds(s.machine, roofline, c, load, false));
        EXPECT_GT(curve, 0.3 * roof) << chip << model.entry.id << load.decode;
        EXPECT_LT(curve, 4.0 * roof) << chip << model.entry.id << load.decode;
      }
    }
  }
}

}  // namespace
}  // namespace roofscape::perf
