#include "measure/load/request_writer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/net/url.h"
#include "measure/load/request_pipeline.h"

namespace roofscape::load {
namespace {

spec::Plan PlanOf(spec::Api api) {
  spec::Plan plan;
  plan.target.url = "http://127.0.0.1:8000";
  plan.target.api = api;
  plan.workload.input = {10, 1.0};
  plan.workload.output = {7, 1.0};
  return plan;
}

Dialect FullDialect() {
  Dialect dialect;
  dialect.model = "tiny";
  dialect.ignore_eos = dialect.min_tokens = dialect.sampling = dialect.stream_usage = true;
  return dialect;
}

RequestWriter Writer(const spec::Plan& plan, const Dialect& dialect, const Headers& headers = {}) {
  auto url = net::ParseUrl(plan.target.url);
  EXPECT_TRUE(url) << url.error().message;
  auto writer = RequestWriter::Create(plan, *url, headers, dialect);
  EXPECT_TRUE(writer) << writer.error().message;
  return *std::move(writer);
}

Json BodyOf(const std::string& bytes) {
  return Json::parse(bytes.substr(bytes.find("\r\n\r\n") + 4));
}

TEST(RequestWriterTest, HeadAndBodyAreOneBuffer) {
  const RequestWriter writer =
      Writer(PlanOf(spec::Api::kChat), FullDialect(), {{"Authorization", "Bearer k"}});
  const PreparedRequest request = writer.Prepare(3);
  EXPECT_EQ(request.id, 3);
  EXPECT_TRUE(request.bytes.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"));
  const std::size_t body = request.bytes.find("\r\n\r\n") + 4;
  const std::string length =
      "Content-Length: " + std::to_string(request.bytes.size() - body) + "\r\n";
  EXPECT_NE(request.bytes.find(length), std::string::npos) << request.bytes;
  EXPECT_NE(request.bytes.find("Authorization: Bearer k\r\n"), std::string::npos);
  EXPECT_NE(request.bytes.find("Accept-Encoding: identity\r\n"), std::string::npos);
}

TEST(RequestWriterTest, AsksForExactLengthsAndNoCache) {
  Dialect dialect = FullDialect();
  dialect.engine = EngineKind::kVllm;
  Json body = BodyOf(Writer(PlanOf(spec::Api::kChat), dialect).Prepare(0).bytes);
  EXPECT_EQ(body["max_tokens"], 7);
  EXPECT_EQ(body["min_tokens"], 7);
  EXPECT_EQ(body["ignore_eos"], true);
  EXPECT_EQ(body["stream_options"]["include_usage"], true);
  EXPECT_FALSE(body.contains("cache_prompt"));

  dialect.engine = EngineKind::kLlamaCpp;
  dialect.cache_prompt = true;
  body = BodyOf(Writer(PlanOf(spec::Api::kChat), dialect).Prepare(0).bytes);
  EXPECT_EQ(body["cache_prompt"], false);

  dialect.length_field = "max_completion_tokens";
  dialect.ignore_eos = dialect.sampling = false;
  body = BodyOf(Writer(PlanOf(spec::Api::kChat), dialect).Prepare(0).bytes);
  EXPECT_EQ(body["max_completion_tokens"], 7);
  for (const char* field : {"max_tokens", "min_tokens", "ignore_eos", "temperature"}) {
    EXPECT_FALSE(body.contains(field)) << field;
  }
}

TEST(RequestWriterTest, TokenIdsAreExactAndAllowForABos) {
  Dialect dialect = FullDialect();
  dialect.alphabet = {300, 301, 302};
  dialect.added_tokens = 1;
  const Json body = BodyOf(Writer(PlanOf(spec::Api::kCompletions), dialect).Prepare(5).bytes);
  ASSERT_TRUE(body["prompt"].is_array());
  EXPECT_EQ(body["prompt"].size(), 9U);
}

TEST(RequestWriterTest, TextFollowsTheCalibration) {
  Dialect dialect = FullDialect();
  dialect.text = {12.0, {2.0, 0.0}};
  const RequestWriter writer = Writer(PlanOf(spec::Api::kChat), dialect);
  const auto text = std::get<std::string>(writer.PromptOf(0, 112));
  EXPECT_EQ(std::count(text.begin(), text.end(), ' ') + 1, 50);
  EXPECT_FALSE(std::get<std::string>(writer.PromptOf(0, 1)).empty());
}

TEST(RequestWriterTest, ExtraBodyWins) {
  spec::Plan plan = PlanOf(spec::Api::kChat);
  plan.target.extra_body = R"({"temperature":0.7,"top_k":40})";
  const Json body = BodyOf(Writer(plan, FullDialect()).Prepare(0).bytes);
  EXPECT_DOUBLE_EQ(body["temperature"].get<double>(), 0.7);
  EXPECT_EQ(body["top_k"], 40);
}

TEST(RequestWriterTest, PathsBelowAGatewayAreKept) {
  struct Case {
    const char* url;
    const char* path;
  };
  for (const Case& c :
       {Case{"http://h:1", "/v1/completions"}, Case{"http://h:1/v1", "/v1/completions"},
        Case{"http://h:1/v1/", "/v1/completions"},
        Case{"http://h:1/gate", "/gate/v1/completions"}}) {
    spec::Plan plan = PlanOf(spec::Api::kCompletions);
    plan.target.url = c.url;
    EXPECT_EQ(Writer(plan, FullDialect()).path(), c.path) << c.url;
  }
}

TEST(RequestWriterTest, HeadersThatBreakTheHeadAreRefused) {
  const spec::Plan plan = PlanOf(spec::Api::kChat);
  const net::Url url = *net::ParseUrl(plan.target.url);
  for (const net::Header& header :
       {net::Header{"X", "a\r\nEvil: 1"}, net::Header{"Bad Name", "x"}, net::Header{"", "x"}}) {
    EXPECT_FALSE(RequestWriter::Create(plan, url, {header}, FullDialect())) << header.name;
  }
}

TEST(RequestPipelineTest, HandsOutRequestsByNumber) {
  const RequestWriter writer = Writer(PlanOf(spec::Api::kChat), FullDialect());
  RequestPipeline::Settings settings;
  settings.first_prompt = 100;
  settings.min_ready = 4;
  settings.ready_bytes = 0;
  RequestPipeline pipeline(writer, settings);
  pipeline.WaitUntilFull(std::chrono::seconds(10));
  for (std::int64_t id = 0; id < 500; id += 2) {
    // Two threads may ask in any order.
    const PreparedRequest second = pipeline.Next(id + 1);
    const PreparedRequest first = pipeline.Next(id);
    ASSERT_EQ(first.id, 100 + id);
    ASSERT_EQ(second.id, 100 + id + 1);
    if (id % 100 == 0) {
      EXPECT_EQ(first.bytes, writer.Prepare(100 + id).bytes);
    }
  }
}

TEST(RequestPipelineTest, SamePromptForTheFirstOnes) {
  const RequestWriter writer = Writer(PlanOf(spec::Api::kChat), FullDialect());
  RequestPipeline::Settings settings;
  settings.count = 5;
  settings.same_prompt_until = 3;
  RequestPipeline pipeline(writer, settings);
  pipeline.WaitUntilFull(std::chrono::seconds(10));
  std::vector<std::string> bytes;
  for (std::int64_t id = 0; id < 5; ++id) bytes.push_back(pipeline.Next(id).bytes);
  EXPECT_EQ(bytes[0], bytes[1]);
  EXPECT_EQ(bytes[0], bytes[2]);
  EXPECT_NE(bytes[2], bytes[3]);
  EXPECT_NE(bytes[3], bytes[4]);
}

TEST(RequestPipelineTest, EndsWithRequestsLeft) {
  const RequestWriter writer = Writer(PlanOf(spec::Api::kChat), FullDialect());
  for (int i = 0; i < 20; ++i) {
    RequestPipeline::Settings settings;
    settings.min_ready = 8;
    settings.ready_bytes = 0;
    RequestPipeline pipeline(writer, settings);
    if (i % 2 == 0) pipeline.Next(0);
  }
}

}  // namespace
}  // namespace roofscape::load
