#include "measure/load/stream_reader.h"

#include <gtest/gtest.h>

namespace roofscape::load {
namespace {

using spec::EventKind;

struct PayloadCase {
  const char* name;
  const char* payload;
  EventKind kind;
  const char* text;
  bool finish;
  std::int64_t completion_tokens;  // spec::kUnknown: no usage in it
};

class PayloadTest : public testing::TestWithParam<PayloadCase> {};

TEST_P(PayloadTest, IsUnderstood) {
  StreamReader reader;
  const StreamEvent event = reader.Read(GetParam().payload, "message");
  EXPECT_FALSE(event.malformed) << event.message;
  EXPECT_EQ(Name(event.kind), Name(GetParam().kind));
  EXPECT_EQ(event.text, GetParam().text);
  EXPECT_EQ(event.finish, GetParam().finish);
  EXPECT_EQ(event.usage.completion_tokens, GetParam().completion_tokens);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, PayloadTest,
    testing::Values(
        PayloadCase{"chat_role_empty",
                    R"({"choices":[{"index":0,"delta":{"role":"assistant","content":""},)"
                    R"("finish_reason":null}],"usage":null})",
                    EventKind::kRole, "", false, -1},
        PayloadCase{"chat_role_null",
                    R"({"choices":[{"finish_reason":null,"index":0,)"
                    R"("delta":{"role":"assistant","content":null}}]})",
                    EventKind::kRole, "", false, -1},
        PayloadCase{"chat_role_with_token",
                    R"({"choices":[{"delta":{"role":"assistant","content":"Hi"}}]})",
                    EventKind::kAnswer, "Hi", false, -1},
        PayloadCase{"chat_content", R"({"choices":[{"delta":{"content":" a\"\u00e9\n"}}]})",
                    EventKind::kAnswer, " a\"\xc3\xa9\n", false, -1},
        PayloadCase{"chat_held_back_token",
                    R"({"choices":[{"delta":{"content":""},"finish_reason":null}]})",
                    EventKind::kAnswer, "", false, -1},
        PayloadCase{"chat_reasoning",
                    R"({"choices":[{"delta":{"content":null,"reasoning_content":"hm"}}]})",
                    EventKind::kReasoning, "hm", false, -1},
        PayloadCase{"chat_reasoning_new_name", R"({"choices":[{"delta":{"reasoning":"hm"}}]})",
                    EventKind::kReasoning, "hm", false, -1},
        PayloadCase{"chat_tool_call",
                    R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":)"
                    R"({"arguments":"{"}}]}}]})",
                    EventKind::kToolCall, "", false, -1},
        PayloadCase{"chat_finish", R"({"choices":[{"delta":{},"finish_reason":"length"}]})",
                    EventKind::kFinish, "", true, -1},
        PayloadCase{"chat_finish_with_text",
                    R"({"choices":[{"delta":{"content":"z"},"finish_reason":"stop"}]})",
                    EventKind::kAnswer, "z", true, -1},
        PayloadCase{"completion", R"({"choices":[{"text":"10","index":0,"finish_reason":null}]})",
                    EventKind::kAnswer, "10", false, -1},
        PayloadCase{"completion_finish_with_usage",
                    R"({"choices":[{"text":"","finish_reason":"length"}],"usage":)"
                    R"({"completion_tokens":4,"prompt_tokens":5,"total_tokens":9}})",
                    EventKind::kFinish, "", true, 4},
        PayloadCase{"usage_only",
                    R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7}})",
                    EventKind::kUsage, "", false, 7},
        PayloadCase{"filter_results_without_choices",
                    R"({"choices":[],"prompt_filter_results":[],"usage":null})",
                    EventKind::kComment, "", false, -1},
        PayloadCase{"held_back_token_with_ids",
                    R"({"choices":[{"delta":{"role":"assistant","content":""},)"
                    R"("token_ids":[7]}]})",
                    EventKind::kAnswer, "", false, -1},
        PayloadCase{"replacement_character", "{\"choices\":[{\"text\":\"\xef\xbf\xbd\"}]}",
                    EventKind::kAnswer, "\xef\xbf\xbd", false, -1},
        PayloadCase{"usage_without_prompt", R"({"choices":[],"usage":{"completion_tokens":7}})",
                    EventKind::kUsage, "", false, 7},
        PayloadCase{"ping", R"({"type":"ping"})", EventKind::kComment, "", false, -1},
        PayloadCase{"per_chunk_usage",
                    R"({"choices":[{"text":"ab"}],"usage":{"prompt_tokens":5,)"
                    R"("completion_tokens":2}})",
                    EventKind::kAnswer, "ab", false, 2}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(StreamReaderTest, CountsTokenIdsAndCachedTokens) {
  StreamReader reader;
  const StreamEvent event =
      reader.Read(R"({"choices":[{"text":"ab","token_ids":[5,6,7]}],"usage":{"prompt_tokens":9,)"
                  R"("completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}})",
                  "message");
  EXPECT_EQ(event.token_ids, 3);
  EXPECT_EQ(event.usage.cached_tokens, 4);
  EXPECT_EQ(event.usage.prompt_tokens, 9);
}

