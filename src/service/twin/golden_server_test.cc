// The golden server over real sockets: on time, cut as told, and telling the truth.

#include "service/twin/golden_server.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/core/text.h"
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

}  // namespace
}  // namespace roofscape::twin
