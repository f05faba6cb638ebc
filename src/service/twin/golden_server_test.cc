// The golden server over real sockets: on time, cut as told, and telling the truth.

#include "service/twin/golden_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <sstream>
#include <string>
#include <thread>

#include "base/core/text.h"
#include "base/net/fd.h"
#include "base/net/fetch.h"
#include "service/twin/run_golden.h"

namespace roofscape::twin {
namespace {

using namespace std::chrono_literals;

class GoldenServerTest : public ::testing::Test {
 protected:
  void Start(const char* script, std::int64_t threads = 1) {
    auto parsed = ParseScript(script, "test");
    ASSERT_TRUE(parsed) << parsed.error().message;
    GoldenOptions options;
    options.threads = threads;
    options.server.keep_truth = true;
    auto started = GoldenRun::Start(*std::move(parsed), options, clock);
    ASSERT_TRUE(started) << started.error().message;
    run = *std::move(started);
  }

  net::Url Url() const { return *net::ParseUrl("127.0.0.1:" + std::to_string(run->port())); }

  Result<net::HttpResponse> Post(const std::string& path, const std::string& body,
                                 const std::string& id = "") {
    net::FetchOptions options;
    options.method = "POST";
    options.body = body;
    if (!id.empty()) options.headers.push_back({"X-Request-Id", id});
    return net::Fetch(Url(), path, options, clock);
  }

  /// The truth's rows, without the head.
  std::vector<std::vector<std::string>> Truth() {
    run->Stop();
    EXPECT_TRUE(run->truth_is_whole());
    std::vector<std::vector<std::string>> rows;
    std::istringstream lines(run->TruthCsv());
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) rows.push_back(Split(line, ','));
    return rows;
  }

  /// The number behind `name` on /metrics becomes `wanted` within some seconds.
  bool MetricBecomes(const std::string& name, const std::string& wanted) {
    std::string page;
    for (int i = 0; i < 500; ++i) {
      const auto metrics = net::Fetch(Url(), "/metrics", {}, clock);
      if (!metrics) return false;
      page = metrics->body;
      if (page.find(name + wanted + '\n') != std::string::npos) return true;
      std::this_thread::sleep_for(10ms);
    }
    ADD_FAILURE() << page;
    return false;
  }

  SystemClock clock;
  std::unique_ptr<GoldenRun> run;
};

constexpr const char* kBody = R"({"prompt":"a b","max_tokens":4,"stream":true})";

TEST_F(GoldenServerTest, StreamsWhenTheScriptSaysAndLogsIt) {
  Start("ttft_ms = 20\ngap_ms = 5\nsplit_bytes = [10]\nsplit_gap_ms = 1");
  const Instant before = clock.Now();
  const auto answer = Post("/v1/completions", kBody, "seven");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_GE(clock.Now() - before, 35ms);
  EXPECT_EQ(answer->status, 200);
  EXPECT_TRUE(answer->body.ends_with("data: [DONE]\n\n"));
  const auto rows = Truth();
  ASSERT_EQ(rows.size(), 5u);  // 4 tokens and [DONE]
  const std::int64_t arrival = std::stoll(rows[0][1]);
  EXPECT_GE(arrival, before.time_since_epoch().count());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i][0], "seven");
    const std::int64_t due =
        arrival + 20'000'000 + 5'000'000 * std::min<std::int64_t>(static_cast<std::int64_t>(i), 3);
    EXPECT_EQ(std::stoll(rows[i][6]), due) << i;
    EXPECT_GE(std::stoll(rows[i][7]), due);
    EXPECT_GE(std::stoll(rows[i][8]), std::stoll(rows[i][7]));
  }
  const GoldenStats stats = run->stats();
  EXPECT_EQ(stats.requests, 1);
  EXPECT_EQ(stats.events, 5);
}

