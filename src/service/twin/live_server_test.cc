// The live twin over real sockets: paced by the simulation, aborted by its clients, refusing as its
// engine does.

#include "service/twin/live_server.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <thread>

#include "base/core/json.h"
#include "base/net/fetch.h"
#include "service/twin/run_live.h"

namespace roofscape::twin {
namespace {

using namespace std::chrono_literals;

/// Ten milliseconds a step; a token of a prompt takes a millisecond.
struct SlowStep final : sim::StepModel {
  double DecodeSeconds(double, double) const override { return 0.01; }
  double PromptSeconds(double, double, double prefill, double) const override {
    return 0.001 * prefill;
  }
};

sim::Cluster SmallCluster() {
  sim::Cluster cluster;
  cluster.policy = sim::DefaultPolicy(perf::EngineClass::kVllm);
  cluster.serve.step = std::make_shared<SlowStep>();
  cluster.serve.blocks = 100;
  return cluster;
}

class LiveServerTest : public ::testing::Test {
 protected:
  void Start(const char* script = "dialect = \"vllm\"\nmodel = \"m\"") {
    auto parsed = ParseScript(script, "test");
    ASSERT_TRUE(parsed) << parsed.error().message;
    settings.keep_truth = true;
    auto started = LiveRun::Start(*std::move(parsed), cluster, settings, {}, clock);
    ASSERT_TRUE(started) << started.error().message;
    run = *std::move(started);
  }

  net::Url Url() const { return *net::ParseUrl("127.0.0.1:" + std::to_string(run->port())); }

  Result<net::HttpResponse> Post(const std::string& body, Nanos timeout = 20s,
                                 const std::string& path = "/v1/completions") {
    net::FetchOptions options;
    options.method = "POST";
    options.body = body;
    options.timeout = timeout;
    return net::Fetch(Url(), path, options, clock);
  }

  std::string Metrics() { return net::Fetch(Url(), "/metrics", {}, clock)->body; }

  bool MetricBecomes(const std::string& line) {
    for (int i = 0; i < 500; ++i) {
      if (Metrics().find(line) != std::string::npos) return true;
      std::this_thread::sleep_for(10ms);
    }
    ADD_FAILURE() << Metrics();
    return false;
  }

