// Text that looks like an answer, and the page of metrics.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "service/twin/answer_text.h"
#include "service/twin/metrics_page.h"

namespace roofscape::twin {
namespace {

TEST(AnswerTextTest, IsSentencesAndNeedsNoEscape) {
  AnswerText text(Rng(3));
  std::string all;
  text.Append(2000, all);
  EXPECT_TRUE(std::isupper(static_cast<unsigned char>(all.front()))) << all.substr(0, 40);
  EXPECT_GT(std::count(all.begin(), all.end(), '.'), 80);
  EXPECT_EQ(all.find('"'), std::string::npos);
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    if (all[i] == '\\') {
      EXPECT_EQ(all[++i], 'n');
    }
  }
  for (const char* wrong : {"..", ",,", " ,", " .", ".,", "  "}) {
    EXPECT_EQ(all.find(wrong), std::string::npos) << "'" << wrong << "'";
  }
}

TEST(AnswerTextTest, TheSameHoweverItIsCut) {
  AnswerText whole(Rng(5));
  AnswerText cut(Rng(5));
  std::string a;
  std::string b;
  whole.Append(300, a);
  for (int i = 0; i < 300; ++i) {
    const std::size_t before = b.size();
    cut.Append(1, b);
    EXPECT_GT(b.size(), before) << "a token without text";
  }
  EXPECT_EQ(a, b);
  AnswerText other(Rng(6));
  std::string c;
  other.Append(300, c);
  EXPECT_NE(a, c);
}

TEST(MetricsPageTest, WithoutAnEngineOnlyRequestsAreTold) {
  Readings readings;
  readings.running = 3;
  const auto page = MetricsAt("/metrics", DialectOf(DialectName::kVllm), "m\"x", readings);
  EXPECT_EQ(page->body,
            "# TYPE vllm:num_requests_running gauge\n"
            "vllm:num_requests_running{engine=\"0\",model_name=\"m\\\"x\"} 3\n"
            "# TYPE vllm:num_requests_waiting gauge\n"
            "vllm:num_requests_waiting{engine=\"0\",model_name=\"m\\\"x\"} 0\n");
  EXPECT_FALSE(MetricsAt("/metrics", DialectOf(DialectName::kOpenAi), "m", readings));
}

TEST(MetricsPageTest, BucketsAddUpAndSharesAreOfTheWhole) {
  LiveReadings live;
  live.blocks = 100;
  live.used_blocks = 25;
  live.prompt_tokens = 8;
  live.cached_tokens = 2;
  live.stopped = 4;
  live.cut = 3;
  live.aborted = 2;
  for (const double seconds : {0.0005, 0.03, 0.03, 9999.0}) live.ttft_s.Add(seconds);
  live.prompts.Add(1024.0);
  Readings readings;
  readings.running = 3;
  readings.waiting = 2;
  readings.live = &live;
  const auto page = [&](DialectName name, const char* path = "/metrics") {
    return MetricsAt(path, DialectOf(name), "m", readings)->body;
  };
  const std::string vllm = page(DialectName::kVllm);
  for (const char* line :
       {"kv_cache_usage_perc{engine=\"0\",model_name=\"m\"} 0.25\n",
        "time_to_first_token_seconds_bucket{engine=\"0\",model_name=\"m\",le=\"0.001\"} 1\n",
        "time_to_first_token_seconds_bucket{engine=\"0\",model_name=\"m\",le=\"0.025\"} 1\n",
        "time_to_first_token_seconds_bucket{engine=\"0\",model_name=\"m\",le=\"1.0\"} 3\n",
        "time_to_first_token_seconds_bucket{engine=\"0\",model_name=\"m\",le=\"+Inf\"} 4\n",
        "time_to_first_token_seconds_count{engine=\"0\",model_name=\"m\"} 4\n",
        "request_success_total{engine=\"0\",model_name=\"m\",finished_reason=\"stop\"} 4\n",
        "request_success_total{engine=\"0\",model_name=\"m\",finished_reason=\"length\"} 3\n",
        "request_success_total{engine=\"0\",model_name=\"m\",finished_reason=\"abort\"} 2\n",
        "request_prompt_tokens_bucket{engine=\"0\",model_name=\"m\",le=\"2000.0\"} 1\n",
        "# TYPE vllm:inter_token_latency_seconds histogram\n",
        "block_size=\"16\",num_gpu_blocks=\"100\",enable_prefix_caching=\"False\"} 1\n"}) {
    EXPECT_NE(vllm.find(line), std::string::npos) << line << " in\n" << vllm;
  }
  const std::string sglang = page(DialectName::kSglang);
  EXPECT_NE(sglang.find("sglang:cache_hit_rate{model_name=\"m\"} 0.25\n"), std::string::npos);
  EXPECT_NE(sglang.find("sglang:num_requests_total{model_name=\"m\"} 7\n"), std::string::npos);
  const std::string dynamo = page(DialectName::kDynamo);
  EXPECT_NE(dynamo.find("frontend_inflight_requests{model=\"m\"} 5\n"), std::string::npos);
  const auto trt = MetricsAt("/metrics", DialectOf(DialectName::kTensorRtLlm), "m", readings);
  EXPECT_EQ(trt->type, "application/json");
  EXPECT_NE(trt->body.find("\"freeNumBlocks\":75"), std::string::npos) << trt->body;
  EXPECT_NE(page(DialectName::kTensorRtLlm, "/prometheus/metrics").find("trtllm_request_queue"),
            std::string::npos);
}

}  // namespace
}  // namespace roofscape::twin
