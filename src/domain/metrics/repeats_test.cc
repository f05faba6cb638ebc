#include "domain/metrics/repeats.h"

#include <gtest/gtest.h>

#include <cmath>

namespace roofscape::metrics {
namespace {

spec::PointResult Point(std::int64_t concurrency, std::int64_t repeat, double tps) {
  spec::PointResult point;
  point.concurrency = concurrency;
  point.repeat = repeat;
  point.complete = true;
  point.steady.emplace().output_tps = tps;
  point.whole.output_tps = tps / 2;
  return point;
}

spec::RunResult MakeRun(std::vector<spec::PointResult> points) {
  spec::RunResult run;
  run.points = std::move(points);
  for (std::size_t i = 0; i < run.points.size(); ++i) {
    run.points[i].index = static_cast<std::int64_t>(i);
  }
  return run;
}

TEST(Repeats, MeanAndStudentIntervalOfEachGroup) {
  const auto groups = BetweenRuns(MakeRun(
      {Point(1, 0, 10), Point(1, 1, 12), Point(1, 2, 14), Point(4, 0, 40), Point(4, 1, 50)}));
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].concurrency, 1);
  EXPECT_EQ(groups[0].points, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(groups[1].points, (std::vector<std::int64_t>{3, 4}));
  ASSERT_EQ(groups[0].figures.size(), 1U) << "only output_tps is there";
  const spec::RepeatFigure figure = groups[0].figures.at("output_tps");
  EXPECT_DOUBLE_EQ(figure.mean, 12.0);
  // s = 2, t(2, 0.975) = 4.30265.
  EXPECT_NEAR(figure.interval.low, 12.0 - 4.30265273 * 2.0 / std::sqrt(3.0), 1e-6);
  EXPECT_NEAR(figure.interval.high, 12.0 + 4.30265273 * 2.0 / std::sqrt(3.0), 1e-6);
  // Two repeats say little: t(1, 0.975) = 12.7.
  EXPECT_NEAR(groups[1].figures.at("output_tps").interval.high, 45.0 + 12.7062047 * 5.0, 1e-5);
}

TEST(Repeats, OnlyWhatDiffersInNothingElseMeets) {
  using Change = void (*)(spec::PointResult&);
  const struct {
    const char* name;
    Change change;
  } cases[] = {
      {"concurrency", [](spec::PointResult& p) { p.concurrency = 2; }},
      {"rate", [](spec::PointResult& p) { p.rate_rps = 2; }},
      {"protocol", [](spec::PointResult& p) { p.protocol = "inferencex"; }},
      {"stopped", [](spec::PointResult& p) { p.complete = false; }},
      {"unsteady", [](spec::PointResult& p) { p.steady.reset(); }},
      {"invalid", [](spec::PointResult& p) { p.verdict.instrument = spec::Fitness::kInvalid; }},
  };
  for (const auto& c : cases) {
    spec::RunResult run = MakeRun({Point(1, 0, 10), Point(1, 1, 12)});
    EXPECT_EQ(BetweenRuns(run).size(), 1U) << c.name;
    c.change(run.points[1]);
    EXPECT_TRUE(BetweenRuns(run).empty()) << c.name;
  }
}

TEST(Repeats, OfTheWindowThatTheProtocolNames) {
  spec::RunResult run = MakeRun({Point(1, 0, 10), Point(1, 1, 12)});
  for (spec::PointResult& point : run.points) point.protocol = "inferencex";
  EXPECT_DOUBLE_EQ(BetweenRuns(run).at(0).figures.at("output_tps").mean, 5.5);
  run.points[1].whole.output_tps.reset();
  EXPECT_TRUE(BetweenRuns(run).at(0).figures.empty()) << "one of them has no such figure";
}

}  // namespace
}  // namespace roofscape::metrics