  SystemClock clock;
  sim::Cluster cluster = SmallCluster();
  LiveServer::Settings settings;
  std::unique_ptr<LiveRun> run;
};

constexpr const char* kBody =
    R"({"model":"m","prompt":"a b c d e f g h i j","max_tokens":11,"ignore_eos":true,)"
    R"("stream":true,)"
    R"("stream_options":{"include_usage":true}})";

TEST_F(LiveServerTest, SendsWhatTheSimulationSaysWhenItSays) {
  Start();
  const Instant before = clock.Now();
  const auto answer = Post(kBody);
  ASSERT_TRUE(answer) << answer.error().message;
  // Ten tokens of prompt, then ten steps.
  EXPECT_GE(clock.Now() - before, 110ms);
  EXPECT_EQ(answer->status, 200);
  EXPECT_TRUE(answer->body.ends_with("data: [DONE]\n\n")) << answer->body;
  EXPECT_NE(answer->body.find(R"("prompt_tokens":10,"total_tokens":21,"completion_tokens":11)"),
            std::string::npos)
      << answer->body;
  run->Stop();
  const LiveServer& server = run->server();
  EXPECT_EQ(server.stats().events, 11);
  std::string csv;
  server.truth().AppendCsv(csv);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 11) << csv;
}

TEST_F(LiveServerTest, SpeedIsAFactorOfTime) {
  settings.speed = 20.0;
  cluster.serve.step = std::make_shared<SlowStep>();
  Start();
  const Instant before = clock.Now();
  ASSERT_TRUE(Post(R"({"prompt":"a","max_tokens":1000,"ignore_eos":true,"stream":true})"));
  EXPECT_GE(clock.Now() - before, 490ms);
  EXPECT_LT(clock.Now() - before, 5s) << "ten seconds, twenty times faster";
  // What is told of times is of the simulated deployment.
  EXPECT_TRUE(MetricBecomes(
      "e2e_request_latency_seconds_bucket{engine=\"0\",model_name=\"m\",le=\"10.0\"} 1"));
}

TEST_F(LiveServerTest, AnswersInOnePieceAndEndsByItself) {
  settings.answer_tokens = 8;
  Start();
  const auto answer =
      Post(R"({"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":1000})", 20s,
           "/v1/chat/completions");
  ASSERT_TRUE(answer) << answer.error().message;
  const Json json = Json::parse(answer->body, nullptr, false);
  ASSERT_TRUE(json.is_object()) << answer->body;
  EXPECT_EQ(json["choices"][0]["finish_reason"], "stop");
  EXPECT_LT(json["usage"]["completion_tokens"].get<int>(), 200);
  EXPECT_GT(json["choices"][0]["message"]["content"].get<std::string>().size(), 2u);
}

TEST_F(LiveServerTest, WhoLeavesIsTakenOutOfTheBatch) {
  Start();
  EXPECT_FALSE(Post(R"({"prompt":"a b","max_tokens":900,"ignore_eos":true,"stream":true})", 150ms));
  EXPECT_TRUE(MetricBecomes("vllm:num_requests_running{engine=\"0\",model_name=\"m\"} 0\n"));
  EXPECT_TRUE(MetricBecomes("vllm:kv_cache_usage_perc{engine=\"0\",model_name=\"m\"} 0\n"));
  run->Stop();
  EXPECT_EQ(run->server().stats().gone, 1);
  EXPECT_EQ(run->server().readings().finished(), 0);
  EXPECT_EQ(run->server().readings().aborted, 1);
}

TEST_F(LiveServerTest, RefusesAsItsEngineDoes) {
  settings.context_tokens = 1200;
  settings.max_queue = 0;
  Start();
  EXPECT_EQ(Post(R"({"model":"other","prompt":"a","max_tokens":2})")->status, 404);
  EXPECT_EQ(Post("{")->status, 400);
  const auto long_one = Post(R"({"prompt":"a","max_tokens":1200,"ignore_eos":true})");
  EXPECT_EQ(long_one->status, 400);
  EXPECT_NE(long_one->body.find("maximum context length is 1200 tokens"), std::string::npos)
      << long_one->body;
  EXPECT_EQ(Post(R"({"prompt":"a","max_tokens":2,"ignore_eos":true})")->status, 503);
}

// Whoever names no length gets an answer as long as the model likes, not one cut after 16 tokens;
// plain completions are cut there by the engine, too.
TEST_F(LiveServerTest, AnAnswerWithoutALimitEndsByItself) {
  settings.answer_tokens = 60;
  settings.speed = 20.0;
  Start();
  const auto ends = [this](const std::string& path, const std::string& prompt) {
    const auto answer = Post(R"({"model":"m",)" + prompt + "}", 20s, path);
    const Json json = Json::parse(answer->body, nullptr, false);
    EXPECT_TRUE(json.contains("choices")) << answer->body;
    return std::pair(json["choices"][0]["finish_reason"].get<std::string>(),
                     json["usage"]["completion_tokens"].get<int>());
  };
  const auto chat = ends("/v1/chat/completions", R"("messages":[{"role":"user","content":"hi"}])");
  EXPECT_EQ(chat.first, "stop");
  EXPECT_GT(chat.second, 16);
  EXPECT_EQ(ends("/v1/completions", R"("prompt":"a")"), std::pair(std::string("length"), 16));
}

// What the answer may be counts, not what it will be: so a client finds its mistake every time.
TEST_F(LiveServerTest, ALimitBeyondTheContextIsRefusedAsItsEngineDoes) {
  settings.context_tokens = 200;
  settings.answer_tokens = 3;
  Start();
  const std::string body = R"({"prompt":"a b c","max_tokens":198})";
  EXPECT_EQ(Post(body)->status, 400);
  EXPECT_EQ(Post(R"({"prompt":"a b c","max_tokens":197})")->status, 200);
  Start("dialect = \"openai\"\nmodel = \"m\"");
  const auto refused = Post(R"({"messages":[{"role":"user","content":"a"}],"max_tokens":200})", 20s,
                            "/v1/chat/completions");
  EXPECT_NE(refused->body.find(R"("param":"messages","code":"context_length_exceeded")"),
            std::string::npos)
      << refused->body;
  EXPECT_NE(Post(R"({"model":"x","prompt":"a"})")->body.find("model_not_found"), std::string::npos);
  Start("dialect = \"llamacpp\"\nmodel = \"m\"");
  EXPECT_EQ(Post(body)->status, 200) << "llama.cpp ends the answer at the context";
  EXPECT_EQ(Post(R"({"prompt":"a b c","n_predict":-1})", 20s, "/completion")->status, 200);
}

// The same request once more is another throw, or no client and no router could ever try again.
TEST_F(LiveServerTest, WhoTriesAgainIsNotRefusedForEver) {
  Start("dialect = \"vllm\"\n[[exception]]\nshare = 0.5\nerror_status = 503");
  int refused = 0;
  for (int i = 0; i < 40; ++i) {
    if (Post(R"({"prompt":"a","max_tokens":1})")->status == 503) ++refused;
  }
  EXPECT_GT(refused, 8);
  EXPECT_LT(refused, 32);
}

TEST_F(LiveServerTest, APromptLargerThanTheCacheIsRefused) {
  Start();
  const auto answer = Post(R"({"prompt":"a","max_tokens":1700,"ignore_eos":true})");
  EXPECT_EQ(answer->status, 400);
  EXPECT_NE(answer->body.find("cache of a worker"), std::string::npos) << answer->body;
}

constexpr const char* kPlain =
    R"({"prompt":"a b c d e f g h i j","max_tokens":11,"ignore_eos":true,"stream":true})";

TEST_F(LiveServerTest, FaultsOnOrder) {
  Start("dialect = \"vllm\"\nreset_after = 2");
  EXPECT_FALSE(Post(kPlain));
  EXPECT_TRUE(MetricBecomes("vllm:num_requests_running{engine=\"0\",model_name=\"golden\"} 0\n"));
  Start("close_after = 2");
  EXPECT_FALSE(Post(kPlain));
  Start("error_status = 500");
  EXPECT_EQ(Post(kPlain)->status, 500);
  Start("error_after = 2");
  EXPECT_NE(Post(kPlain)->body.find("the script says so"), std::string::npos);
  Start("stall_after = 2\nstall_ms = 400");
  const Instant before = clock.Now();
  const auto answer = Post(kPlain);
  EXPECT_GE(clock.Now() - before, 400ms);
  EXPECT_TRUE(answer->body.ends_with("data: [DONE]\n\n")) << answer->body;
}

TEST_F(LiveServerTest, APromptThatWasSeenIsCached) {
  cluster.policy.prefix_cache = true;
  cluster.chunk_tokens = 16;
  Start();
  std::string words;
  for (int i = 0; i < 100; ++i) words += "w" + std::to_string(i) + ' ';
  const std::string body = R"({"prompt":")" + words + R"(","max_tokens":2,"ignore_eos":true})";
  ASSERT_TRUE(Post(body));
  EXPECT_TRUE(MetricBecomes("vllm:prefix_cache_hits_total{engine=\"0\",model_name=\"m\"} 0\n"));
  const auto second = Post(body);
  ASSERT_TRUE(second);
  EXPECT_NE(second->body.find("\"cached_tokens\":96"), std::string::npos) << second->body;
  const auto other = Post(R"({"prompt":"x )" + words + R"(","max_tokens":2,"ignore_eos":true})");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->body.find("cached_tokens"), std::string::npos)
      << "all that follows another first word is another prompt: " << other->body;
}

