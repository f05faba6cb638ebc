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
  const MetricsPage page = MetricsOf(DialectOf(DialectName::kVllm), "m\"x", readings);
  EXPECT_EQ(page.body,
            "# TYPE vllm:num_requests_running gauge\n"
            "vllm:num_requests_running{model_name=\"m\\\"x\"} 3\n"
            "# TYPE vllm:num_requests_waiting gauge\n"
            "vllm:num_requests_waiting{model_name=\"m\\\"x\"} 0\n");
}

TEST(MetricsPageTest, BucketsAddUpAndSharesAreOfTheWhole) {
  LiveReadings live;
  live.blocks = 100;
  live.used_blocks = 25;
  live.prompt_tokens = 8;
  live.cached_tokens = 2;
  for (const double seconds : {0.0005, 0.03, 0.03, 9999.0}) live.ttft_s.Add(seconds);
  Readings readings;
  readings.live = &live;
  const std::string vllm = MetricsOf(DialectOf(DialectName::kVllm), "m", readings).body;
  for (const char* line :
       {"vllm:kv_cache_usage_perc{model_name=\"m\"} 0.25\n",
        "vllm:time_to_first_token_seconds_bucket{model_name=\"m\",le=\"0.001\"} 1\n",
        "vllm:time_to_first_token_seconds_bucket{model_name=\"m\",le=\"0.02\"} 1\n",
        "vllm:time_to_first_token_seconds_bucket{model_name=\"m\",le=\"0.04\"} 3\n",
        "vllm:time_to_first_token_seconds_bucket{model_name=\"m\",le=\"+Inf\"} 4\n",
        "vllm:time_to_first_token_seconds_count{model_name=\"m\"} 4\n"}) {
    EXPECT_NE(vllm.find(line), std::string::npos) << line << " in\n" << vllm;
  }
  const std::string sglang = MetricsOf(DialectOf(DialectName::kSglang), "m", readings).body;
  EXPECT_NE(sglang.find("sglang:cache_hit_rate{model_name=\"m\"} 0.25\n"), std::string::npos);
  const MetricsPage trt = MetricsOf(DialectOf(DialectName::kTensorRtLlm), "m", readings);
  EXPECT_EQ(trt.type, "application/json");
  EXPECT_NE(trt.body.find("\"freeNumBlocks\":75"), std::string::npos) << trt.body;
}

}  // namespace
}  // namespace roofscape::twin