TEST(StreamReaderTest, SeveralChoicesAddUp) {
  StreamReader reader;
  const StreamEvent event =
      reader.Read(R"({"choices":[{"index":1,"text":"b","token_ids":[1,2],"finish_reason":"stop"},)"
                  R"({"index":0,"text":"","token_ids":[3],"finish_reason":null}]})",
                  "message");
  EXPECT_EQ(event.token_ids, 3);
  EXPECT_EQ(event.text, "b");
  EXPECT_TRUE(event.finish);
}

// The library answers from an earlier payload when it is asked past an error: found by comparing
// two readers with different pasts.
TEST(StreamReaderTest, ABrokenPayloadIsMalformedWhateverCameBefore) {
  const char* broken = R"({"choices":[{"text":"a","token_ids":[3]},{"token_ids":[4]]})";
  StreamReader fresh;
  EXPECT_TRUE(fresh.Read(broken, "message").malformed);
  StreamReader used;
  used.Read(R"({"choices":[{"text":"a","token_ids":[3]},{"token_ids":[4]}],"a":{"b":[1,2]}})",
            "message");
  EXPECT_TRUE(used.Read(broken, "message").malformed);
}

// "nan" begins like null; the library's own test for null throws there.
TEST(StreamReaderTest, AValueThatOnlyBeginsLikeNullIsSurvived) {
  StreamReader reader;
  for (const char* payload : {R"({"choices":[{"text":"a","finish_reason":nan}]})",
                              R"({"choices":[{"delta":{"role":nul}}]})", R"({"error":nope})"}) {
    reader.Read(payload, "message");
  }
  EXPECT_EQ(reader.Read(R"({"choices":[{"text":"b"}]})", "message").text, "b");
}

struct ErrorCase {
  const char* type;
  const char* payload;
  bool malformed;
  const char* message;  // a part of it
};

TEST(StreamReaderTest, ErrorsAreToldFromNonsense) {
  const ErrorCase kCases[] = {
      {"message", R"({"error":{"message":"out of memory","code":500}})", false, "out of memory"},
      {"message", R"({"error":"plain"})", false, "plain"},
      {"message", R"({"object":"error","message":"vllm style","error":{}})", false, "vllm style"},
      {"error", R"({"message":"typed"})", false, "typed"},
      {"error", "not even JSON", false, "not even JSON"},
      {"message", "not even JSON", true, "not even JSON"},
      {"message", R"([1,2])", true, "[1,2]"},
      {"message", "", true, ""},
      {"message", R"({"choices":[{"text":"a")", true, ""},
  };
  StreamReader reader;
  for (const ErrorCase& c : kCases) {
    SCOPED_TRACE(c.payload);
    const StreamEvent event = reader.Read(c.payload, c.type);
    EXPECT_EQ(event.kind, EventKind::kError);
    EXPECT_EQ(event.malformed, c.malformed);
    EXPECT_NE(event.message.find(c.message), std::string_view::npos) << event.message;
  }
}

TEST(ErrorTextTest, FindsTheMessageInWhateverCame) {
  EXPECT_EQ(ErrorText(R"({"error":{"message":"a"}})"), "a");
  EXPECT_EQ(ErrorText(R"({"message":"b"})"), "b");
  EXPECT_EQ(ErrorText(R"({"detail":[{"msg":"c"}]})"), R"([{"msg":"c"}])");
  EXPECT_EQ(ErrorText("  plain\x01text "), "plain.text");
  EXPECT_EQ(ErrorText(""), "(empty body)");
  EXPECT_NE(ErrorText("<!DOCTYPE html><p>hi").find("HTML page"), std::string::npos);
  EXPECT_LT(ErrorText(std::string(10'000, 'x')).size(), 400U);
}

}  // namespace
}  // namespace roofscape::load
