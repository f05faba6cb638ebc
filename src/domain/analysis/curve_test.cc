#include "domain/analysis/curve.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "base/core/rng.h"
#include "domain/analysis/pareto.h"
#include "domain/analysis/test_rows.h"

namespace roofscape::analysis {
namespace {

RowAxis Axis(const char* name) {
  const auto axis = MetricAxis(name);
  EXPECT_TRUE(axis);
  return *axis;
}

TEST(Curve, WhatDiffersNeverSharesAFrontier) {
  using Change = std::function<void(spec::Row&)>;
  const std::map<std::string, Change> apart = {
      {"protocol", [](spec::Row& r) { r.protocol = "inferencex"; }},
      {"window", [](spec::Row& r) { r.window = "steady"; }},
      {"way", [](spec::Row& r) { r.way = "predicted"; }},
      {"model", [](spec::Row& r) { r.deployment.model = "other"; }},
      {"precision", [](spec::Row& r) { r.deployment.precision = "fp4"; }},
      {"engine", [](spec::Row& r) { r.deployment.engine = "sglang"; }},
      {"speculative", [](spec::Row& r) { r.deployment.speculative = "mtp"; }},
      {"chip", [](spec::Row& r) { r.deployment.chip = "h100"; }},
      {"shape", [](spec::Row& r) { r.workload.output.tokens = 8192; }},
      {"spread", [](spec::Row& r) { r.workload.input.low = 0.8; }},
      {"cache", [](spec::Row& r) { r.workload.prompt_cache = true; }},
  };
  for (const auto& [name, change] : apart) {
    std::vector<spec::Row> rows = {MakeRow("b200", 1, 100, 10), MakeRow("b200", 2, 90, 20)};
    EXPECT_EQ(GroupIntoSeries(rows).size(), 1U);
    change(rows[1]);
    EXPECT_EQ(GroupIntoSeries(rows).size(), 2U) << name;
    EXPECT_EQ(SplitIntoCurves(rows).size(), 2U) << name;
  }
}

TEST(Curve, LayoutVersionRunAndDayPartCurvesOfOneSeries) {
  using Change = std::function<void(spec::Row&)>;
  const std::map<std::string, Change> apart = {
      {"layout", [](spec::Row& r) { r.deployment.roles[0].ep = 8; }},
      {"version", [](spec::Row& r) { r.deployment.engine_version = "0.9"; }},
      {"run", [](spec::Row& r) { r.origin.url = "http://other"; }},
      {"day", [](spec::Row& r) { r.measured = At("2026-08-02"); }},
  };
  for (const auto& [name, change] : apart) {
    std::vector<spec::Row> rows = {MakeRow("b200", 4, 100, 10), MakeRow("b200", 2, 90, 20)};
    ASSERT_EQ(SplitIntoCurves(rows).size(), 1U);
    EXPECT_EQ(SplitIntoCurves(rows)[0].rows, (std::vector<std::size_t>{1, 0})) << "by load";
    change(rows[1]);
    EXPECT_EQ(GroupIntoSeries(rows).size(), 1U) << name;
    EXPECT_EQ(SplitIntoCurves(rows).size(), 2U) << name;
  }
}

TEST(Curve, UnfitPointsTakeNoPartUnlessAsked) {
  std::vector<spec::Row> rows = {MakeRow("b200", 1, 100, 10), MakeRow("b200", 2, 90, 20),
                                 MakeRow("b200", 4, 80, 30), MakeRow("b200", 8, 70, 40)};
  rows[1].instrument = spec::Fitness::kInvalid;
  rows[2].complete = false;
  rows[3].values.Remove("interactivity_p50_tps");
  const std::vector<std::size_t> all = {0, 1, 2, 3};
  const RowAxis x = Axis("interactivity_p50_tps"), y = Axis("total_tps_per_chip");
  EXPECT_EQ(FrontierOf(rows, all, x, y).front.size(), 1U);
  const RowFrontier frontier = FrontierOf(rows, all, x, y, true);
  EXPECT_EQ(frontier.front.size(), 3U);
  EXPECT_EQ(frontier.points[3].excluded, "no interactivity_p50_tps");
}

/// Frontier and step reading against their slow definitions, for every pair of directions.
TEST(Curve, StepNeverPromisesMoreThanWasMeasured) {
  const std::uint64_t seed = 99;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng rng(seed);
  const RowAxis axes[] = {Axis("interactivity_p50_tps"), Axis("ttft_p50_s")};
  const RowAxis ys[] = {Axis("total_tps_per_chip"), Axis("joules_per_total_token_device")};
  for (int trial = 0; trial < 400; ++trial) {
    const RowAxis& x = axes[trial % 2];
    const RowAxis& y = ys[trial / 2 % 2];
    std::vector<spec::Row> rows;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < 1 + rng.Below(12); ++i) {
      rows.push_back(MakeRow("b200", 1, 1 + double(rng.Below(9)), 1 + double(rng.Below(9))));
      rows.back().values.Set("ttft_p50_s", 1 + double(rng.Below(9)));
      rows.back().values.Set("joules_per_total_token_device", 1 + double(rng.Below(9)));
      places.push_back(i);
    }
    const RowFrontier frontier = FrontierOf(rows, places, x, y);
    const double target = 1 + double(rng.Below(9));
    const auto step = StepAt(frontier, x, y, target);
    std::optional<double> best;
    const bool up = y.direction == spec::Direction::kHigherIsBetter;
    for (const spec::Row& row : rows) {
      const bool meets = x.direction == spec::Direction::kHigherIsBetter ? *x.value(row) >= target
                                                                         : *x.value(row) <= target;
      if (!meets) continue;
      const double value = *y.value(row);
      if (!best || (up ? value > *best : value < *best)) best = value;
    }
    ASSERT_EQ(step.has_value(), best.has_value());
    if (step) {
      EXPECT_EQ(*frontier.points[*step].y, *best);
    }
  }
}

/// The dashboard's frontier membership, by its own rule over the same rows: a point is on the
/// upper-left frontier unless another has both larger x and y, ties by x keep the best y.
TEST(Curve, FrontierOfTheDashboardsRowsIsTheirs) {
  const std::vector<spec::Row> rows = InferenceXRows("benchmarks");
  if (rows.empty()) GTEST_SKIP() << MissingSharedData();
  ASSERT_EQ(rows.size(), 380U);
  const RowAxis x = Axis("interactivity_p50_tps"), y = Axis("total_tps_per_chip");
  std::size_t members = 0;
  const std::vector<RowSeries> series = GroupIntoSeries(rows);
  for (const RowSeries& s : series) {
    const RowFrontier frontier = FrontierOf(rows, s.rows, x, y);
    std::set<std::size_t> ours;
    for (const std::size_t i : frontier.front) ours.insert(frontier.points[i].row);
    std::set<std::size_t> theirs;
    for (const std::size_t a : s.rows) {
      bool beaten = false;
      for (const std::size_t b : s.rows) {
        const double dx = *x.value(rows[b]) - *x.value(rows[a]);
        const double dy = *y.value(rows[b]) - *y.value(rows[a]);
        beaten |= b != a && dx >= 0 && dy >= 0 && (dx > 0 || dy > 0);
      }
      if (!beaten) theirs.insert(a);
    }
    EXPECT_EQ(ours, theirs) << Label(s.key);
    members += ours.size();
  }
  RecordProperty("series", static_cast<int>(series.size()));
  RecordProperty("members", static_cast<int>(members));
}

TEST(Curve, WhatReadsAlikeIsNotTheSameSeries) {
  std::vector<spec::Row> rows(4);
  rows[1].deployment.precision = "?";
  rows[2].deployment.engine = "x, y";
  rows[2].deployment.chip = "z";
  rows[3].deployment.engine = "x";
  rows[3].deployment.chip = "y, z";
  EXPECT_EQ(GroupIntoSeries(rows).size(), 4U);
  EXPECT_EQ(Label(SeriesKeyOf(rows[0])), Label(SeriesKeyOf(rows[1])));

  std::vector<spec::Row> sessions(2);  // Without lengths, told apart by their names.
  for (spec::Row& row : sessions) row.workload.input.tokens = row.workload.output.tokens = 0;
  sessions[1].workload.name = "other";
  EXPECT_EQ(GroupIntoSeries(sessions).size(), 2U);
}

}  // namespace
}  // namespace roofscape::analysis
