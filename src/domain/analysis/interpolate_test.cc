#include "domain/analysis/interpolate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include "base/core/rng.h"
#include "base/stats/quantile.h"
#include "domain/analysis/cost.h"
#include "domain/analysis/curve.h"
#include "domain/analysis/test_rows.h"

namespace roofscape::analysis {
namespace {

TEST(Interpolate, NeverLeavesTheKnots) {
  const std::vector<Knot> knots = FrontierKnots(std::vector<Knot>{{10, 100}, {40, 25}, {20, 10}});
  ASSERT_EQ(knots.size(), 2U) << "20 tokens/s/user with less than 40 gives is not on the frontier";
  EXPECT_FALSE(InterpolateAt(knots, 9.999, {}));
  EXPECT_FALSE(InterpolateAt(knots, 40.001, {}));
  EXPECT_EQ(InterpolateAt(knots, 40, {})->y, 25);
  const auto middle = InterpolateAt(knots, 20, {});  // Half way in logarithms.
  ASSERT_TRUE(middle);
  EXPECT_NEAR(middle->y, 50, 1e-9);
  EXPECT_FALSE(middle->low) << "no band without knots to fit it to";
}

TEST(Interpolate, IsMonotoneAndInsideItsNeighbours) {
  const std::uint64_t seed = 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng rng(seed);
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<Knot> points;
    for (int i = 0; i < 6; ++i) points.push_back({1 + 99 * rng.Uniform(), 1 + 99 * rng.Uniform()});
    const std::vector<Knot> knots = FrontierKnots(points);
    const double mid = rng.Uniform();
    const Bend bend{mid, mid - 1, mid + 1, 20};
    for (std::size_t i = 0; i + 1 < knots.size(); ++i) {
      double last = knots[i].y;
      for (double t = 0.05; t < 1; t += 0.05) {
        const double x = knots[i].x * std::pow(knots[i + 1].x / knots[i].x, t);
        const auto y = InterpolateAt(knots, x, bend);
        ASSERT_TRUE(y);
        EXPECT_LE(y->y, last * (1 + 1e-12));
        EXPECT_GE(y->y, knots[i + 1].y);
        EXPECT_LE(*y->low, y->y);
        EXPECT_GE(*y->high, y->y);
        last = y->y;
      }
    }
  }
}

TEST(Interpolate, FindsTheBendOfParabolas) {
  const std::uint64_t seed = 11;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng rng(seed);
  std::vector<std::vector<Knot>> curves;
  for (int i = 0; i < 200; ++i) {
    const double t = 0.2 + 0.6 * rng.Uniform();
    const double fall = 1 + rng.Uniform();
    const double bend = 0.5 + 0.1 * rng.Normal();
    curves.push_back({{10, 100},
                      {10 * std::exp(t), 100 * std::exp(-t * fall + bend * t * (1 - t) * fall)},
                      {10 * std::exp(1.0), 100 * std::exp(-fall)}});
  }
  const Bend bend = FitBend(curves);
  EXPECT_EQ(bend.knots, 200U);
  EXPECT_NEAR(bend.mid, 0.5, 0.03);
  EXPECT_NEAR(*bend.low, 0.5 - 0.128, 0.05);  // 10 % and 90 % of a normal: 1.28 sigma.
  EXPECT_NEAR(*bend.high, 0.5 + 0.128, 0.05);
  EXPECT_FALSE(FitBend(std::vector<std::vector<Knot>>(curves.begin(), curves.begin() + 8)).low);
}

/// Cost from the rate that was read keeps cost x rate = price; the band turns over.
TEST(Interpolate, CostsAreDerived) {
  const std::vector<Knot> knots = {{10, 100}, {40, 25}};
  const auto read = InterpolateAt(knots, 17, {0.4, 0.1, 0.8, 50});
  ASSERT_TRUE(read);
  EXPECT_NEAR(UsdPerMtok(1.73, read->y) * read->y * 3600, 1.73e6, 1e-3);
  EXPECT_LT(UsdPerMtok(1.73, *read->high), UsdPerMtok(1.73, *read->low));
}

struct Judged {
  std::size_t knots = 0;
  double chord_error = 0.0;  // Median, without a bend.
  double median_error = 0.0;
  double coverage = 0.0;
};

/// Curves of even series fit the bend that odd ones are judged by, and the other way round: no knot
/// is judged by a bend that it, or its series, took part in.
Judged LeaveOneOutAcrossSeries(const std::vector<spec::Row>& rows, std::uint64_t salt) {
  std::vector<std::vector<Knot>> halves[2];
  for (const RowCurve& curve : SplitIntoCurves(rows)) {
    std::vector<Knot> points;
    for (const std::size_t i : curve.rows) {
      points.push_back({*rows[i].values.Get("interactivity_p50_tps"),
                        *rows[i].values.Get("total_tps_per_chip")});
    }
    std::uint64_t hash = 1469598103934665603ULL + salt;
    for (const char c : Label(curve.key)) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    }
    halves[(hash >> 20) % 2].push_back(FrontierKnots(points));
  }
  Judged judged;
  std::vector<double> errors, chord_errors;
  std::size_t covered = 0;
  for (const int half : {0, 1}) {
    for (const LeftOut& knot : LeaveOneOut(halves[half], {})) {
      chord_errors.push_back(std::abs(knot.read.y / knot.measured - 1));
    }
    for (const LeftOut& knot : LeaveOneOut(halves[half], FitBend(halves[1 - half]))) {
      errors.push_back(std::abs(knot.read.y / knot.measured - 1));
      if (*knot.read.low <= knot.measured && knot.measured <= *knot.read.high) ++covered;
    }
  }
  std::sort(errors.begin(), errors.end());
  std::sort(chord_errors.begin(), chord_errors.end());
  judged.knots = errors.size();
  judged.chord_error = *stats::SortedQuantile(chord_errors, 0.5);
  judged.median_error = *stats::SortedQuantile(errors, 0.5);
  judged.coverage = double(covered) / double(errors.size());
  return judged;
}

TEST(Interpolate, LeavesOutPublishedKnots) {
  std::vector<spec::Row> rows = InferenceXRows("benchmarks");
  if (rows.empty()) GTEST_SKIP() << MissingSharedData();
  for (spec::Row& row : InferenceXRows("benchmarks-history")) rows.push_back(std::move(row));
  std::vector<double> errors, coverages;
  const Judged any = LeaveOneOutAcrossSeries(rows, 0);
  std::printf("%zu knots left out; the straight chord's median error %.3f\n", any.knots,
              any.chord_error);
  for (std::uint64_t salt = 0; salt < 21; ++salt) {
    const Judged judged = LeaveOneOutAcrossSeries(rows, salt);
    EXPECT_GE(judged.knots, 150U);
    errors.push_back(judged.median_error);
    coverages.push_back(judged.coverage);
  }
  std::sort(errors.begin(), errors.end());
  std::sort(coverages.begin(), coverages.end());
  std::printf(
      "21 splits of the series: median error %.3f (%.3f to %.3f), coverage %.3f "
      "(%.3f to %.3f)\n",
      errors[10], errors.front(), errors.back(), coverages[10], coverages.front(),
      coverages.back());
  EXPECT_LE(errors.back(), 0.20);
  EXPECT_GE(coverages[10], 0.75);
  EXPECT_LE(coverages[10], 0.85);
}

}  // namespace
}  // namespace roofscape::analysis