TEST_F(GoldenServerTest, AnEventThatLeftBeforeACutIsNotedWithItsOwnSend) {
  Start("ttft_ms = 1\ngap_ms = 1\nevents_per_write = 4\nsplit_bytes = [300]\nsplit_gap_ms = 30");
  ASSERT_TRUE(Post("/v1/completions", kBody));
  const auto rows = Truth();
  ASSERT_EQ(rows.size(), 5u);
  const auto before = [&](std::size_t i) { return std::stoll(rows[i][7]); };
  EXPECT_GE(before(3), before(0) + 30'000'000);  // The first is within the first 300 bytes.
  EXPECT_LE(std::stoll(rows[0][8]), before(3));
  EXPECT_EQ(run->stats().events, 5);
}

// A client whose window is full: what was sent late is not said to have left with its call.
TEST_F(GoldenServerTest, WhatTheKernelHeldBackIsNotedAsLong) {
  Start("ttft_ms = 1\ngap_ms = 0.1");
  const net::Fd client(::socket(AF_INET, SOCK_STREAM, 0));
  const int small = 2048;
  ASSERT_EQ(::setsockopt(client.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(run->port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // A socket address is passed by its base type.
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const std::string body = R"({"prompt":"a","max_tokens":200,"stream":true})";
  const std::string request =
      fmt::format("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}",
                  body.size(), body);
  ASSERT_EQ(::send(client.get(), request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
  std::this_thread::sleep_for(200ms);  // All has been written, and a part of it has left.
  const std::int64_t read_ns = clock.Now().time_since_epoch().count();
  std::string got;
  std::array<char, 4096> buffer{};
  while (got.find("[DONE]") == std::string::npos) {
    const ssize_t bytes = ::recv(client.get(), buffer.data(), buffer.size(), 0);
    ASSERT_GT(bytes, 0);
    got.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
  std::this_thread::sleep_for(20ms);  // It looks again some times a millisecond.
  const auto rows = Truth();
  ASSERT_EQ(rows.size(), 201u);
  EXPECT_LT(std::stoll(rows.front()[8]), read_ns);
  EXPECT_LT(std::stoll(rows.back()[7]), read_ns);
  EXPECT_GT(std::stoll(rows.back()[8]), read_ns);
}

TEST_F(GoldenServerTest, AnswersInOnePieceToo) {
  Start("ttft_ms = 1\ngap_ms = 1");
  const auto answer = Post("/v1/chat/completions",
                           R"({"messages":[{"role":"user","content":"hi"}],"max_tokens":3})");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_NE(answer->body.find("\"completion_tokens\":3"), std::string::npos) << answer->body;
}

TEST_F(GoldenServerTest, SideDoors) {
  Start("model = \"who\"");
  const auto models = net::Fetch(Url(), "/v1/models", {}, clock);
  ASSERT_TRUE(models);
  EXPECT_NE(models->body.find("\"who\""), std::string::npos);
  EXPECT_EQ(net::Fetch(Url(), "/health", {}, clock)->status, 200);
  EXPECT_EQ(net::Fetch(Url(), "/nowhere", {}, clock)->status, 404);
  EXPECT_EQ(Post("/v1/completions", "{")->status, 400);
  EXPECT_NE(Post("/tokenize", R"({"content":"a b c"})")->body.find("\"count\":3"),
            std::string::npos);
}

TEST_F(GoldenServerTest, FaultsOnOrder) {
  Start("ttft_ms = 1\ngap_ms = 1\nreset_after = 2");
  EXPECT_FALSE(Post("/v1/completions", kBody));
  Start("ttft_ms = 1\ngap_ms = 1\nclose_after = 2");
  EXPECT_FALSE(Post("/v1/completions", kBody)) << "a stream that was cut must not look whole";
  Start("error_status = 503");
  EXPECT_EQ(Post("/v1/completions", kBody)->status, 503);
  Start("ttft_ms = 1\ngap_ms = 1\nerror_after = 2");
  const auto answer = Post("/v1/completions", kBody);
  ASSERT_TRUE(answer);
  EXPECT_NE(answer->body.find("the script says so"), std::string::npos);
}

TEST_F(GoldenServerTest, AFreezeHoldsWhatIsDueInIt) {
  Start("ttft_ms = 10\ngap_ms = 10\n[[freeze]]\nfrom_s = 0.015\nto_s = 0.2");
  ASSERT_TRUE(Post("/v1/completions", kBody));
  const auto rows = Truth();
  ASSERT_EQ(rows.size(), 5u);
  const std::int64_t arrival = std::stoll(rows[0][1]);
  EXPECT_EQ(std::stoll(rows[0][6]), arrival + 10'000'000);
  EXPECT_EQ(std::stoll(rows[1][6]), arrival + 200'000'000);
  EXPECT_EQ(std::stoll(rows[2][6]), arrival + 210'000'000);
}

TEST_F(GoldenServerTest, ReadsSlowlyOnOrder) {
  Start("ttft_ms = 0\ngap_ms = 0\nread_bytes = 4096\nread_pause_ms = 2");
  const std::string body =
      R"({"max_tokens":1,"stream":true,"prompt":")" + std::string(100'000, 'a') + "\"}";
  const Instant before = clock.Now();
  const auto answer = Post("/v1/completions", body);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_GE(clock.Now() - before, 48ms);  // 24 pauses of 2 ms and some.
}

TEST_F(GoldenServerTest, SeveralThreadsAreOneServer) {
  Start("ttft_ms = 1\ngap_ms = 1", 3);
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(Post("/v1/completions", kBody, "r" + std::to_string(i)));
  }
  run->Stop();
  EXPECT_EQ(run->stats().requests, 12);
}

TEST_F(GoldenServerTest, AClientThatLeavesIsCountedAndForgotten) {
  Start("ttft_ms = 500\ngap_ms = 1");
  net::FetchOptions options;
  options.method = "POST";
  options.body = kBody;
  options.timeout = 50ms;
  EXPECT_FALSE(net::Fetch(Url(), "/v1/completions", options, clock));
  std::this_thread::sleep_for(100ms);
  run->Stop();
  EXPECT_EQ(run->stats().gone, 1);
}

TEST_F(GoldenServerTest, ARequestEndsWhenItsClientGoes) {
  Start("dialect = \"vllm\"\nttft_ms = 60000");
  const std::string metric = "vllm:num_requests_running{engine=\"0\",model_name=\"golden\"} ";
  EXPECT_TRUE(MetricBecomes(metric, "0"));
  std::atomic<bool> stop = false;
  std::thread client([&] {
    net::FetchOptions options;
    options.method = "POST";
    options.body = kBody;
    options.stop = &stop;
    EXPECT_FALSE(net::Fetch(Url(), "/v1/completions", options, clock));
  });
  EXPECT_TRUE(MetricBecomes(metric, "1"));
  stop = true;
  client.join();
  EXPECT_TRUE(MetricBecomes(metric, "0"));
}

TEST_F(GoldenServerTest, EachDialectHasItsSideDoors) {
  struct Case {
    const char* dialect;
    const char* path;
    const char* says;
  };
  for (const Case& c : {
           Case{"openai", "/v1/models", R"("owned_by":"openai")"},
           Case{"vllm", "/v1/models", R"("owned_by":"vllm")"},
           Case{"vllm", "/version", R"({"version":"0.11.2"})"},
           Case{"sglang", "/get_server_info", R"("version":"0.5.6")"},
           Case{"sglang", "/server_info", R"("model_path":"meta/m")"},
           Case{"sglang", "/metrics", "sglang:num_running_reqs{model_name=\"meta/m\"} 0"},
           Case{"tensorrt-llm", "/v1/models", R"("owned_by":"tensorrt_llm")"},
           Case{"tensorrt-llm", "/version", R"({"version":"1.1.0"})"},
           Case{"tensorrt-llm", "/metrics", R"("numActiveRequests":0)"},
           Case{"llamacpp", "/v1/models", R"("owned_by":"llamacpp")"},
           Case{"llamacpp", "/props", R"("build_info":"b9000-0123abc")"},
           Case{"llamacpp", "/metrics", "llamacpp:requests_processing 0"},
           Case{"tgi", "/v1/models", R"("owned_by":"meta")"},
           Case{"tgi", "/info", R"("model_id":"meta/m")"},
           Case{"tgi", "/metrics", "tgi_batch_current_size 0"},
           Case{"dynamo", "/v1/models", R"("owned_by":"nvidia")"},
           Case{"dynamo", "/metrics", "dynamo_frontend_inflight_requests{model=\"meta/m\"} 0"},
       }) {
    Start((std::string("model = \"meta/m\"\ndialect = \"") + c.dialect + '"').c_str());
    const auto answer = net::Fetch(Url(), c.path, {}, clock);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200) << c.dialect << c.path;
    EXPECT_NE(answer->body.find(c.says), std::string::npos) << c.path << ": " << answer->body;
  }
  EXPECT_EQ(net::Fetch(Url(), "/version", {}, clock)->status, 404) << "Dynamo has none";
  EXPECT_EQ(Post("/generate", R"({"text":"a"})")->status, 404);
}

TEST_F(GoldenServerTest, RefusesInEachDialect) {
  struct Case {
    const char* dialect;
    const char* path;
    const char* body;
    int status;
    const char* says;
  };
  constexpr const char* kChatBody = R"({"messages":[],"min_tokens":4})";
  for (const Case& c : {
           Case{"golden", "/v1/chat/completions", kChatBody, 400,
                R"({"error":{"message":"Unrecognized request argument supplied: min_tokens",)"
                R"("type":"invalid_request_error"}})"},
           Case{"vllm", "/v1/chat/completions", kChatBody, 400,
                R"({"error":{"message":"Unrecognized request argument supplied: min_tokens",)"
                R"("type":"BadRequestError","param":"min_tokens","code":400}})"},
           Case{"sglang", "/v1/chat/completions", kChatBody, 400,
                R"({"object":"error","message":"Unrecognized request argument supplied: )"
                R"(min_tokens","type":"BadRequestError","param":"min_tokens","code":400})"},
           Case{"llamacpp", "/v1/chat/completions", kChatBody, 400,
                R"({"error":{"code":400,"message":"Unrecognized request argument supplied: )"
                R"(min_tokens","type":"invalid_request_error"}})"},
           Case{"tgi", "/generate_stream", R"({"inputs":"a","parameters":{"min_tokens":4}})", 422,
                R"({"error":"Unrecognized request argument supplied: min_tokens",)"
                R"("error_type":"validation"})"},
           Case{"vllm", "/v1/messages", kChatBody, 400,
                R"({"type":"error","error":{"type":"invalid_request_error",)"
                R"("message":"Unrecognized request argument supplied: min_tokens"}})"},
       }) {
    Start((std::string("refuses = [\"min_tokens\"]\ndialect = \"") + c.dialect + '"').c_str());
    const auto answer = Post(c.path, c.body);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, c.status);
    EXPECT_EQ(answer->body, c.says);
  }
}

