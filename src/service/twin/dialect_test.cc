// What each dialect writes where all speak OpenAI, and that all it writes can be read.

#include "service/twin/dialect.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

#include "base/core/json.h"
#include "service/twin/reply_fixture.h"

namespace roofscape::twin {
namespace {

const std::string kChunk =
    R"({"id":"chatcmpl-7","object":"chat.completion.chunk","created":1700000000,"model":"golden",)";
const std::string kText =
    R"({"id":"cmpl-7","object":"text_completion","created":1700000000,"model":"golden",)";

TEST(DialectTest, Vllm) {
  const char* const kVllm = "dialect = \"vllm\"";
  for (const Case& c : {
           Case{kVllm,
                Api::kChat,
                kUsage,
                "raaud",
                {{0, kChunk + R"("choices":[{"index":0,"delta":{"role":"assistant","content":""},)"
                              R"("logprobs":null,"finish_reason":null}],"prompt_token_ids":null})"},
                 {1, kChunk + R"("choices":[{"index":0,"delta":{"content":" the"},)"
                              R"("logprobs":null,"finish_reason":null,"token_ids":null}]})"},
                 {2, kChunk + R"("choices":[{"index":0,"delta":{"content":" time"},)"
                              R"("logprobs":null,"finish_reason":"length","stop_reason":null,)"
                              R"("token_ids":null}]})"},
                 {3, kChunk + R"("choices":[],"usage":{"prompt_tokens":7,"total_tokens":9,)"
                              R"("completion_tokens":2}})"},
                 {4, "[DONE]"}}},
           Case{kVllm,
                Api::kChat,
                R"(,"return_token_ids":true)",
                "raad",
                {{0, kChunk + R"("choices":[{"index":0,"delta":{"role":"assistant","content":""},)"
                              R"("logprobs":null,"finish_reason":null}],)"
                              R"("prompt_token_ids":[100,101,102,103,104,105,106]})"},
                 {1, kChunk + R"("choices":[{"index":0,"delta":{"content":" the"},)"
                              R"("logprobs":null,"finish_reason":null,"token_ids":[100]}]})"}}},
           Case{kVllm,
                Api::kCompletions,
                kEachUsage + R"(,"return_token_ids":true)",
                "aaud",
                {{0, kText + R"("choices":[{"index":0,"text":" the","logprobs":null,)"
                             R"("finish_reason":null,"stop_reason":null,)"
                             R"("prompt_token_ids":[100,101,102],"token_ids":[100]}],)"
                             R"("usage":{"prompt_tokens":3,"total_tokens":4,)"
                             R"("completion_tokens":1}})"}}},
           Case{kVllm,
                Api::kCompletions,
                "",
                "aad",
                {{1, kText + R"("choices":[{"index":0,"text":" time","logprobs":null,)"
                             R"("finish_reason":"length","stop_reason":null,)"
                             R"("prompt_token_ids":null,"token_ids":null}],"usage":null})"}}},
           Case{"dialect = \"vllm\"\nerror_after = 1",
                Api::kChat,
                "",
                "raed",
                {{2, R"({"error":{"message":"the script says so","type":"InternalServerError",)"
                     R"("param":null,"code":500}})"}}},
           Case{"dialect = \"vllm\"\nreasoning_tokens = 1",
                Api::kChat,
                "",
                "rtad",
                {{1, kChunk + R"("choices":[{"index":0,"delta":{"reasoning":" the"},)"
                              R"("logprobs":null,"finish_reason":null,"token_ids":null}]})"}}},
       }) {
    Check(c);
  }
}

TEST(DialectTest, Sglang) {
  const std::string chunk =
      R"({"id":"7","object":"chat.completion.chunk","created":1700000000,"model":"golden",)";
  for (const Case& c : {
           Case{
               "dialect = \"sglang\"\ncached_tokens = 4",
               Api::kChat,
               kEachUsage,
               "raafud",
               {{0, chunk + R"("choices":[{"index":0,"delta":{"reasoning_content":null,)"
                            R"("role":"assistant","content":""},"logprobs":null,)"
                            R"("finish_reason":null,"matched_stop":null}]})"},
                {1, chunk + R"("choices":[{"index":0,"delta":{"reasoning_content":null,)"
                            R"("content":" the"},"logprobs":null,"finish_reason":null,)"
                            R"("matched_stop":null}],"usage":{"prompt_tokens":7,)"
                            R"("total_tokens":8,"completion_tokens":1,)"
                            R"("prompt_tokens_details":{"cached_tokens":4},)"
                            R"("reasoning_tokens":0}})"},
                {3, chunk + R"("choices":[{"index":0,"delta":{"reasoning_content":null},)"
                            R"("logprobs":null,"finish_reason":"length","matched_stop":null}]})"}}},
           Case{"dialect = \"sglang\"", Api::kCompletions, "", "aad", {}},
       }) {
    Check(c);
  }
}

TEST(DialectTest, LlamaCpp) {
  const std::string tail =
      R"("created":1700000000,"id":"chatcmpl-7","model":"golden",)"
      R"("system_fingerprint":"b9000-0123abc","object":"chat.completion.chunk")";
  const std::string timings =
      R"("timings":{"cache_n":0,"prompt_n":3,"prompt_ms":60,"prompt_per_token_ms":20,)"
      R"("prompt_per_second":50,"predicted_n":2,"predicted_ms":10,"predicted_per_token_ms":5,)"
      R"("predicted_per_second":200})";
  for (const Case& c : {
           Case{
               "dialect = \"llamacpp\"",
               Api::kChat,
               "",
               "raafd",
               {{0, R"({"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant",)"
                    R"("content":null}}],)" +
                        tail + '}'},
                {1, R"({"choices":[{"finish_reason":null,"index":0,"delta":{"content":" the"}}],)" +
                        tail + '}'}}},
           Case{"dialect = \"llamacpp\"", Api::kChat, kUsage, "raafud", {}},
           Case{"dialect = \"llamacpp\"\nttft_ms = 60",
                Api::kCompletions,
                kUsage,
                "aafd",
                {{2, R"({"choices":[{"text":"","index":0,"logprobs":null,)"
                     R"("finish_reason":"length"}],"created":1700000000,"model":"golden",)"
                     R"("system_fingerprint":"b9000-0123abc","object":"text_completion",)"
                     R"("usage":{"completion_tokens":2,"prompt_tokens":3,"total_tokens":5,)"
                     R"("prompt_tokens_details":{"cached_tokens":0}},"id":"chatcmpl-7",)" +
                         timings + '}'}}},
           Case{"dialect = \"llamacpp\"\nerror_after = 1",
                Api::kChat,
                "",
                "rae",
                {{2, R"({"error":{"code":500,"message":"the script says so",)"
                     R"("type":"server_error"}})"}}},
       }) {
    Check(c);
  }
}

TEST(DialectTest, TheOthersChats) {
  for (const Case& c : {
           Case{"dialect = \"openai\"",
                Api::kChat,
                kUsage,
                "raafud",
                {{1, R"({"id":"chatcmpl-7","object":"chat.completion.chunk","created":1700000000,)"
                     R"("model":"golden","service_tier":"default","system_fingerprint":null,)"
                     R"("choices":[{"index":0,"delta":{"content":" the"},"logprobs":null,)"
                     R"("finish_reason":null}],"usage":null,"obfuscation":"efghijklmnop"})"}}},
           Case{"dialect = \"openai\"",
                Api::kChat,
                R"(,"stream_options":{"include_obfuscation":false})",
                "raafd",
                {{3, R"({"id":"chatcmpl-7","object":"chat.completion.chunk","created":1700000000,)"
                     R"("model":"golden","service_tier":"default","system_fingerprint":null,)"
                     R"("choices":[{"index":0,"delta":{},"logprobs":null,)"
                     R"("finish_reason":"length"}]})"}}},
           Case{"dialect = \"tensorrt-llm\"",
                Api::kChat,
                kEachUsage,
                "raaud",
                {{0, kChunk + R"("choices":[{"index":0,"delta":{"role":"assistant"}}],)"
                              R"("usage":{"prompt_tokens":7,"total_tokens":7,)"
                              R"("completion_tokens":0,)"
                              R"("prompt_tokens_details":{"cached_tokens":0}}} )"},
                 {2, kChunk + R"("choices":[{"index":0,"delta":{"content":" time",)"
                              R"("reasoning_content":""},"finish_reason":"length"}],)"
                              R"("usage":{"prompt_tokens":7,"total_tokens":9,)"
                              R"("completion_tokens":2,)"
                              R"("prompt_tokens_details":{"cached_tokens":0}}})"}}},
           Case{"dialect = \"tgi\"",
                Api::kChat,
                kUsage,
                "aaud",
                {{0, R"({"object":"chat.completion.chunk","id":"","created":1700000000,)"
                     R"("model":"golden","system_fingerprint":"3.3.6-native",)"
                     R"("choices":[{"index":0,"delta":{"role":"assistant","content":" the"},)"
                     R"("logprobs":null,"finish_reason":null}],"usage":null})"}}},
           Case{"dialect = \"dynamo\"",
                Api::kChat,
                R"(,"nvext":{"extra_fields":["worker_id"]})",
                "aad",
                {{0, R"({"id":"chatcmpl-7","choices":[{"index":0,"delta":{"content":" the",)"
                     R"("role":"assistant"}}],"created":1700000000,"model":"golden",)"
                     R"("object":"chat.completion.chunk","nvext":{"worker_id":)"
                     R"({"prefill_worker_id":1,"decode_worker_id":1}}})"},
                 {1, R"({"id":"chatcmpl-7","choices":[{"index":0,"delta":{"content":" time"},)"
                     R"("finish_reason":"length"}],"created":1700000000,"model":"golden",)"
                     R"("object":"chat.completion.chunk"})"}}},
       }) {
    Check(c);
  }
}

TEST(DialectTest, ToolCallsAreNamedThenArgued) {
  const Heard heard = Hear(ScriptOf("dialect = \"vllm\"\ntool_call = true\ntext = \"escapes\""),
                           AskOf(Api::kChat, Body(Api::kChat, 4)));
  EXPECT_EQ(heard.kinds, "rccccd");
  std::string arguments;
  for (std::size_t i = 1; i <= 4; ++i) {
    const Json call = Json::parse(heard.data[i])["choices"][0]["delta"]["tool_calls"][0];
    EXPECT_EQ(call["function"].contains("name"), i == 1) << heard.data[i];
    arguments += call["function"]["arguments"];
  }
  EXPECT_EQ(Json::parse(arguments), (Json{{"text", " time of year"}}));
  EXPECT_NE(heard.data[4].find(R"("finish_reason":"tool_calls")"), std::string::npos);
}

TEST(DialectTest, TheScriptWins) {
  for (const Case& c : {
           Case{"dialect = \"llamacpp\"\nrole = \"none\"\nfinish = \"with_last\"\ndone = false",
                Api::kChat,
                "",
                "aa",
                {}},
           Case{"dialect = \"vllm\"\nusage = \"never\"\nfinish = \"separate\"",
                Api::kChat,
                kEachUsage,
                "raafd",
                {}},
           Case{"dialect = \"tgi\"\nrole = \"bare\"", Api::kChat, "", "raad", {}},
           Case{"dialect = \"vllm\"\nusage = \"when_asked\"",
                Api::kChat,
                kEachUsage,
                "raaud",
                {{1, kChunk + R"("choices":[{"index":0,"delta":{"content":" the"},)"
                              R"("logprobs":null,"finish_reason":null,"token_ids":null}],)"
                              R"("usage":{"prompt_tokens":7,"total_tokens":8,)"
                              R"("completion_tokens":1}})"}}},
           // Of golden answers lengths are the script's, of others' the request's.
           Case{"output_tokens = 1", Api::kChat, R"(,"ignore_eos":true)", "rad", {}},
           Case{"dialect = \"vllm\"\noutput_tokens = 1",
                Api::kChat,
                R"(,"ignore_eos":true)",
                "raad",
                {}},
           Case{"dialect = \"vllm\"\noutput_tokens = 1",
                Api::kChat,
                R"(,"min_tokens":2)",
                "raad",
                {}},
           Case{"dialect = \"vllm\"\noutput_tokens = 1", Api::kChat, "", "rad", {}},
       }) {
    Check(c);
  }
}

TEST(DialectTest, EveryAnswerIsSound) {
  const char* const kStyles[] = {
      "",
      "text = \"escapes\"\nline_end = \"cr\"\nevent_name = true\ndata_space = false",
      "text = \"utf8\"\nline_end = \"crlf\"\nhold_back = 3\ntokens_per_event = {cycle = [1, 3]}",
      "reasoning_tokens = 5\ntoken_ids = true\nusage = \"every_chunk\"\ncached_tokens = 2",
      "tool_call = true\nfinish = \"separate\"\nrole = \"null\"\ncomment_every_ms = 20",
  };
  for (const std::string_view word : kDialectNames) {
    for (const char* style : kStyles) {
      const Script script = ScriptOf("dialect = \"" + std::string(word) + "\"\n" + style);
      for (const Api api : {Api::kCompletions, Api::kChat, Api::kResponses, Api::kMessages,
                            Api::kSglang, Api::kTgi, Api::kLlamaCpp}) {
        if (!DialectOf(script.dialect).Speaks(api)) continue;
        SCOPED_TRACE(std::string(word) + " " + style + " api " +
                     std::to_string(static_cast<int>(api)));
        Ask ask = AskOf(api, Body(api, 12, api == Api::kSglang ? "" : kEachUsage));
        const Heard heard = Hear(script, ask);
        EXPECT_EQ(heard.tokens, 12);
        EXPECT_EQ(heard.data.size() + static_cast<std::size_t>(heard.comments), heard.kinds.size());
        for (const std::string& data : heard.data) {
          EXPECT_TRUE(data == "[DONE]" || Json::accept(data)) << data;
        }
        ask.stream = false;
        Nanos after{};
        const std::string whole = Reply(script, script.usual, ask, 7, "7").Whole(after);
        EXPECT_TRUE(Json::accept(whole)) << whole;
        EXPECT_GE(after, std::chrono::milliseconds(50));
      }
    }
  }
}

TEST(DialectTest, EveryNameReadsAsItsDialect) {
  for (std::size_t i = 0; i < kDialectNames.size(); ++i) {
    const std::string text = "dialect = \"" + std::string(kDialectNames[i]) + "\"";
    EXPECT_EQ(DialectOf(ScriptOf(text).dialect).name, static_cast<DialectName>(i)) << text;
  }
  const auto unknown = ParseScript("dialect = \"ollama\"", "x");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("tensorrt-llm"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::twin
