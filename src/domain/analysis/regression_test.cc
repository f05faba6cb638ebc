#include "domain/analysis/regression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>

#include "base/core/rng.h"
#include "domain/analysis/test_rows.h"

namespace roofscape::analysis {
namespace {

NoiseFloor Floor() { return *FloorOf("total_tps_per_chip"); }

/// Three loads; the noise is of the whole curve, as between runs, and a fifth of it a point's own.
LoadCurve Curve(double factor, double sigma, Rng& rng) {
  const double shared = sigma * rng.Normal();
  LoadCurve curve;
  for (const double load : {4.0, 32.0, 256.0}) {
    curve.push_back({load, load * factor * std::exp(shared + 0.2 * sigma * rng.Normal())});
  }
  return curve;
}

double ShareReported(std::size_t history, double factor, double sigma, Rng& rng) {
  int reported = 0;
  constexpr int kTrials = 1000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<LoadCurve> before;
    for (std::size_t i = 0; i < history; ++i) before.push_back(Curve(1, sigma, rng));
    const Shift shift = TestShift(before, Curve(factor, sigma, rng), Floor());
    reported += shift.verdict == ShiftVerdict::kWorse ? 1 : 0;
  }
  return static_cast<double>(reported) / kTrials;
}

TEST(Regression, FalseAlarmsStayUnderOneInAHundred) {
  const std::uint64_t seed = 41;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng rng(seed);
  for (const std::size_t history : {1U, 3U, 4U, 8U}) {
    for (const double sigma : {0.003, 0.01, 0.016}) {
      EXPECT_LE(ShareReported(history, 1, sigma, rng), 0.012) << history << " " << sigma;
    }
  }
}

TEST(Regression, TenPercentAlwaysThreeOnlyWithQuietRepeats) {
  const std::uint64_t seed = 42;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng rng(seed);
  EXPECT_GE(ShareReported(1, 0.9, 0.004, rng), 0.99);
  EXPECT_GE(ShareReported(3, 0.9, 0.01, rng), 0.98);
  EXPECT_GE(ShareReported(8, 0.9, 0.01, rng), 0.99);
  EXPECT_GE(ShareReported(8, 0.97, 0.004, rng), 0.95) << "repeats under 1 %";
  EXPECT_LE(ShareReported(1, 0.97, 0.004, rng), 0.01) << "no repeats";
  EXPECT_LE(ShareReported(3, 0.97, 0.004, rng), 0.01) << "too few repeats";
}

TEST(Regression, OnePointIsNoCurve) {
  const std::vector<LoadCurve> before = {{{4, 100}, {8, 150}}};
  const Shift shift = TestShift(before, {{4, 10}}, Floor());
  EXPECT_EQ(shift.verdict, ShiftVerdict::kTooFew);
  EXPECT_EQ(TestShift({}, {{4, 10}, {8, 20}}, Floor()).verdict, ShiftVerdict::kTooFew);
}

TEST(Regression, OldHistoryTakesNoPart) {
  std::vector<spec::Row> rows;
  for (const char* day : {"2026-01-01", "2026-03-01", "2026-03-03"}) {
    for (const int load : {4, 64}) {
      rows.push_back(MakeRow("b200", load, 30, std::string(day) == "2026-01-01" ? 500 : 100));
      rows.back().measured = At(day);
    }
  }
  const auto shifts = FindShifts(rows, SplitIntoCurves(rows), "total_tps_per_chip");
  ASSERT_EQ(shifts.size(), 1U);
  EXPECT_EQ(shifts[0].shift.history, 1U);
  EXPECT_EQ(shifts[0].shift.verdict, ShiftVerdict::kUnchanged);
}

struct Tally {
  int curves = 0, alarms = 0;        // Unplanted.
  int unchanged = 0, ten = 0;        // By the test's own verdict; -10 % planted and reported.
  int still = 0, ten_still = 0;      // Of those, what had moved by less than 3 % on its own.
  int quiet = 0, three_quiet = 0;    // Of those with repeats under 1 %: -3 % reported.
  int others = 0, three_others = 0;  // Of the rest.
};

/// Each curve of the history as published, and with a loss planted over the whole of it.
Tally JudgeHistory(const std::vector<spec::Row>& rows) {
  const auto curves = SplitIntoCurves(rows);
  const auto planted = [&](const CurveShift& at, double factor) {
    const auto loads = [&](std::size_t curve, double by) {
      LoadCurve out;
      for (const std::size_t i : curves[curve].rows) {
        out.push_back({static_cast<double>(rows[i].concurrency),
                       by * *rows[i].values.Get("total_tps_per_chip")});
      }
      return out;
    };
    std::vector<LoadCurve> before;
    for (const std::size_t i : at.before) before.push_back(loads(i, 1));
    return TestShift(before, loads(at.curve, factor), Floor()).verdict == ShiftVerdict::kWorse;
  };
  Tally tally;
  for (const CurveShift& at : FindShifts(rows, curves, "total_tps_per_chip")) {
    if (at.shift.verdict == ShiftVerdict::kTooFew) continue;
    ++tally.curves;
    if (at.shift.verdict == ShiftVerdict::kWorse) ++tally.alarms;
    // A curve that had become better hides a part of the loss that is planted on top of it.
    if (at.shift.verdict != ShiftVerdict::kUnchanged) continue;
    const bool ten = planted(at, 0.90);
    const bool still = std::abs(at.shift.change) < 0.03;
    ++tally.unchanged;
    if (ten) ++tally.ten;
    if (still) ++tally.still;
    if (still && ten) ++tally.ten_still;
    const bool quiet = at.shift.own_noise && at.shift.sigma < 0.01;
    ++(quiet ? tally.quiet : tally.others);
    if (planted(at, 0.97)) ++(quiet ? tally.three_quiet : tally.three_others);
  }
  return tally;
}

TEST(Regression, OfThePublishedHistory) {
  std::vector<spec::Row> rows = InferenceXRows("benchmarks-history");
  if (rows.empty()) GTEST_SKIP() << MissingSharedData();
  for (spec::Row& row : InferenceXRows("benchmarks")) rows.push_back(std::move(row));
  const Tally t = JudgeHistory(rows);
  std::printf(
      "%d curves, %d alarms; 10 %% reported in %d of %d unchanged ones, in %d of the %d that had "
      "moved by less than 3 %%; 3 %% in %d of %d with repeats under 1 %%, in %d of %d others\n",
      t.curves, t.alarms, t.ten, t.unchanged, t.ten_still, t.still, t.three_quiet, t.quiet,
      t.three_others, t.others);
  EXPECT_GE(t.curves, 100);
  EXPECT_LE(t.alarms * 100, t.curves);
  EXPECT_GE(t.ten, 0.9 * t.unchanged);
  EXPECT_GE(t.ten_still, 0.98 * t.still);
  EXPECT_GE(t.three_quiet, 0.6 * t.quiet);
  EXPECT_EQ(t.three_others, 0);
}

}  // namespace
}  // namespace roofscape::analysis