// A chat goes on: the next turn's prompt repeats what was asked and what was answered, and all of
// it is cached.
TEST_F(LiveServerTest, TheNextTurnFindsTheAnswerCached) {
  cluster.policy.prefix_cache = true;
  cluster.chunk_tokens = 16;
  settings.speed = 20.0;
  Start();
  std::string words;
  for (int i = 0; i < 20; ++i) words += "w" + std::to_string(i) + ' ';
  Json chat = {{"model", "m"},
               {"max_tokens", 400},
               {"ignore_eos", true},
               {"messages", {{{"role", "user"}, {"content", words}}}}};
  const auto first = Post(chat.dump(), 20s, "/v1/chat/completions");
  ASSERT_TRUE(first) << first.error().message;
  const Json answer = Json::parse(first->body, nullptr, false)["choices"][0]["message"]["content"];
  chat["messages"].push_back({{"role", "assistant"}, {"content", answer}});
  chat["messages"].push_back({{"role", "user"}, {"content", "and then"}});
  chat["max_tokens"] = 2;
  const auto second = Post(chat.dump(), 20s, "/v1/chat/completions");
  ASSERT_TRUE(second) << second.error().message;
  const Json usage = Json::parse(second->body, nullptr, false)["usage"];
  // But for the last, new message and a piece of a chunk before it.
  const int prompt = usage["prompt_tokens"].get<int>();
  EXPECT_GT(prompt, 300);
  ASSERT_TRUE(usage.contains("prompt_tokens_details")) << second->body;
  EXPECT_EQ(usage["prompt_tokens_details"]["cached_tokens"].get<int>(), (prompt - 6) / 16 * 16);
}

TEST_F(LiveServerTest, TensorRtLlmRefusesAPromptLongerThanAStep) {
  cluster.policy.chunked = false;
  cluster.policy.token_budget = 8;
  Start("dialect = \"tensorrt-llm\"\nmodel = \"m\"");
  const auto refused = Post(kBody);
  EXPECT_EQ(refused->status, 400);
  EXPECT_NE(refused->body.find("max_num_tokens is 8"), std::string::npos) << refused->body;
  EXPECT_EQ(Post(R"({"prompt":"a b c d e f g h","max_tokens":2})")->status, 200);
}

// One answer where several were asked for would make a client count tokens that nobody made.
TEST_F(LiveServerTest, SeveralAnswersToOnePromptAreRefused) {
  Start();
  const auto refused = Post(R"({"model":"m","prompt":"a","max_tokens":2,"n":3})");
  EXPECT_EQ(refused->status, 400);
  EXPECT_NE(refused->body.find("one answer to a request, not 3"), std::string::npos)
      << refused->body;
  EXPECT_EQ(Post(R"({"model":"m","prompt":"a","max_tokens":2,"n":1})")->status, 200);
}

TEST_F(LiveServerTest, DynamoIsOverloadedInItsOwnWay) {
  settings.max_queue = 0;
  Start("dialect = \"dynamo\"\nmodel = \"m\"");
  EXPECT_EQ(Post(R"({"model":"m","prompt":"a","max_tokens":2})")->status, 529);
}

}  // namespace
}  // namespace roofscape::twin
