// One file a load generator, in its shape and with invented numbers: each figure goes to the metric
// that has its definition.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "results/ingest/test_data.h"

namespace roofscape::ingest {
namespace {

struct Case {
  std::string_view format;
  std::string text;
  std::int64_t concurrency = 0;
  std::vector<std::pair<std::string_view, std::optional<double>>> values;
};

std::vector<Case> FamilyCases() {
  return {
      {"vllm",
       R"({"date": "20260102-030405", "model_id": "dsr1", "max_concurrency": 4,
         "request_rate": "inf", "completed": 10, "failed": 1, "total_input_tokens": 1000,
         "total_output_tokens": 500, "request_throughput": 2.0, "output_throughput": 100.0,
         "total_token_throughput": 300.0, "mean_ttft_ms": 0.0, "p99_ttft_ms": 250.0,
         "median_tpot_ms": 20.0, "mean_itl_ms": 40.0, "p99_e2el_ms": 1500.0})",
       4,
       {{"ttft_mean_s", std::nullopt},
        {"ttft_p99_s", 0.25},
        {"tpot_p50_s", 0.02},
        {"interactivity_p50_tps", 50.0},
        {"icl_mean_s", 0.04},
        {"itl_mean_s", std::nullopt},
        {"e2e_p99_s", 1.5},
        {"input_tps", 200.0},
        {"total_tps", 300.0},
        {"total_tps_per_chip", 75.0}}},
      {"sglang",
       R"({"dataset_name": "random", "request_rate": Infinity, "max_concurrency": 8,
         "random_input_len": 100, "random_output_len": 50, "random_range_ratio": 0.5,
         "completed": 10, "total_input_tokens": 750, "total_output_tokens": 375,
         "input_throughput": 200.0, "output_throughput": 100.0, "total_throughput": 300.0,
         "accept_length": NaN, "median_e2e_latency_ms": 900.0})",
       8,
       {{"total_tps", 300.0}, {"e2e_p50_s", 0.9}, {"acceptance_length_tokens", std::nullopt}}},
      {"aiperf",
       R"({"benchmark_id": "a1", "time_to_first_token": {"unit": "us", "avg": 50000.0},
         "inter_token_latency": {"unit": "ms", "avg": 12.5, "p99": 20.0},
         "inter_chunk_latency": {"unit": "ms", "avg": 25.0},
         "output_token_throughput": {"unit": "tokens/sec", "avg": 100.0},
         "total_isl": {"avg": 2000.0}, "benchmark_duration": {"unit": "sec", "avg": 10.0},
         "input_config": {"phases": [{"concurrency": 1}, {"concurrency": 16}]}})",
       16,
       {{"ttft_mean_s", 0.05},
        {"tpot_mean_s", 0.0125},
        {"interactivity_p99_tps", 50.0},
        {"icl_mean_s", 0.025},
        {"input_tps", 200.0},
        {"total_tps", 300.0}}},
      {"genai-perf",
       R"({"request_latency": {"unit": "ms", "avg": 900.0},
         "inter_token_latency": {"unit": "ms", "p50": 10.0},
         "output_token_throughput": {"unit": "tokens/sec", "avg": 100.0},
         "input_config": {"perf_analyzer": {"stimulus": {"concurrency": 2}}}})",
       2,
       {{"e2e_mean_s", 0.9}, {"tpot_p50_s", 0.01}, {"output_tps", 100.0}}},
  };
}

