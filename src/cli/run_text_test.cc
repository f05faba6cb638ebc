#include "cli/run_text.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "base/core/text.h"

namespace roofscape::cli {
namespace {

constexpr Style kPlain = {.bold = false, .width = 80};

spec::PointMetrics Metrics(double scale) {
  spec::PointMetrics metrics;
  metrics.window = {1'000'000'000, 3'000'000'000};
  metrics.requests = 40;
  metrics.failures = 2;
  metrics.ttft_s.p50 = 0.0123 * scale;
  metrics.ttft_s.p99 = 0.456 * scale;
  metrics.itl_s.p50 = 0.01 * scale;
  metrics.output_tps = 1'234.5 * scale;
  return metrics;
}

spec::RunResult TwoPoints() {
  spec::RunResult run;
  run.id = "20261123-190222-1a2b3c";
  run.started = WallTime{1'795'460'542'000'000};
  run.ended = WallTime{run.started.unix_us + 125'000'000};
  run.status = spec::RunStatus::kComplete;
  run.version = "0.1.0";
  run.plan.target.url = "http://127.0.0.1:8080";
  run.plan.load.concurrency = {1, 8};
  run.plan.labels = {{"site", "lab"}};
  for (std::int64_t index = 0; index < 2; ++index) {
    spec::PointResult point;
    point.index = index;
    point.concurrency = run.plan.load.concurrency[static_cast<std::size_t>(index)];
    point.complete = true;
    point.whole = Metrics(2);
    run.points.push_back(point);
  }
  run.points[0].steady = Metrics(1);
  run.points[1].verdict.instrument = spec::Fitness::kInvalid;
  run.points[1].verdict.instrument_reasons = {"the loop was busy 97 % of the time"};
  run.points[1].verdict.server_reasons = {"no steady state"};
  return run;
}

std::string LineWith(const std::string& text, std::string_view part) {
  for (const std::string& line : Split(text, '\n')) {
    if (line.find(part) != std::string::npos) return line;
  }
  return "no line with " + std::string(part) + " in:\n" + text;
}

TEST(RunTextTest, TheTableShowsTheChosenWindowAndSaysWhereAnotherStandsIn) {
  const std::string steady = PointTable(TwoPoints(), WindowChoice::kSteady, kPlain);
  EXPECT_EQ(LineWith(steady, "VALID"),
            "0     1   40     2     12.3  456    10.0    -      -  1,235  VALID");
  EXPECT_EQ(LineWith(steady, "INVALID*"),
            "1     8   40     2     24.6  912    20.0    -      -  2,469  INVALID*");
  EXPECT_NE(steady.find("* no steady window"), std::string::npos);
  EXPECT_EQ(LineWith(steady, "instrument:"),
            "#1 (concurrency 8): instrument: the loop was busy 97 % of the time");
  EXPECT_EQ(LineWith(steady, "server:"), "#1 (concurrency 8): server: no steady state");

  const std::string whole = PointTable(TwoPoints(), WindowChoice::kWhole, kPlain);
  EXPECT_EQ(LineWith(whole, "VALID"),
            "0     1   40     2     24.6  912    20.0    -      -  2,469  VALID");
  EXPECT_EQ(whole.find('*'), std::string::npos);
}

TEST(RunTextTest, ColumnsAppearOnlyWhenTheyHaveSomethingToSay) {
  spec::RunResult run = TwoPoints();
  const std::string bare = PointTable(run, WindowChoice::kSteady, kPlain);
  EXPECT_EQ(bare.find("/chip"), std::string::npos);
  EXPECT_EQ(bare.find("rep"), std::string::npos);
  run.points[0].steady->total_tps_per_chip = 99;
  run.points[1].repeat = 1;
  const std::string full = PointTable(run, WindowChoice::kSteady, kPlain);
  EXPECT_NE(full.find("/chip"), std::string::npos);
  EXPECT_NE(full.find("rep"), std::string::npos);
}

TEST(RunTextTest, EverythingFitsEightyColumns) {
  spec::RunResult run = TwoPoints();
  run.plan.deployment.model = std::string(30, 'm') + " " + std::string(60, 'n');
  run.host = {{"cpu", "A Processor With A Long Name (R) 8-Core"}, {"kernel", "6.1.0-13-amd64"}};
  run.notes = {"a long note: " + std::string(50, 'x') + " " + std::string(60, 'y')};
  for (spec::PointResult& point : run.points) {
    point.repeat = 1;
    point.concurrency = 1'024;
    point.whole.requests = 20'480;
    point.whole.ttft_s.p99 = 12.345;
    point.whole.total_tps_per_chip = 12'345;
    point.verdict.instrument = spec::Fitness::kDegraded;
    point.verdict.server_reasons = {"one " + std::string(40, 'r') + " " + std::string(40, 's')};
  }
  const std::string text = RunHeader(run, kPlain) + PointTable(run, WindowChoice::kWhole, kPlain) +
                           PointDetails(run.points[0], kPlain);
  for (const std::string& line : Split(text, '\n')) EXPECT_LE(line.size(), 80U) << line;
}

TEST(RunTextTest, TheHeaderSaysWhatWasMeasuredWhereAndHow) {
  const std::string text = RunHeader(TwoPoints(), kPlain);
  for (const char* part :
       {"Run 20261123-190222-1a2b3c: complete, measured by Roofscape 0.1.0", "took 2 min",
        "http://127.0.0.1:8080 (chat)", "concurrency 1, 8; 20 requests a user", "site=lab"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in:\n" << text;
  }
  spec::RunResult killed = TwoPoints();
  killed.ended.reset();
  killed.engine["model"] = "evil\x1b[2J";
  const std::string other = RunHeader(killed, kPlain);
  EXPECT_NE(other.find("no end: still running, or killed"), std::string::npos);
  EXPECT_EQ(other.find('\x1b'), std::string::npos);
}

TEST(RunTextTest, APointInFullHasBothWindowsSideBySide) {
  const std::string text = PointDetails(TwoPoints().points[0], kPlain);
  EXPECT_EQ(LineWith(text, "ttft_p50_s"), "ttft_p50_s     0.0123  0.0246  s");
  EXPECT_EQ(LineWith(text, "requests"), "requests           40      40  requests");
  EXPECT_EQ(text.find("tpot_p50_s"), std::string::npos) << "a missing metric has no line";
}

TEST(RunTextTest, CsvHasEveryMetricAndLeavesMissingOnesEmpty) {
  const std::vector<std::string> lines = Split(PointsCsv(TwoPoints(), WindowChoice::kSteady), '\n');
  ASSERT_GE(lines.size(), 3U);
  const std::vector<std::string> names = Split(lines[0], ',');
  const std::vector<std::string> first = Split(lines[1], ',');
  const std::vector<std::string> second = Split(lines[2], ',');
  const auto column = [&](const char* name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  ASSERT_LT(column("tpot_p50_s"), names.size());
  EXPECT_EQ(first[column("window")], "steady");
  EXPECT_EQ(second[column("window")], "whole");
  EXPECT_EQ(first[column("ttft_p50_s")], "0.0123");
  EXPECT_EQ(second[column("ttft_p50_s")], "0.0246");
  EXPECT_EQ(first[column("tpot_p50_s")], "");
}

}  // namespace
}  // namespace roofscape::cli
