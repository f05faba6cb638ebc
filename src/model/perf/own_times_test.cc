#include "model/perf/own_times.h"

#include <gtest/gtest.h>

#include "model/perf/testing/test_machines.h"

namespace roofscape::perf {
namespace {

/// A processor on which a million weights take 10 us for one token, 40 us for two to 8, and then
/// 5 us a token; attention 1 ns for each of heads x head_dim and key.
catalog::Chip Processor(const char* library = "ggml AMX") {
  catalog::Chip chip;
  chip.entry.id = "cpu";
  chip.reads = {{1, 100, 10}};
  const struct {
    std::int64_t m;
    double us;
  } points[] = {{1, 10}, {2, 40}, {8, 40}, {64, 320}};
  for (const auto& p : points) {
    const double gflops = 2e-3 * 1e6 * static_cast<double>(p.m) / p.us;
    chip.products.push_back({"q4_0", library, 1, p.m, 1000, 1000, 30, gflops});
    chip.products.push_back({"q4_0", "roofscape avx2", 1, p.m, 1000, 1000, 30, gflops / 2});
  }
  for (const std::int64_t keys : {1, 1000})
    chip.attentions.push_back({"ggml", 1, 1, keys, 1, 1, 1, 4});
  chip.attentions.push_back({"ggml", 1, 100, 100, 1, 1, 1, 8});
  chip.reached.launch_us = 2;
  return chip;
}

double Weights(const catalog::Model& model) {
  return catalog::CountParameters(model).active -
         static_cast<double>(model.vocab) * static_cast<double>(model.hidden);
}

TEST(OwnTimes, ProductsAddUpToAllWeights) {
  const catalog::Model model = DenseModel();
  const auto times = OwnTimes(Processor(), model, {"q4_0", 1, "ggml"});
  ASSERT_TRUE(times) << times.error().message;
  const double million_weights = Weights(model) / 1e6;
  EXPECT_NEAR((*times)->products.At(1.0), million_weights * 10e-6, million_weights * 0.2e-6);
  EXPECT_NEAR((*times)->products.At(2.0), million_weights * 40e-6, million_weights * 0.8e-6);
  EXPECT_NEAR((*times)->products.At(128.0), million_weights * 640e-6, million_weights * 13e-6);
  // 32 layers of 32 heads of 128, 500 keys each; a prompt sees half of its square, twice as fast.
  const double each = 32.0 * 32.0 * 128.0 * 1e-9;
  EXPECT_NEAR((*times)->decode[0].At(2.0, 512.0), 2.0 * 512.0 * each, 0.01);
  EXPECT_NEAR((*times)->prefill[0].At(1.0, 128.0), 0.25 * 128.0 * 128.0 * each, 0.1 * each * 8192);
}

TEST(OwnTimes, SlotsWithCachesApartCostAPassForEachRun) {
  const catalog::Model model = DenseModel();
  const catalog::Chip chip = Processor();
  const auto together = OwnTimes(chip, model, {"q4_0", 1, "ggml"});
  const auto apart = OwnTimes(chip, model, {"q4_0", 1, "ggml", {16, 8, 20, 0.8, 64}});
  ASSERT_TRUE(together && apart);
  EXPECT_GT((*apart)->products.At(8.0), 1.5 * (*together)->products.At(8.0));
  EXPECT_EQ((*apart)->products.At(1.0), (*together)->products.At(1.0));
  EXPECT_EQ((*apart)->products.At(64.0), (*together)->products.At(64.0));  // A prompt.
}

TEST(OwnTimes, TakeAnotherLibraryWhereTheEnginesWasNotMeasured) {
  const auto own = OwnTimes(Processor("other"), DenseModel(), {"q4_0", 0, "ggml"});
  ASSERT_TRUE(own);
  EXPECT_NEAR((*own)->products.At(1.0), Weights(DenseModel()) * 10e-12, 1e-3);
}

TEST(OwnTimes, FallBackToProductsWhereAttentionWasNotMeasured) {
  catalog::Chip chip = Processor();
  chip.attentions.clear();
  EXPECT_TRUE((*OwnTimes(chip, DenseModel(), {"q4_0", 1, ""}))->decode[0].empty());
  chip.products.push_back({"f16", "own", 1, 1, 1000, 1000, 30, 2});
  const auto times = OwnTimes(chip, DenseModel(), {"q4_0", 1, ""});
  // 4 x heads x head_dim a key at 2 GFLOP/s.
  EXPECT_NEAR((*times)->decode[0].At(1.0, 1024.0), 32.0 * 4.0 * 4096.0 * 1024.0 / 2e9, 1e-3);
}

TEST(OwnTimes, RefuseWhatWasNotMeasured) {
  const auto threads = OwnTimes(Processor(), DenseModel(), {"q4_0", 3, "ggml"});
  ASSERT_FALSE(threads);
  EXPECT_NE(threads.error().message.find("measured q4_0 with 1 threads"), std::string::npos)
      << threads.error().message;
  const auto routed = OwnTimes(Processor(), RoutedModel(), {"q4_0", 1, "ggml"});
  ASSERT_FALSE(routed);
  EXPECT_NE(routed.error().message.find("dense feed-forward"), std::string::npos);
}

TEST(OwnTimes, AreThoseOfAProcessorThatMeasuredTheFormat) {
  EXPECT_TRUE(MeasuredItself(Processor(), "Q4_0"));
  EXPECT_FALSE(MeasuredItself(Processor(), "f16"));
  catalog::Chip gpu = Processor();
  gpu.reads.clear();
  EXPECT_FALSE(MeasuredItself(gpu, "q4_0"));
  EXPECT_EQ(LibraryOf("llama.cpp"), "ggml");
  EXPECT_EQ(LibraryOf("vllm"), "");
}

}  // namespace
}  // namespace roofscape::perf
