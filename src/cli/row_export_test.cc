#include "cli/row_export.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"

namespace roofscape::cli {
namespace {

/// A disaggregated row: 2 prefill workers of 4 chips, 1 decode worker of 8.
spec::Row SomeRow() {
  spec::Row row;
  row.origin = {"inferencex", "a,b.json", "https://example/run/1", "key", 0, 0, 0};
  row.measured = WallTime{1'765'670'400'000'000};
  row.day_only = true;
  row.protocol = "inferencex";
  row.deployment.model = "deepseek-r1";
  row.deployment.chip = "gb200";
  row.deployment.engine = "sglang";
  row.deployment.roles = {{.name = "prefill", .workers = 2, .chips_per_worker = 4, .tp = 4},
                          {.name = "decode", .workers = 1, .chips_per_worker = 8, .tp = 8}};
  row.workload.input = {8192, 0.8};
  row.workload.output = {1024, 0.8};
  row.concurrency = 256;
  row.values.Set("tpot_p50_s", 0.02);
  row.values.Set("total_tps_per_chip", 900);
  row.values.Set("input_tps_per_chip", 800);
  row.values.Set("output_tps_per_chip", 100);
  row.values.Set("decode_chip_output_tps", 200);
  row.values.Set("device_power_w", 16'000);
  row.corrections = {{"denominator", "output_tput_per_gpu", "200", "100"},
                     {"denominator", "input_tput_per_gpu", "1600", "800"}};
  row.facts = {{"framework", "dynamo-sglang"}, {"precision", "fp4"}};
  return row;
}

TEST(RowExportTest, CsvHasOneLineARowAndOnlyMetricsThatSomeRowHas) {
  std::vector<spec::Row> rows = {SomeRow(), SomeRow()};
  rows[1].values.Remove("tpot_p50_s");
  const std::vector<std::string> lines = Split(RowsCsv(rows), '\n');
  ASSERT_EQ(lines.size(), 4U);  // The last one is empty.
  EXPECT_TRUE(
      lines[0].ends_with(",output_tps_per_chip,total_tps_per_chip,device_power_w,"
                         "decode_chip_output_tps,tpot_p50_s"))
      << lines[0];
  EXPECT_TRUE(
      lines[1].starts_with("2025-12-14,deepseek-r1,,gb200,16,sglang,,,"
                           "prefill 2x4 tp4 + decode 1x8 tp8,8192,1024,0.8,256,,"))
      << lines[1];
  EXPECT_NE(lines[1].find("\"a,b.json\""), std::string::npos);
  EXPECT_TRUE(lines[1].ends_with(",denominator,800,100,900,16000,200,0.02")) << lines[1];
  EXPECT_TRUE(lines[2].ends_with(",200,")) << lines[2];
}

TEST(RowExportTest, JsonLinesHoldEverything) {
  const std::vector<spec::Row> rows = {SomeRow(), SomeRow()};
  const std::vector<std::string> lines = Split(RowsJsonLines(rows), '\n');
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(Json::parse(lines[1]), spec::ToJson(rows[1]));
}

TEST(RowExportTest, InferencexsShapeHasItsDenominators) {
  const std::vector<spec::Row> rows = {SomeRow()};
  const Json json = InferencexRows(rows)[0];
  EXPECT_EQ(json["framework"], "dynamo-sglang");
  EXPECT_EQ(json["precision"], "fp4");
  EXPECT_EQ(json["disagg"], true);
  EXPECT_EQ(json["num_prefill_gpu"], 8);
  EXPECT_EQ(json["prefill_num_workers"], 2);
  EXPECT_EQ(json["metrics"]["median_tpot"], 0.02);
  EXPECT_EQ(json["metrics"]["output_tput_per_gpu"], 200);
  EXPECT_EQ(json["metrics"]["input_tput_per_gpu"], 800);
  EXPECT_EQ(json["metrics"]["tput_per_gpu"], 900);
  EXPECT_EQ(json["metrics"]["avg_power_w"], 1000);
  EXPECT_EQ(json["date"], "2025-12-14");
}

}  // namespace
}  // namespace roofscape::cli
