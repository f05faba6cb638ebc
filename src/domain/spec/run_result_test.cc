#include "domain/spec/run_result.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <set>

#include "base/core/document.h"
#include "domain/spec/metric_registry.h"

namespace roofscape::spec {
namespace {

PointMetrics Metrics(double scale) {
  PointMetrics metrics;
  metrics.window = {1000, 2000};
  metrics.requests = 10;
  metrics.successes = 9;
  metrics.failures = 1;
  metrics.output_tps = 123.456789012345 * scale;
  metrics.ttft_s = {9, 0.1 * scale, 0.05, 0.09, 0.1, 0.2, 0.21, 0.3, 0.31, 0.4};
  metrics.interactivity_tps.p50 = 50 * scale;
  metrics.ttft_attempted_p50_s = 0.2 * scale;
  metrics.ttft_attempted_p99_s = std::numeric_limits<double>::infinity();
  metrics.intervals = {{"output_tps", {110 * scale, 130 * scale}}};
  return metrics;
}

RunResult Example() {
  RunResult run;
  run.id = "20261123-190222-abcdef";
  run.started = {1'700'000'000'000'000};
  run.ended = WallTime{1'700'000'001'000'000};
  run.status = RunStatus::kComplete;
  run.version = "0.1.0";
  run.plan.target.url = "http://h:1";
  run.host = {{"cpu", "some"}};
  run.notes = {"a warning"};
  PointResult point;
  point.concurrency = 4;
  point.complete = true;
  point.steady = Metrics(1.0);
  point.whole = Metrics(0.9);
  point.failures_by_kind = {{"timeout", 1}};
  point.audit.fd_limit = 1024;
  point.audit.loop_busy_fraction = 0.25;
  point.verdict.instrument = Fitness::kDegraded;
  point.verdict.instrument_reasons = {"send delay"};
  point.verdict.server_reasons = {"1 timeout"};
  run.points.push_back(point);
  point.index = 1;
  point.steady.reset();
  run.points.push_back(point);
  run.repeats = {{.concurrency = 0,
                  .rate_rps = 2.5,
                  .points = {0, 1},
                  .figures = {{"output_tps", {120, {100, 140}}}}}};
  return run;
}

TEST(RunResultTest, ReadsWhatItWrites) {
  const RunResult run = Example();
  const auto document = ParseJson(ToJson(run).dump(), "run.json");
  ASSERT_TRUE(document) << document.error().message;
  const auto read = RunFromDocument(*document);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, run);
}

TEST(RunResultTest, TopLevelMetricsAreThoseOfTheNamedWindow) {
  const Json json = ToJson(Example());
  EXPECT_EQ(json["points"][0]["window"], "steady");
  EXPECT_DOUBLE_EQ(json["points"][0]["interactivity_p50_tps"].get<double>(), 50.0);
  EXPECT_EQ(json["points"][1]["window"], "whole");
  EXPECT_DOUBLE_EQ(json["points"][1]["interactivity_p50_tps"].get<double>(), 45.0);
}

TEST(RunResultTest, MissingIsNullNeverZero) {
  const Json json = ToJson(Example());
  EXPECT_TRUE(json["points"][0]["tpot_p50_s"].is_null());
  EXPECT_TRUE(json["points"][0]["total_tps_per_chip"].is_null());
  EXPECT_TRUE(json["points"][1]["windows"]["steady"].is_null());
}

TEST(RunResultTest, InfinityIsNullAndNamed) {
  const Json point = ToJson(Example())["points"][0];
  EXPECT_TRUE(point["ttft_attempted_p99_s"].is_null());
  EXPECT_TRUE(point["tpot_attempted_p99_s"].is_null());
  EXPECT_EQ(point["infinite"], Json::array({"ttft_attempted_p99_s"}));
  EXPECT_DOUBLE_EQ(point["ttft_attempted_p50_s"].get<double>(), 0.2);
  EXPECT_DOUBLE_EQ(point["intervals"]["output_tps"]["high"].get<double>(), 130.0);
}

TEST(RunResultTest, AnIntervalWithoutItsEndsIsRefused) {
  const char* const places[] = {"/points/0/windows/whole/intervals/output_tps",
                                "/repeats/0/figures/output_tps"};
  for (const char* place : places) {
    Json json = ToJson(Example());
    json[Json::json_pointer(place)].erase("low");
    const auto read = RunFromDocument(Document(json, "run.json"));
    ASSERT_FALSE(read) << place;
    EXPECT_NE(read.error().message.find("'output_tps' must have the numbers"), std::string::npos)
        << read.error().message;
  }
}

TEST(MetricRegistryTest, NamesAreUniqueAndAllStandInTheJson) {
  const Json point = ToJson(Example().points[0]);
  std::set<std::string> names;
  for (const MetricInfo& metric : AllMetrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    ASSERT_TRUE(point.contains(metric.name)) << metric.name;
    const auto value = metric.value(*Example().points[0].steady);
    const bool finite = value && std::isfinite(*value);
    EXPECT_EQ(finite, !point[metric.name].is_null()) << metric.name;
  }
}

TEST(MetricRegistryTest, AMisspeltNameGetsASuggestion) {
  const auto metric = FindMetric("ttft_p9_s");
  ASSERT_FALSE(metric);
  EXPECT_NE(metric.error().message.find("Did you mean 'ttft_p"), std::string::npos);
  EXPECT_EQ((*FindMetric("interactivity_p99_tps"))->direction, Direction::kHigherIsBetter);
}

}  // namespace
}  // namespace roofscape::spec
