#include "cli/foreign_json.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace roofscape::cli {
namespace {

using metrics::ForeignFigures;
using metrics::Tool;

spec::RunResult SomeRun() {
  spec::RunResult run;
  run.id = "20261123-190222-aaaaaa";
  run.plan.target.model = "m";
  run.plan.target.api = spec::Api::kCompletions;
  return run;
}

spec::PointResult SomePoint() {
  spec::PointResult point;
  point.index = 2;
  point.concurrency = 4;
  point.started = {1'795'460'542'000'000};  // 2026-11-23 19:02:22 UTC
  return point;
}

// One answer, sent half a second into the point: tokens at 10 and 30 ms; and a failure.
spec::RequestLog Log() {
  spec::RequestLog log;
  log.strings = {"refused", "ab"};
  spec::Request request;
  request.http_status = 200;
  request.intended_ns = request.sent_ns = 500'000'000;
  request.end_ns = 531'000'000;
  request.input_tokens_asked = request.input_tokens = 7;
  request.output_tokens_asked = request.output_tokens = 2;
  request.text = 1;
  for (const std::int64_t at_ms : {510, 530}) {
    spec::Event event;
    event.time_ns = at_ms * 1'000'000;
    event.tokens = 1;
    event.chars = 4;
    log.events.push_back(event);
  }
  spec::Event usage;
  usage.time_ns = 531'000'000;
  usage.kind = spec::EventKind::kUsage;
  log.events.push_back(usage);
  request.event_count = 3;
  log.requests.push_back(request);
  spec::Request failed = request;
  failed.outcome = spec::Outcome::kConnect;
  failed.message = 0;
  failed.text = spec::kUnknown;
  failed.first_event = 3;
  failed.event_count = 0;
  log.requests.push_back(failed);
  return log;
}

ForeignFigures As(Tool tool, const spec::RequestLog& log) {
  metrics::ForeignContext context;
  context.api = spec::Api::kCompletions;
  context.concurrency = 4;
  return metrics::ComputeAs(tool, log, context);
}

std::vector<std::string> Keys(const Json& json) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  return keys;
}

void AppendLatencies(std::vector<std::string>& keys) {
  for (const std::string metric : {"ttft", "tpot", "itl", "e2el"}) {
    for (const std::string stat : {"mean", "median", "std", "p90", "p99", "p99.9"}) {
      keys.push_back(stat + "_" + metric + "_ms");
    }
  }
}

// The keys of a file that their client wrote, in its order.
TEST(ForeignJson, InferencexHasTheKeysOfItsClient) {
  const spec::RequestLog log = Log();
  const Json json = InferencexJson(SomeRun(), SomePoint(), As(Tool::kInferencex, log), true);
  std::vector<std::string> keys = {"date",
                                   "backend",
                                   "model_id",
                                   "tokenizer_id",
                                   "best_of",
                                   "num_prompts",
                                   "request_rate",
                                   "burstiness",
                                   "max_concurrency",
                                   "duration",
                                   "benchmark_start_time_unix",
                                   "benchmark_end_time_unix",
                                   "completed",
                                   "total_input_tokens",
                                   "total_output_tokens",
                                   "request_throughput",
                                   "request_goodput:",
                                   "output_throughput",
                                   "total_token_throughput",
                                   "input_lens",
                                   "output_lens",
                                   "ttfts",
                                   "itls",
                                   "generated_texts",
                                   "errors"};
  AppendLatencies(keys);
  EXPECT_EQ(Keys(json), keys);
  EXPECT_EQ(json["date"], "20261123-190222");
  EXPECT_EQ(json["request_rate"], "inf");
  EXPECT_EQ(json["max_concurrency"], 4);
  EXPECT_EQ(json["completed"], 1);
  EXPECT_NEAR(json["benchmark_start_time_unix"].get<double>(), 1'795'460'542.5, 1e-6);
  EXPECT_NEAR(json["mean_ttft_ms"].get<double>(), 10.0, 1e-9);
  EXPECT_NEAR(json["mean_tpot_ms"].get<double>(), 20.0, 1e-9);
}

TEST(ForeignJson, VllmHasTheKeysOfItsFile) {
  const spec::RequestLog log = Log();
  const ForeignFigures figures = As(Tool::kVllm, log);
  const Json json = VllmJson(SomeRun(), SomePoint(), figures, false);
  std::vector<std::string> keys = {"date",
                                   "endpoint_type",
                                   "backend",
                                   "label",
                                   "model_id",
                                   "tokenizer_id",
                                   "num_prompts",
                                   "request_rate",
                                   "burstiness",
                                   "max_concurrency",
                                   "duration",
                                   "completed",
                                   "failed",
                                   "total_input_tokens",
                                   "total_output_tokens",
                                   "request_throughput",
                                   "request_goodput",
                                   "output_throughput",
                                   "total_token_throughput",
                                   "max_output_tokens_per_s",
                                   "max_concurrent_requests",
                                   "rtfx"};
  AppendLatencies(keys);
  EXPECT_EQ(Keys(json), keys);

  const Json detailed = VllmJson(SomeRun(), SomePoint(), figures, true);
  EXPECT_EQ(detailed["input_lens"], Json({7, 7}));
  EXPECT_EQ(detailed["output_lens"], Json({2, 0}));
  EXPECT_NEAR(detailed["ttfts"][0].get<double>(), 0.010, 1e-12);
  ASSERT_EQ(detailed["itls"][0].size(), 1U);
  EXPECT_NEAR(detailed["itls"][0][0].get<double>(), 0.020, 1e-12);
  EXPECT_EQ(detailed["errors"], Json({"", "refused"}));
  EXPECT_EQ(detailed["generated_texts"], Json({"ab", ""}));
}

// The mean of nothing is 0 in the files of that family, and null in our own object.
TEST(ForeignJson, WithoutSamples) {
  spec::RequestLog log = Log();
  log.requests.erase(log.requests.begin());
  EXPECT_EQ(VllmJson(SomeRun(), SomePoint(), As(Tool::kVllm, log), false)["mean_ttft_ms"], 0.0);
  const Json json = ForeignJson(SomeRun(), SomePoint(), As(Tool::kAiperf, log));
  EXPECT_TRUE(json["figures"]["time_to_first_token.avg"].is_null());
  EXPECT_EQ(json["missing"]["time_to_first_token.avg"], "no request has one");
  EXPECT_EQ(json["figures"]["error_request_count"], 1.0);
}

TEST(ForeignJson, TheBackendIsTheirNameOfTheApi) {
  const spec::RequestLog log = Log();
  spec::RunResult run = SomeRun();
  const auto backend = [&](spec::Api api) {
    run.plan.target.api = api;
    return VllmJson(run, SomePoint(), As(Tool::kVllm, log), false)["backend"];
  };
  EXPECT_EQ(backend(spec::Api::kChat), "openai-chat");
  EXPECT_EQ(backend(spec::Api::kCompletions), "openai");
  EXPECT_EQ(backend(spec::Api::kResponses), "openai-responses");
  EXPECT_EQ(backend(spec::Api::kSglang), "sglang");  // None of theirs.
}

TEST(ForeignJson, SaysWhatIsMissingAndOnWhatPremise) {
  const spec::RequestLog log = Log();
  const Json json = ForeignJson(SomeRun(), SomePoint(), As(Tool::kGenaiPerf, log));
  EXPECT_EQ(json["tool"], "genai-perf");
  EXPECT_EQ(json["point"], 2);
  EXPECT_EQ(json["premises"]["output_token_throughput"],
            "if the tool's tokenizer counts as the server does");
  const Json sglang = ForeignJson(SomeRun(), SomePoint(), As(Tool::kSglang, log));
  EXPECT_TRUE(sglang["figures"]["total_output_tokens_retokenized"].is_null());
  EXPECT_NE(sglang["missing"]["total_output_tokens_retokenized"], "");
}

}  // namespace
}  // namespace roofscape::cli
