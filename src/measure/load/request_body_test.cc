#include "measure/load/request_body.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace roofscape::load {
namespace {

using spec::Api;

/// A server that takes everything that its API knows.
Dialect Full(EngineKind engine) {
  Dialect dialect;
  dialect.engine = engine;
  dialect.model = "m";
  dialect.ignore_eos = dialect.min_tokens = dialect.sampling = dialect.stream_usage = true;
  return dialect;
}

spec::Plan PlanOf(Api api) {
  spec::Plan plan;
  plan.target.api = api;
  return plan;
}

struct BodyCase {
  const char* name;
  Api api;
  EngineKind engine;
  Prompt prompt;
  const char* body;
};

/// The order of fields says nothing.
nlohmann::json Sorted(const std::string& json) { return nlohmann::json::parse(json); }

class BodyTest : public testing::TestWithParam<BodyCase> {};

// By the APIs' documentation; docs/reference/dialects.md names the pages.
TEST_P(BodyTest, IsWhatTheApiTakes) {
  const BodyCase& c = GetParam();
  const Json body = RequestBody(PlanOf(c.api), Full(c.engine), {c.prompt, 5, true});
  EXPECT_EQ(Sorted(body.dump()), Sorted(c.body));
}

INSTANTIATE_TEST_SUITE_P(
    Apis, BodyTest,
    testing::Values(
        BodyCase{"chat", Api::kChat, EngineKind::kVllm, std::string("a b"),
                 R"({"model":"m","messages":[{"role":"user","content":"a b"}],"max_tokens":5,
                     "stream":true,"stream_options":{"include_usage":true},"temperature":0,
                     "ignore_eos":true,"min_tokens":5})"},
        BodyCase{"completions_ids", Api::kCompletions, EngineKind::kSglang,
                 std::vector<std::int32_t>{7, 8},
                 R"({"model":"m","prompt":[7,8],"max_tokens":5,"stream":true,
                     "stream_options":{"include_usage":true},"temperature":0,"ignore_eos":true,
                     "min_tokens":5})"},
        BodyCase{"completions_llamacpp", Api::kCompletions, EngineKind::kLlamaCpp, std::string("a"),
                 R"({"model":"m","prompt":"a","max_tokens":5,"stream":true,
                     "stream_options":{"include_usage":true},"temperature":0,"ignore_eos":true})"},
        BodyCase{"responses", Api::kResponses, EngineKind::kVllm, std::string("a"),
                 R"({"model":"m","input":"a","max_output_tokens":5,"stream":true,"store":false,
                     "temperature":0,"ignore_eos":true,"min_tokens":5})"},
        BodyCase{"messages", Api::kMessages, EngineKind::kVllm, std::string("a"),
                 R"({"model":"m","messages":[{"role":"user","content":"a"}],"max_tokens":5,
                     "stream":true,"temperature":0,"ignore_eos":true,"min_tokens":5})"},
        BodyCase{"sglang", Api::kSglang, EngineKind::kSglang, std::vector<std::int32_t>{7},
                 R"({"input_ids":[7],"stream":true,"sampling_params":{"max_new_tokens":5,
                     "temperature":0,"ignore_eos":true,"min_new_tokens":5}})"},
        BodyCase{"sglang_text", Api::kSglang, EngineKind::kSglang, std::string("a"),
                 R"({"text":"a","stream":true,"sampling_params":{"max_new_tokens":5,
                     "temperature":0,"ignore_eos":true,"min_new_tokens":5}})"},
        BodyCase{"tgi", Api::kTgi, EngineKind::kTgi, std::string("a"),
                 R"({"inputs":"a","parameters":{"max_new_tokens":5,"do_sample":false,
                     "details":true}})"},
        BodyCase{"llamacpp", Api::kLlamaCpp, EngineKind::kLlamaCpp, std::vector<std::int32_t>{7},
                 R"({"prompt":[7],"n_predict":5,"stream":true,"temperature":0,
                     "ignore_eos":true})"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(RequestBodyTest, TokensOfEachChunkAreAskedForWhereTheDialectSaysSo) {
  Dialect dialect = Full(EngineKind::kVllm);
  const Prompt prompt = std::string("a");
  dialect.token_ids = true;
  EXPECT_EQ(RequestBody(PlanOf(Api::kChat), dialect, {prompt, 5})["return_token_ids"], true);
  EXPECT_EQ(RequestBody(PlanOf(Api::kLlamaCpp), dialect, {prompt, 5})["return_tokens"], true);
  dialect.chunk_usage = true;
  const Json body = RequestBody(PlanOf(Api::kChat), dialect, {prompt, 5});
  EXPECT_EQ(body["stream_options"]["continuous_usage_stats"], true);
  EXPECT_FALSE(
      RequestBody(PlanOf(Api::kChat), dialect, {prompt, 5, false}).contains("stream_options"));
}

TEST(RequestBodyTest, WhatTheServerRefusesIsLeftOut) {
  Dialect dialect;
  dialect.model = "m";
  const Prompt prompt = std::string("a");
  const Json body = RequestBody(PlanOf(Api::kChat), dialect, {prompt, 5});
  EXPECT_EQ(Sorted(body.dump()),
            Sorted(R"({"model":"m","messages":[{"role":"user","content":"a"}],"max_tokens":5,
                       "stream":true})"));
}

TEST(RequestBodyTest, PathsOfEveryApi) {
  net::Url url = *net::ParseUrl("http://h:1/gate/v1");
  for (const auto& [api, path] : {std::pair{Api::kChat, "/gate/v1/chat/completions"},
                                  {Api::kResponses, "/gate/v1/responses"},
                                  {Api::kMessages, "/gate/v1/messages"},
                                  {Api::kSglang, "/gate/generate"},
                                  {Api::kTgi, "/gate/generate_stream"},
                                  {Api::kLlamaCpp, "/gate/completion"}}) {
    EXPECT_EQ(EndpointPath(url, api), path);
  }
  EXPECT_EQ(ServerPath(url, "/tokenize"), "/gate/tokenize");
}

}  // namespace
}  // namespace roofscape::load
