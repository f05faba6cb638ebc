#include "model/codesign/legality.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string_view>

#include "model/codesign/space.h"
#include "model/codesign/test_spaces.h"
#include "model/perf/testing/test_machines.h"

namespace roofscape::codesign {
namespace {

using perf::Layout;

std::optional<Refusal> Of(const catalog::Model& model, const Layout& layout,
                          const EngineLimits& limits = {},
                          perf::Precision experts = perf::Precision::kBf16) {
  return ShapeRefusal(model, perf::TestMachine(), limits, layout, experts);
}

TEST(Legality, ShapesThatDivideAreLegal) {
  const catalog::Model dense = perf::DenseModel();  // 32 heads, 8 of keys, 14,336 wide.
  for (const double tp : {1.0, 2.0, 4.0, 8.0}) EXPECT_FALSE(Of(dense, {tp, 1.0, 1.0, 1.0}));
  const catalog::Model routed = perf::RoutedModel();  // 64 experts, 2,048 wide.
  EXPECT_FALSE(Of(routed, {8.0, 8.0, 8.0, 1.0}));
  EXPECT_FALSE(Of(routed, {32.0, 16.0, 32.0, 1.0}));  // Groups of 2 in a domain of 8.
  EXPECT_FALSE(Of(routed, {16.0, 4.0, 4.0, 2.0}));
}

TEST(Legality, EachRefusalNamesItsReason) {
  catalog::Model dense = perf::DenseModel();
  catalog::Model routed = perf::RoutedModel();
  EXPECT_EQ(Of(dense, {3.0, 1.0, 1.0, 1.0}), Refusal::kHeads);
  EXPECT_EQ(Of(dense, {2.0, 2.0, 1.0, 1.0}), Refusal::kCopies);
  EXPECT_EQ(Of(dense, {33.0, 1.0, 1.0, 33.0}), Refusal::kStages);
  EXPECT_EQ(Of(dense, {16.0, 1.0, 1.0, 1.0}), Refusal::kDomain);
  EXPECT_EQ(Of(routed, {6.0, 6.0, 6.0, 1.0}), Refusal::kExperts);
  EXPECT_EQ(Of(routed, {6.0, 6.0, 2.0, 1.0}), Refusal::kExpertWidth);
  EXPECT_EQ(Of(routed, {8.0, 1.0, 4.0, 1.0}, {true, false}), Refusal::kExpertChoice);
  EXPECT_EQ(Of(routed, {8.0, 4.0, 8.0, 1.0}, {false, true}), Refusal::kCopyChoice);
  dense.mixers[0].q_heads = 24;
  dense.mixers[0].kv_heads = 4;
  EXPECT_EQ(Of(dense, {6.0, 1.0, 1.0, 1.0}), Refusal::kCacheHeads);
  dense = perf::DenseModel();
  dense.ffns[0].width = 14340;
  EXPECT_EQ(Of(dense, {8.0, 1.0, 1.0, 1.0}), Refusal::kWidth);
}

TEST(Legality, BlocksOfWeightsAreNotCut) {
  catalog::Model routed = perf::RoutedModel();
  routed.ffns[0].width = 1536;
  routed.precision = "fp8 e4m3, blocks of 128 x 128";
  const Layout cut_by_eight{8.0, 1.0, 1.0, 1.0};  // 192 wide each.
  EXPECT_EQ(Of(routed, cut_by_eight, {}, perf::Precision::kFp8), Refusal::kExpertWidth);
  EXPECT_FALSE(Of(routed, cut_by_eight));  // In bf16 there are no blocks.
  EXPECT_FALSE(Of(routed, {8.0, 1.0, 8.0, 1.0}, {}, perf::Precision::kFp8));
}

TEST(Legality, WeightsAndOneRequestMustFit) {
  const catalog::Model model = perf::DenseModel();
  perf::Machine machine = perf::TestMachine();
  const auto worker = perf::Lower(model, Layout{}, perf::Formats{});
  ASSERT_TRUE(worker);
  EXPECT_FALSE(MemoryRefusal(model, machine, *worker, 0.9, 2048.0));
  machine.memory = worker->weight_bytes;
  EXPECT_EQ(MemoryRefusal(model, machine, *worker, 0.9, 2048.0), Refusal::kWeights);
  machine.memory = (worker->weight_bytes + 3e9 + 2e9) / 0.9;
  EXPECT_FALSE(MemoryRefusal(model, machine, *worker, 0.9, 2048.0));
  EXPECT_EQ(MemoryRefusal(model, machine, *worker, 0.9, 1e5), Refusal::kOneRequest);
}

TEST(Legality, EveryRefusalHasAWordAndAReason) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kRefusals; ++i) {
    const auto refusal = static_cast<Refusal>(i);
    EXPECT_FALSE(Why(refusal).empty());
    EXPECT_TRUE(names.insert(Name(refusal)).second);
  }
}

TEST(Space, CountsWhatItRefuses) {
  Wish wish = TestWish();
  wish.precisions = {"fp4", "bf16"};
  wish.chips[0].machine.flops = {1e15, 1e15, 1e15};  // No units for anything narrow.
  const Space space = TestSpace(wish, false);
  std::uint64_t refused = 0;
  for (const RefusalCount& r : space.refused) refused += r.layouts;
  std::uint64_t legal = 0;
  for (const Family& f : space.families) legal += f.workers.size();
  EXPECT_EQ(space.layouts, refused + legal);
  const auto& precision = space.refused[static_cast<std::size_t>(Refusal::kPrecision)];
  EXPECT_EQ(precision.layouts, space.layouts / 2);
  EXPECT_EQ(precision.example, "test-chip vllm fp4 tp 1");
}

TEST(Space, AnEngineRunsOnItsMakersChips) {
  Wish wish = TestWish();
  wish.engines = {{perf::kVllm, {}, {"Another"}}, {perf::kSglang, {}, {"Another", "Maker"}}};
  const Space space = TestSpace(wish, false);
  ASSERT_EQ(space.families.size(), 1U);
  EXPECT_EQ(space.families[0].engine, perf::kSglang);
  EXPECT_EQ(space.refused[static_cast<std::size_t>(Refusal::kEngine)].layouts, space.layouts / 2);
}

TEST(Space, RefusesAWishForNothing) {
  const auto error_of = [](const Wish& wish) {
    const auto space = BuildSpace(wish, nullptr);
    return space ? std::string() : space.error().message;
  };
  Wish wish = TestWish();
  wish.chips.clear();
  EXPECT_NE(error_of(wish).find("a search needs"), std::string::npos);
  wish = TestWish();
  wish.precisions = {"fp7"};
  EXPECT_NE(error_of(wish).find("fp7"), std::string::npos);
  wish = TestWish();
  wish.chips.push_back(wish.chips[0]);
  EXPECT_NE(error_of(wish).find("given twice"), std::string::npos);
  wish = TestWish();
  wish.drafts = 2.0;
  EXPECT_NE(error_of(wish).find("draft layers"), std::string::npos);
  wish = TestWish();
  wish.aggregated = wish.disaggregated = false;
  EXPECT_NE(error_of(wish).find("allow one"), std::string::npos);
}

TEST(Space, LoadsAreFourAnOctave) {
  EXPECT_EQ(DefaultConcurrencies(16.0),
            (std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16}));
}

}  // namespace
}  // namespace roofscape::codesign
