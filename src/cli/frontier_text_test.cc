#include "cli/frontier_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "base/core/text.h"

namespace roofscape::cli {
namespace {

spec::PointResult Point(std::int64_t concurrency, double interactivity, double throughput) {
  spec::PointMetrics m;
  m.requests = m.successes = 20 * concurrency;
  m.interactivity_tps.p50 = interactivity;
  m.total_tps = throughput;
  m.ttft_s.p50 = 0.0123;
  spec::PointResult point;
  point.index = concurrency;
  point.concurrency = concurrency;
  point.complete = true;
  point.steady = point.whole = m;
  return point;
}

/// Three points on the frontier, one beaten, one INVALID; all of one run.
std::vector<spec::RunResult> OneRun() {
  spec::RunResult run;
  run.id = "20261123-190222-aaaaaa";
  run.plan.workload.input.tokens = 512;
  run.plan.workload.output.tokens = 128;
  run.points = {Point(1, 400, 1000), Point(2, 300, 2000), Point(3, 250, 1500), Point(4, 200, 4000),
                Point(8, 100, 9000)};
  run.points[4].verdict.instrument = spec::Fitness::kInvalid;
  return {run};
}

analysis::Frontier FrontierOf(const std::vector<spec::RunResult>& runs) {
  analysis::Query query;
  query.axes = *analysis::ChooseAxes(runs, "", "");
  return analysis::ComputeFrontier(runs, query);
}

TEST(FrontierTextTest, TheTableMarksTheFrontierAndFits80Columns) {
  const auto runs = OneRun();
  const std::string text = FrontierTables(runs, FrontierOf(runs), Style{});
  const std::string want =
      "512/128  run 20261123-190222-aaaaaa\n"
      "   users   interactivity  total throughput    TTFT    TTFT  failed  verdict\n"
      "          p50 tok/s/user             tok/s  p50 ms  p99 ms\n"
      "*      1             400             1,000    12.3       -       0  VALID\n"
      "*      2             300             2,000    12.3       -       0  VALID\n"
      "       3             250             1,500    12.3       -       0  VALID\n"
      "*      4             200             4,000    12.3       -       0  VALID\n"
      "       8             100             9,000    12.3       -       0  INVALID\n";
  EXPECT_EQ(text.substr(0, want.size()), want);
  EXPECT_NE(text.find("per deployment"), std::string::npos);
  for (const std::string& line : Split(text, '\n')) EXPECT_LE(line.size(), 80U) << line;
}

TEST(FrontierTextTest, ReadingsAreStepsAndNeverBeyond) {
  const auto runs = OneRun();
  const auto at = [&](double x) { return FrontierReadings(runs, FrontierOf(runs), x, Style{}); };
  EXPECT_NE(at(201).find("2,000 tokens/s at concurrency 2"), std::string::npos) << at(201);
  EXPECT_NE(at(10).find("4,000 tokens/s at concurrency 4"), std::string::npos) << at(10);
  EXPECT_NE(at(401).find("no measured point meets it"), std::string::npos) << at(401);
}

TEST(FrontierTextTest, TheChartShowsWhatTakesPart) {
  const auto runs = OneRun();
  const std::string chart = FrontierChart(FrontierOf(runs), Style{});
  const std::string drawn = chart.substr(0, chart.find("A: 512/128"));
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), 'A'), 3);
  for (const std::string& line : Split(chart, '\n')) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_EQ(FrontierChart(analysis::Frontier{}, Style{}), "");
}

TEST(FrontierTextTest, CsvAndJsonSayTheSame) {
  const auto runs = OneRun();
  const analysis::Frontier frontier = FrontierOf(runs);
  const std::vector<std::string> lines = Split(FrontierCsv(runs, frontier), '\n');
  EXPECT_EQ(lines[0],
            "series,run,point,concurrency,rate_rps,repeat,protocol,window,interactivity_p50_tps,"
            "total_tps,"
            "ttft_p50_s,ttft_p99_s,failures,verdict,on_frontier,excluded");
  EXPECT_EQ(lines[5],
            "512/128,20261123-190222-aaaaaa,8,8,,0,steady,steady,100,9000,0.0123,,0,INVALID,0,"
            "instrument INVALID");
  const Json json = FrontierJson(runs, frontier, 250.0);
  EXPECT_EQ(json["x"], "interactivity_p50_tps");
  EXPECT_EQ(json["series"][0]["points"].size(), 5U);
  EXPECT_EQ(json["series"][0]["points"][4]["excluded"], "instrument INVALID");
  EXPECT_TRUE(json["series"][0]["points"][0]["ttft_p99_s"].is_null());
  EXPECT_EQ(json["series"][0]["at"]["concurrency"], 2);
  EXPECT_TRUE(FrontierJson(runs, frontier, 500.0)["series"][0]["at"].is_null());
}

}  // namespace
}  // namespace roofscape::cli