TEST_F(GoldenServerTest, TokenizesInEachDialect) {
  struct Case {
    const char* dialect;
    const char* body;
    const char* says;
  };
  for (const Case& c : {Case{"vllm", R"({"prompt":"a bc"})", R"("tokens":[100,101])"},
                        Case{"llamacpp", R"({"content":"a bc"})", R"({"tokens":[100,101]})"},
                        Case{"tgi", R"({"inputs":"a bc"})",
                             R"([{"id":100,"text":"a","start":0,"stop":1},)"
                             R"({"id":101,"text":" bc","start":1,"stop":4}])"}}) {
    Start((std::string("dialect = \"") + c.dialect + '"').c_str());
    const auto answer = Post("/tokenize", c.body);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_NE(answer->body.find(c.says), std::string::npos) << answer->body;
  }
}

TEST_F(GoldenServerTest, StreamsItsOwnApis) {
  Start("dialect = \"tgi\"\nttft_ms = 1\ngap_ms = 1");
  const std::string body = R"({"inputs":"a","parameters":{"max_new_tokens":2}})";
  EXPECT_TRUE(Post("/generate_stream", body)->body.starts_with("data:{\"index\":1,"));
  EXPECT_TRUE(Post("/generate", body)->body.starts_with("{\"generated_text\":"));
  EXPECT_EQ(Truth().size(), 2u) << "a truth row an event, none for an answer in one piece";
}

}  // namespace
}  // namespace roofscape::twin
