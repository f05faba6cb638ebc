#include "model/codesign/shapes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/perf/testing/test_machines.h"

namespace roofscape::codesign {
namespace {

Quality AsIs(const catalog::Model& model) {
  const auto count = catalog::CountParameters(model);
  Quality q;
  q.rule = Quality::Rule::kParameters;
  q.total_b = count.total / 1e9;
  q.active_b = count.active / 1e9;
  return q;
}

TEST(Shapes, EveryOneHasTheCountsThatWereStated) {
  const catalog::Model base = perf::RoutedModel();
  const Quality q = AsIs(base);
  ShapeAxes axes;
  axes.layers = {16, 32, 48};
  axes.experts = {32, 64, 128};
  axes.attention = {"mla", "gqa-8"};
  const auto shapes = MakeShapes({&base}, axes, q, {});
  ASSERT_TRUE(shapes);
  EXPECT_GE(shapes->models.size(), 6U);
  for (const catalog::Model& model : shapes->models) {
    const auto count = catalog::CountParameters(model);
    EXPECT_NEAR(count.total / 1e9 / q.total_b, 1.0, 0.05) << model.entry.name;
    EXPECT_NEAR(count.active / 1e9 / q.active_b, 1.0, 0.05) << model.entry.name;
  }
  const bool base_there = std::any_of(shapes->models.begin(), shapes->models.end(),
                                      [](const auto& m) { return m.entry.id == "routed"; });
  EXPECT_TRUE(base_there);
}

// The test that tries to win by shrinking: every axis that makes the model smaller is refused.
TEST(Shapes, NoneWinsByBeingSmaller) {
  const catalog::Model base = perf::RoutedModel();
  const Quality q = AsIs(base);
  const auto refused = [&](const ShapeAxes& axes) {
    const auto shapes = MakeShapes({&base}, axes, q, {});
    return shapes && shapes->models.size() == 1 && !shapes->refused.empty();
  };
  ShapeAxes narrow;
  narrow.width = {256, 512, 1024};
  EXPECT_TRUE(refused(narrow));
  ShapeAxes sparse;
  sparse.top_k = {1, 2, 4};
  sparse.width = {2048};
  EXPECT_TRUE(refused(sparse));
  ShapeAxes shallow;
  shallow.layers = {8};
  shallow.width = {2048};
  EXPECT_TRUE(refused(shallow));
  // Without a rule there is no answer at all.
  EXPECT_FALSE(MakeShapes({&base}, narrow, {}, {}));
  // And where nothing meets it, none either.
  Quality more = q;
  more.total_b *= 2.0;
  const auto none = MakeShapes({&base}, {}, more, {});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("no shape meets it"), std::string::npos);
}

TEST(Shapes, DoNotDependOnTheOrderOfTheLists) {
  const catalog::Model base = perf::RoutedModel();
  ShapeAxes axes;
  axes.layers = {16, 48};
  axes.experts = {128, 32};
  ShapeAxes other;
  other.layers = {48, 16};
  other.experts = {32, 128};
  const auto a = MakeShapes({&base}, axes, AsIs(base), {});
  const auto b = MakeShapes({&base, &base}, other, AsIs(base), {});
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->models, b->models);
}

TEST(Shapes, OfADenseModelAreMadeByItsWidth) {
  const catalog::Model base = perf::DenseModel();
  ShapeAxes axes;
  axes.layers = {24, 40};
  const auto shapes = MakeShapes({&base}, axes, AsIs(base), {});
  ASSERT_TRUE(shapes);
  ASSERT_EQ(shapes->models.size(), 3U);
  for (const catalog::Model& m : shapes->models) EXPECT_EQ(m.ffns[0].width % 128, 0);
}

TEST(Shapes, UnknownAttentionIsRefused) {
  const catalog::Model base = perf::RoutedModel();
  ShapeAxes axes;
  axes.attention = {"gqa-7"};
  EXPECT_FALSE(MakeShapes({&base}, axes, AsIs(base), {}));
  axes.attention = {"linear"};
  EXPECT_FALSE(MakeShapes({&base}, axes, AsIs(base), {}));
}

TEST(Shapes, LayersOfSeveralKindsKeepTheirShares) {
  const catalog::Model base = perf::RecurrentModel();  // 8 and 24 of 32.
  ShapeAxes axes;
  axes.layers = {16};
  Quality q = AsIs(base);
  const auto shapes = MakeShapes({&base}, axes, q, {});
  ASSERT_TRUE(shapes);
  for (const catalog::Model& m : shapes->models) {
    if (m.layers != 16) continue;
    EXPECT_EQ(m.mixers[0].layers, 4);
    EXPECT_EQ(m.mixers[1].layers, 12);
  }
}

}  // namespace
}  // namespace roofscape::codesign
