#include "model/perf/kernel_shape.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "model/perf/sparse_shape.h"

namespace roofscape::perf {
namespace {

constexpr Roofs kChip = {1e15, 2e15, 0, 2e15, 4e12, 450e9};

TEST(KernelShape, CausalPairsAreWhatALoopCounts) {
  for (const double prefix : {0.0, 1.0, 100.0, 300.0}) {
    for (const double window : {0.0, 64.0, 128.0, 5000.0}) {
      for (const double tokens : {1.0, 50.0, 400.0}) {
        double pairs = 0;
        for (double query = 0; query < tokens; ++query) {
          // The continuous count: half of the diagonal.
          const double before = prefix + query + 0.5;
          pairs += window > 0 ? std::min(before, window) : before;
        }
        EXPECT_NEAR(CausalPairs(tokens, prefix, window), pairs, 0.5)
            << tokens << " after " << prefix << ", window " << window;
      }
    }
  }
}

TEST(KernelShape, AGemmIsBoundByWeightsWhenSmallAndByFlopsWhenLarge) {
  const KernelPoint one = Locate(GemmShape{1, 8192, 4096}, KernelPrecision::kBf16, kChip);
  EXPECT_NEAR(one.roof_s, (8192.0 * 4096 + 4096 + 8192) * 2 / 4e12, 1e-12);
  EXPECT_FLOAT_EQ(one.x[0], 0);
  EXPECT_FLOAT_EQ(one.x[1], 13);
  EXPECT_FLOAT_EQ(one.x[2], 12);
  const KernelPoint many = Locate(GemmShape{8192, 8192, 4096}, KernelPrecision::kBf16, kChip);
  EXPECT_NEAR(many.roof_s, 2 * 8192.0 * 8192 * 4096 / 1e15, 1e-12);
}

TEST(KernelShape, AChipWithoutAPrecisionComputesInTheNextWiderOne) {
  EXPECT_EQ(PeakFlops(KernelPrecision::kNvfp4, kChip), kChip.fp8_flops);
  Roofs old = kChip;
  old.fp8_flops = 0;
  EXPECT_EQ(PeakFlops(KernelPrecision::kNvfp4, old), kChip.bf16_flops);
  EXPECT_EQ(PeakFlops(KernelPrecision::kMxfp4, kChip), kChip.bf16_flops)
      << "activations have 16 bits";
}

TEST(KernelShape, ABalancedRankTouchesItsExpertsOrItsRowsIfThereAreFewer) {
  MoeShape shape = {.tokens = 64, .hidden = 7168, .inter = 2048, .top_k = 8, .experts = 256};
  EXPECT_DOUBLE_EQ(LoadOf(shape).rows, 512);
  EXPECT_DOUBLE_EQ(LoadOf(shape).experts, 256);
  shape.ep = 64;
  EXPECT_DOUBLE_EQ(LoadOf(shape).rows, 8);
  EXPECT_DOUBLE_EQ(LoadOf(shape).experts, 4);
  shape.tokens = 1;
  EXPECT_DOUBLE_EQ(LoadOf(shape).rows, 1) << "the most loaded rank has one";
}

TEST(KernelShape, ASteeperPowerLawLoadsARankMoreAndTouchesFewerExperts) {
  MoeShape shape = {.tokens = 1024, .hidden = 7168, .inter = 2048, .top_k = 8, .experts = 256};
  shape.ep = 16;
  const MoeLoad even = LoadOf(shape);
  shape.routing = Routing::kPowerLaw101;
  const MoeLoad mild = LoadOf(shape);
  shape.routing = Routing::kPowerLaw120;
  const MoeLoad steep = LoadOf(shape);
  EXPECT_LT(even.rows, mild.rows);
  EXPECT_LT(mild.rows, steep.rows);
  EXPECT_GT(even.experts, mild.experts);
  EXPECT_GT(mild.experts, steep.experts);
}

TEST(KernelShape, DecodeReadsTheCacheAndAWindowCutsIt) {
  DecodeShape shape = {.batch = 8, .context = 4096, .heads = 32, .kv_heads = 8, .head_dim = 128};
  const double full = Locate(shape, KernelPrecision::kBf16, kChip).roof_s;
  EXPECT_NEAR(full, 8 * 128.0 * (2 * 4096 * 8 * 2 + 4 * 32) / 4e12, 1e-12);
  EXPECT_LT(Locate(shape, KernelPrecision::kBf16KvFp8, kChip).roof_s, 0.51 * full);
  shape.window = 128;
  const KernelPoint windowed = Locate(shape, KernelPrecision::kBf16, kChip);
  EXPECT_LT(windowed.roof_s, full / 30);
  EXPECT_FLOAT_EQ(windowed.x[0], 7);
  EXPECT_FLOAT_EQ(windowed.x[3], 5);
}

TEST(KernelShape, APrefixCountsAsLengthAndNotAsWork) {
  PrefillShape shape = {.batch = 1, .tokens = 1024, .heads = 32, .kv_heads = 8, .head_dim = 128};
  const KernelPoint alone = Locate(shape, KernelPrecision::kBf16, kChip);
  EXPECT_FLOAT_EQ(alone.x[0], 10);
  EXPECT_FLOAT_EQ(alone.x[1], 5);
  shape.prefix = 1024;
  const KernelPoint after = Locate(shape, KernelPrecision::kBf16, kChip);
  EXPECT_NEAR(after.roof_s, 3 * alone.roof_s, 1e-9);
  EXPECT_NEAR(after.x[0] + after.x[1], 15, 1e-4) << "as many rows of scores";
}

TEST(KernelShape, ARecurrentStateIsReadAndWrittenWhateverTheContext) {
  RecurrentShape shape = {64, 1, 16, 64, 128, 128, false};
  const double state_bytes = 64.0 * 64 * 128 * 128 * 4;
  const double roof = Locate(shape, KernelPrecision::kBf16, kChip).roof_s;
  EXPECT_GT(roof, 2 * state_bytes / 4e12);
  EXPECT_LT(roof, 2.05 * state_bytes / 4e12);
  shape.convolution = true;
  EXPECT_LT(Locate(shape, KernelPrecision::kBf16, kChip).roof_s, roof / 10);
}

TEST(KernelShape, SparseAttentionCostsItsChoiceOfKeysAndTheScanForIt) {
  SparseDecodeShape shape = {.block = SparseBlock::kDsaGlm5, .batch = 64, .heads = 64};
  const auto roof = [&](SparseBlock block, double context) {
    shape.block = block;
    shape.context = context;
    return Locate(shape, KernelPrecision::kBf16, kChip).roof_s;
  };
  const double scan = roof(SparseBlock::kDsaGlm5, 131072) - roof(SparseBlock::kDsaGlm5, 65536);
  EXPECT_NEAR(scan, 64.0 * 65536 * 128 / 4e12, 1e-9) << "one byte for each of 128";
  EXPECT_DOUBLE_EQ(roof(SparseBlock::kDsaGlm5ReusedIndex, 131072),
                   roof(SparseBlock::kDsaGlm5ReusedIndex, 65536));
  EXPECT_LT(roof(SparseBlock::kHcaDeepSeekV4Pro, 131072), roof(SparseBlock::kDsaGlm5, 131072));
}

TEST(KernelShape, CollectivesCountWhatALinkCarries) {
  const CollectiveShape reduce = {CollectiveKind::kAllReduce, 1e9, 8};
  EXPECT_NEAR(Locate(reduce, KernelPrecision::kBf16, kChip).roof_s, 2 * 1e9 * 7 / 8 / 450e9, 1e-9);
  const CollectiveShape gather = {CollectiveKind::kAllGather, 1e9, 8};
  EXPECT_NEAR(Locate(gather, KernelPrecision::kBf16, kChip).roof_s, 1e9 * 7 / 8 / 450e9, 1e-9);
  // With more experts a token than ranks, nearly every rank gets each token once.
  const ExchangeShape wide = {128, 7168, 64, 4, 2};
  EXPECT_NEAR(Locate(wide, KernelPrecision::kBf16, kChip).roof_s, 128.0 * 7168 * 2 * 3 / 450e9,
              1e-9);
}

}  // namespace
}  // namespace roofscape::perf
