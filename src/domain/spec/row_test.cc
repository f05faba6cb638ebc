#include "domain/spec/row.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace roofscape::spec {
namespace {

TEST(MetricValuesTest, HoldsWhatWasSetAndNothingElse) {
  MetricValues values;
  values.Set("tpot_p50_s", 0.02);
  values.Set("ttft_p50_s", 0.5);
  values.Set("ttft_p50_s", 0.25);
  EXPECT_EQ(values.Get("ttft_p50_s"), 0.25);
  EXPECT_EQ(values.Get("tpot_p50_s"), 0.02);
  EXPECT_EQ(values.Get("e2e_p50_s"), std::nullopt);
  EXPECT_EQ(values.entries().size(), 2U);
  values.Remove("ttft_p50_s");
  EXPECT_EQ(values.Get("ttft_p50_s"), std::nullopt);
}

TEST(MetricValuesTest, EveryMetricComesBackThroughPointMetrics) {
  MetricValues values;
  for (std::size_t place = 0; place < AllMetrics().size(); ++place) {
    values.Set(place, static_cast<double>(place + 1));
  }
  EXPECT_EQ(ValuesOf(MetricsOf(values)), values);
}

TEST(RowTest, TakesTheWindowThatTheProtocolNames) {
  RunResult run;
  run.id = "run";
  run.engine = {{"name", "vllm"}, {"version", "0.11"}, {"model", "m"}};
  run.points.resize(2);
  run.points[0].steady.emplace().ttft_s.p50 = 1.0;
  run.points[0].whole.ttft_s.p50 = 2.0;
  run.points[0].complete = true;
  run.points[1].index = 1;
  run.points[1].protocol = "inferencex";
  run.points[1].whole.ttft_s.p50 = 3.0;
  const std::vector<Row> rows = RowsOf(run);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].window, "steady");
  EXPECT_EQ(rows[0].values.Get("ttft_p50_s"), 1.0);
  EXPECT_EQ(rows[0].deployment.engine, "vllm");
  EXPECT_EQ(rows[0].deployment.model, "m");
  EXPECT_EQ(rows[1].window, "whole");
  EXPECT_EQ(rows[1].values.Get("ttft_p50_s"), 3.0);
  EXPECT_FALSE(rows[1].complete);
  EXPECT_NE(rows[0].origin.key, rows[1].origin.key);
}

TEST(RowTest, JsonNamesMetricsAndCorrections) {
  Row row;
  row.measured = WallTime{1'765'670'400'000'000};
  row.day_only = true;
  row.values.Set("ttft_p50_s", 0.5);
  row.corrections = {{"devices", "num_decode_gpu", "16", "8"}};
  const Json json = ToJson(row);
  EXPECT_EQ(json["measured"], "2025-12-14");
  EXPECT_EQ(json["values"], Json({{"ttft_p50_s", 0.5}}));
  EXPECT_EQ(json["corrections"][0]["now"], "8");
}

}  // namespace
}  // namespace roofscape::spec
