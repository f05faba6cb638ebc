#include "domain/analysis/frontier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/core/rng.h"

namespace roofscape::analysis {
namespace {

/// One point: concurrency, interactivity, throughput of the deployment and a chip.
spec::PointResult Point(std::int64_t concurrency, double interactivity, double throughput) {
  spec::PointMetrics m;
  m.requests = m.successes = 20 * concurrency;
  m.interactivity_tps.p50 = interactivity;
  m.total_tps = throughput;
  m.total_tps_per_chip = throughput / 4;
  m.ttft_s.p50 = 0.01 * static_cast<double>(concurrency);
  spec::PointResult point;
  point.concurrency = concurrency;
  point.complete = true;
  point.steady = m;
  point.whole = m;
  return point;
}

spec::RunResult MakeRun(std::int64_t input, std::vector<spec::PointResult> points) {
  spec::RunResult run;
  run.id = "r" + std::to_string(input);
  run.plan.target.url = "http://127.0.0.1:8080";
  run.plan.workload.input.tokens = input;
  run.plan.workload.output.tokens = 128;
  run.points = std::move(points);
  return run;
}

Frontier Default(const std::vector<spec::RunResult>& runs, bool all = false, bool join = false) {
  Query query;
  const auto axes = ChooseAxes(runs, "", "");
  EXPECT_TRUE(axes);
  query.axes = *axes;
  query.all = all;
  query.join = join;
  return ComputeFrontier(runs, query);
}

std::vector<std::int64_t> FrontConcurrencies(const std::vector<spec::RunResult>& runs,
                                             const Series& series) {
  std::vector<std::int64_t> out;
  for (const std::size_t i : series.front) {
    out.push_back(runs[series.points[i].run].points[series.points[i].point].concurrency);
  }
  return out;
}

TEST(FrontierTest, EachSeriesHasItsOwn) {
  const std::vector<spec::RunResult> runs = {
      MakeRun(512, {Point(1, 100, 90), Point(2, 80, 150), Point(4, 70, 140)}),
      MakeRun(2048, {Point(1, 50, 20), Point(2, 40, 30)})};
  const Frontier f = Default(runs);
  ASSERT_EQ(f.series.size(), 2U);
  EXPECT_EQ(FrontConcurrencies(runs, f.series[0]), (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(FrontConcurrencies(runs, f.series[1]), (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(f.series[0].label, "512/128");
  EXPECT_EQ(f.series[1].label, "2048/128");
}

// What always or by default keeps two points off one frontier.
TEST(FrontierTest, PointsThatDifferNeverMeet) {
  using Change = void (*)(spec::RunResult&);
  struct Case {
    std::string name;
    Change change;
    std::size_t series_when_joined;
  };
  const std::vector<Case> cases = {
      {"model", [](spec::RunResult& r) { r.plan.target.model = "other"; }, 1},
      {"engine", [](spec::RunResult& r) { r.engine["version"] = "2"; }, 1},
      {"deployment", [](spec::RunResult& r) { r.plan.deployment.chip = "h200"; }, 1},
      {"server", [](spec::RunResult& r) { r.plan.target.url = "http://far:1"; }, 1},
      {"workload", [](spec::RunResult& r) { r.plan.workload.output.tokens = 7; }, 1},
      {"api", [](spec::RunResult& r) { r.plan.target.api = spec::Api::kCompletions; }, 1},
      {"protocol", [](spec::RunResult& r) { r.points[0].protocol = "inferencex"; }, 2},
      {"way", [](spec::RunResult& r) { r.way = "predicted"; }, 2},
  };
  for (const Case& c : cases) {
    std::vector<spec::RunResult> runs = {MakeRun(512, {Point(1, 100, 90)}),
                                         MakeRun(512, {Point(2, 80, 150)})};
    EXPECT_EQ(Default(runs).series.size(), 1U) << c.name;
    c.change(runs[1]);
    const Frontier f = Default(runs);
    ASSERT_EQ(f.series.size(), 2U) << c.name;
    EXPECT_NE(f.series[0].label, f.series[1].label) << c.name;
    EXPECT_EQ(Default(runs, false, true).series.size(), c.series_when_joined) << c.name;
  }
}

TEST(FrontierTest, WhatTakesNoPartSaysWhy) {
  spec::PointResult invalid = Point(1, 100, 90);
  invalid.verdict.instrument = spec::Fitness::kInvalid;
  spec::PointResult stopped = Point(2, 90, 100);
  stopped.complete = false;
  spec::PointResult unsteady = Point(4, 80, 110);
  unsteady.steady.reset();
  spec::PointResult failed = Point(8, 70, 120);
  failed.steady->successes = 0;
  spec::PointResult no_x = Point(16, 60, 130);
  no_x.steady->interactivity_tps.p50.reset();
  spec::PointResult degraded = Point(32, 50, 140);
  degraded.verdict.instrument = spec::Fitness::kDegraded;
  const std::vector<spec::RunResult> runs = {
      MakeRun(512, {invalid, stopped, unsteady, failed, no_x, degraded})};

  const Series s = Default(runs).series[0];
  const std::vector<std::string> want = {
      "instrument INVALID",   "stopped halfway",          "unsteady",
      "no request succeeded", "no interactivity_p50_tps", ""};
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_EQ(s.points[i].excluded, want[i]);
  EXPECT_EQ(FrontConcurrencies(runs, s), std::vector<std::int64_t>{32});
  EXPECT_EQ(FrontConcurrencies(runs, Default(runs, true).series[0]),
            (std::vector<std::int64_t>{32, 2, 1}));
}

TEST(FrontierTest, APredictionTakesPartThoughItSentNoRequests) {
  spec::PointResult point = Point(1, 100, 90);
  point.steady->successes = 0;
  std::vector<spec::RunResult> runs = {MakeRun(512, {point})};
  runs[0].way = "predicted";
  const Series s = Default(runs).series[0];
  EXPECT_EQ(s.points[0].excluded, "");
  EXPECT_EQ(FrontConcurrencies(runs, s), std::vector<std::int64_t>{1});
}

TEST(FrontierTest, FallsBackToTheDeploymentWhenChipsAreUnknown) {
  std::vector<spec::RunResult> runs = {MakeRun(512, {Point(1, 100, 90)})};
  EXPECT_EQ(ChooseAxes(runs, "", "")->y->name, "total_tps");
  EXPECT_NE(ChooseAxes(runs, "", "")->note, "");
  runs[0].plan.deployment.roles.emplace_back().chips_per_worker = 4;
  EXPECT_EQ(ChooseAxes(runs, "", "")->y->name, "total_tps_per_chip");
  EXPECT_EQ(ChooseAxes(runs, "", "")->note, "");
}

TEST(FrontierTest, AxesThatCannotBeAreRefusedWithTheCure) {
  const std::vector<spec::RunResult> runs;
  const auto unknown = ChooseAxes(runs, "ttft_p50", "");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("Did you mean 'ttft_p50_s'"), std::string::npos)
      << unknown.error().message;
  const auto neither = ChooseAxes(runs, "", "requests");
  ASSERT_FALSE(neither);
  EXPECT_NE(neither.error().message.find("e.g. total_tps"), std::string::npos);
  EXPECT_FALSE(ParseWindow("stedy"));
  EXPECT_EQ(*ParseWindow("whole"), WindowKind::kWhole);
}

TEST(FrontierTest, StepReadingCases) {
  const std::vector<spec::RunResult> runs = {
      MakeRun(512, {Point(1, 100, 90), Point(2, 80, 150), Point(4, 40, 300)})};
  const Frontier f = Default(runs);
  struct Case {
    double target;
    std::int64_t want;  // concurrency; 0: none
  };
  for (const Case c : {Case{0, 4}, Case{40, 4}, Case{41, 2}, Case{80, 2}, Case{99, 1}, Case{100, 1},
                       Case{100.1, 0}}) {
    const auto best = BestAt(f.series[0], f.axes, c.target);
    const std::int64_t got = best ? runs[0].points[f.series[0].points[*best].point].concurrency : 0;
    EXPECT_EQ(got, c.want) << "target " << c.target;
  }
}

// Property: the step reading is the best y of all points that meet the target, found by looking at
// every one of them, for both directions of x.
TEST(FrontierTest, StepReadingAgreesWithTheDefinition) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed);
    std::vector<spec::PointResult> points;
    const std::uint64_t n = rng.Below(20);
    for (std::uint64_t i = 0; i <= n; ++i) {
      points.push_back(Point(static_cast<std::int64_t>(1 + rng.Below(64)),
                             static_cast<double>(rng.Below(10)),
                             static_cast<double>(rng.Below(10))));
    }
    const std::vector<spec::RunResult> runs = {MakeRun(512, points)};
    for (const std::string x : {"interactivity_p50_tps", "ttft_p50_s"}) {
      const Axes axes = *ChooseAxes(runs, x, "total_tps");
      Query query;
      query.axes = axes;
      const Frontier f = ComputeFrontier(runs, query);
      const double target = x == "ttft_p50_s" ? 0.01 * static_cast<double>(rng.Below(70))
                                              : static_cast<double>(rng.Below(11));
      std::optional<double> want;
      for (const spec::PointResult& p : points) {
        const double px = *axes.x->value(*p.steady);
        const bool meets = x == "ttft_p50_s" ? px <= target : px >= target;
        if (meets) want = std::max(want.value_or(0), *p.steady->total_tps);
      }
      const auto best = BestAt(f.series[0], axes, target);
      const std::optional<double> got =
          best ? f.series[0].points[*best].y : std::optional<double>();
      EXPECT_EQ(got, want) << "seed " << seed << " x " << x << " target " << target;
    }
  }
}

}  // namespace
}  // namespace roofscape::analysis