std::vector<Case> OtherCases() {
  return {
      {"guidellm",
       R"({"metadata": {}, "benchmarks": [{"config": {"id_": "b", "strategy": {"streams": 8}},
         "metrics": {"request_totals": {"successful": 9, "errored": 1, "total": 10},
         "time_per_output_token_ms": {"successful": {"mean": 99.0}},
         "inter_token_latency_ms": {"successful": {"mean": 10.0, "percentiles": {"p99": 20.0}}},
         "request_latency": {"successful": {"percentiles": {"p50": 0.9}}},
         "prompt_tokens_per_second": {"successful": {"mean": 200.0}},
         "output_tokens_per_second": {"successful": {"mean": 100.0}}}}]})",
       8,
       {{"tpot_mean_s", 0.01},
        {"tpot_p99_s", 0.02},
        {"e2e_p50_s", 0.9},
        {"total_tps", 300.0},
        {"failures", 1.0}}},
      {"inference-perf",
       R"({"successes": {"count": 9, "latency": {"time_per_output_token": {"median": 0.01},
         "inter_token_latency": {"p99.9": 0.03}}, "throughput": {"output_tokens_per_sec": 100.0,
         "total_tokens_per_sec": 300.0}}, "failures": {"count": 0}})",
       0,
       {{"tpot_p50_s", 0.01}, {"itl_p999_s", 0.03}, {"input_tps", 200.0}}},
      {"mlperf",
       "MLPerf Results Summary\nScenario : Server\nCompleted tokens per second: 100.5\n"
       "99.00 percentile first token latency (ns) : 250000000\n"
       "Mean Time to Output Token (ns) : 12500000\nResult is : VALID\n",
       0,
       {{"output_tps", 100.5}, {"ttft_p99_s", 0.25}, {"tpot_mean_s", 0.0125}}},
      {"mlperf",
       ":::MLLOG {\"key\": \"result_completed_tokens_per_second\", \"value\": 100.5}\n"
       ":::MLLOG {\"key\": \"result_first_token_99.00_percentile_latency_ns\", "
       "\"value\": 250000000}\n",
       0,
       {{"output_tps", 100.5}, {"ttft_p99_s", 0.25}}},
  };
}

void Check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.format);
    Source source;
    source.name = "file";
    source.deployment.emplace();
    source.deployment->chip = "h100-sxm";
    source.deployment->roles = {{}};
    source.deployment->roles[0].chips_per_worker = 4;
    const Batch batch = ReadAll(c.format, c.text, source);
    ASSERT_EQ(batch.rows.size(), 1U) << (batch.aside.empty() ? "" : batch.aside[0].reason);
    const spec::Row& row = batch.rows[0];
    EXPECT_EQ(row.concurrency, c.concurrency);
    EXPECT_EQ(row.protocol, c.format);
    EXPECT_FALSE(row.origin.key.empty());
    for (const auto& [name, expected] : c.values) {
      const auto value = row.values.Get(name);
      ASSERT_EQ(value.has_value(), expected.has_value()) << name;
      if (!value) continue;
      EXPECT_NEAR(*value, *expected, 1e-9 * *expected) << name;
    }
  }
}

TEST(Tools, PutEachFigureWhereItsDefinitionIs) {
  Check(FamilyCases());
  Check(OtherCases());
}

TEST(Tools, RefuseFiguresThatAreNone) {
  const auto code = [](std::string_view format, std::string_view text) {
    const Batch batch = ReadAll(format, text);
    return batch.aside.size() == 1 ? batch.aside[0].code : std::string();
  };
  EXPECT_EQ(code("vllm", R"({"output_throughput": -1})"), "negative_number");
  EXPECT_EQ(code("vllm", R"({"output_throughput": 1e308})"), "absurd_number");
  EXPECT_EQ(code("vllm", R"({"output_throughput": "fast"})"), "not_a_number");
  EXPECT_EQ(code("vllm", R"({"output_throughput": {}})"), "wrong_type");
  EXPECT_EQ(code("vllm", R"({"completed": 0, "output_throughput": 0})"), "no_success");
  EXPECT_EQ(code("vllm", "{}"), "no_rate");
  EXPECT_EQ(code("vllm", "{\"a\" 1}"), "broken_json");
  EXPECT_EQ(code("vllm", "{\"a\": "), "broken_end");
  EXPECT_EQ(code("aiperf", R"({"request_latency": {"unit": "furlong", "avg": 1}})"),
            "unknown_unit");
  EXPECT_EQ(code("roofscape", R"({"points": []})"), "not_a_run");
}

TEST(Tools, KnowTheirNames) {
  EXPECT_EQ(AllFormats().size(), 9U);
  const auto found = FindFormat("vlm");
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("Did you mean 'vllm'?"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::ingest
