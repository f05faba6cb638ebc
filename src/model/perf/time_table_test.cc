#include "model/perf/time_table.h"

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace roofscape::perf {
namespace {

constexpr std::uint64_t kSeed = 71;

TEST(TimeTable, NodesAreWhereTheirCountsSay) {
  for (std::size_t node = 0; node + 1 < TimeLine::kNodes; ++node) {
    const TablePlace p = PlaceOf(NodeCount(node), TimeLine::kNodes);
    EXPECT_EQ(p.at, node);
    EXPECT_EQ(p.fraction, 0.0);
    EXPECT_LT(NodeCount(node), NodeCount(node + 1));
  }
  EXPECT_EQ(PlaceOf(0.25, 4).at, 0U);
  EXPECT_EQ(PlaceOf(0.25, 4).fraction, 0.0);
}

TEST(TimeTable, ALineIsExactWhereTheWorkIsProportional) {
  const TimeLine line([](double tokens) { return 3.0 + 0.25 * tokens; });
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  for (int i = 0; i < 200; ++i) {
    const double tokens = std::exp2(19.0 * rng.Uniform());
    EXPECT_NEAR(line.At(tokens), 3.0 + 0.25 * tokens, 1e-9 * tokens) << tokens;
  }
  EXPECT_EQ(line.At(0.1), line.At(1.0)) << "a kernel is not launched for less than one token";
  EXPECT_NEAR(line.At(1e6), 3.0 + 0.25 * 1e6, 1e-3) << "beyond the table it goes on";
}

TEST(TimeTable, DerivativesAreThoseOfTheTable) {
  const TimeLine line([](double x) { return std::sqrt(x); });
  const TimeGrid grid([](double x, double y) { return std::sqrt(x) * y; });
  using D = Dual<2>;
  for (const double x : {1.3, 5.0, 777.0}) {
    for (const double y : {3.0, 100.0, 5000.0}) {
      constexpr double kStep = 1e-5;
      const D value = grid.At(D::Variable(x, 0), D::Variable(y, 1));
      EXPECT_NEAR(value.slope[0], (grid.At(x + kStep, y) - grid.At(x, y)) / kStep, 1e-4 * y);
      EXPECT_NEAR(value.slope[1], (grid.At(x, y + kStep) - grid.At(x, y)) / kStep, 1e-4 * y);
    }
    const D value = line.At(D::Variable(x, 0));
    EXPECT_NEAR(value.slope[0], (line.At(x + 1e-5) - line.At(x)) / 1e-5, 1e-5);
  }
}

TEST(TimeTable, AGridIsExactForWhatIsLinearInEachCount) {
  const TimeGrid grid([](double x, double y) { return 1.0 + 2.0 * x + 3.0 * y + 0.5 * x * y; });
  for (const double x : {1.0, 2.5, 33.0, 4000.0}) {
    for (const double y : {1.0, 7.5, 1000.0, 200000.0}) {
      const double wanted = 1.0 + 2.0 * x + 3.0 * y + 0.5 * x * y;
      EXPECT_NEAR(grid.At(x, y), wanted, 1e-9 * wanted) << x << " " << y;
    }
  }
}

TEST(TimeTable, LinesAddUp) {
  TimeLine sum;
  EXPECT_TRUE(sum.empty());
  sum += TimeLine([](double x) { return x; });
  sum += TimeLine([](double x) { return 2.0 * x; });
  sum += TimeLine();
  EXPECT_DOUBLE_EQ(sum.At(12.0), 36.0);
}

}  // namespace
}  // namespace roofscape::perf
