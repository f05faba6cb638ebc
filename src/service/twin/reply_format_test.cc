// The APIs that are not OpenAI's old ones, and how events are framed.

#include "service/twin/reply_format.h"

#include <gtest/gtest.h>

#include <string>

#include "service/twin/reply_fixture.h"

namespace roofscape::twin {
namespace {

TEST(NativeApiTest, Sglang) {
  for (const Case& c : {
           Case{"dialect = \"sglang\"",
                Api::kSglang,
                "",
                "aad",
                {{0, R"({"text":" the","output_ids":[100],"meta_info":{"id":"7",)"
                     R"("finish_reason":null,"prompt_tokens":3,"weight_version":"default",)"
                     R"("total_retractions":0,"completion_tokens":1,"cached_tokens":0}})"},
                 {1, R"({"text":" the time","output_ids":[100,101],"meta_info":{"id":"7",)"
                     R"("finish_reason":{"type":"length","length":2},"prompt_tokens":3,)"
                     R"("weight_version":"default","total_retractions":0,)"
                     R"("completion_tokens":2,"cached_tokens":0,"e2e_latency":0.06}})"}}},
           Case{"dialect = \"sglang\"\nincremental = true\noutput_tokens = 1",
                Api::kSglang,
                "",
                "ad",
                {{0, R"({"text":" the","output_ids":[100],"meta_info":{"id":"7",)"
                     R"("finish_reason":{"type":"stop","matched":2},"prompt_tokens":3,)"
                     R"("weight_version":"default","total_retractions":0,)"
                     R"("completion_tokens":1,"cached_tokens":0,"e2e_latency":0.05}})"}}},
           Case{"error_after = 1",
                Api::kSglang,
                "",
                "aed",
                {{1, R"({"error":{"message":"the script says so"}})"}}},
       }) {
    Check(c);
  }
}

TEST(NativeApiTest, LlamaCpp) {
  const std::string timings =
      R"("timings":{"cache_n":0,"prompt_n":3,"prompt_ms":60,"prompt_per_token_ms":20,)"
      R"("prompt_per_second":50,"predicted_n":2,"predicted_ms":10,"predicted_per_token_ms":5,)"
      R"("predicted_per_second":200})";
  for (const Case& c : {
           Case{"dialect = \"llamacpp\"\nttft_ms = 60",
                Api::kLlamaCpp,
                "",
                "aaf",
                {{1, R"({"index":0,"content":" time","tokens":[101],"stop":false,"id_slot":-1,)"
                     R"("tokens_predicted":2,"tokens_evaluated":3})"},
                 {2, R"({"index":0,"content":"","tokens":[],"id_slot":0,"stop":true,)"
                     R"("model":"golden","tokens_predicted":2,"tokens_evaluated":3,)"
                     R"("generation_settings":{},"prompt":"","has_new_line":false,)"
                     R"("truncated":false,"stop_type":"limit","stopping_word":"",)"
                     R"("tokens_cached":5,)" +
                         timings + '}'}}},
       }) {
    Check(c);
  }
}

TEST(NativeApiTest, Tgi) {
  for (const Case& c : {
           Case{"dialect = \"tgi\"",
                Api::kTgi,
                "",
                "aa",
                {{0, R"({"index":1,"token":{"id":100,"text":" the","logprob":-0.25,)"
                     R"("special":false},"generated_text":null,"details":null})"},
                 {1, R"({"index":2,"token":{"id":101,"text":" time","logprob":-0.25,)"
                     R"("special":false},"generated_text":" the time",)"
                     R"("details":{"finish_reason":"length","generated_tokens":2,"seed":null,)"
                     R"("input_length":3}})"}}},
       }) {
    Check(c);
  }
}

TEST(ReplyFormatTest, ResponsesAreTypedAndNumbered) {
  for (const Case& c : {
           Case{"",
                Api::kResponses,
                "",
                "r...aa...f",
                {{2, R"({"type":"response.output_item.added","sequence_number":2,)"
                     R"("output_index":0,"item":{"id":"msg_7","type":"message",)"
                     R"("role":"assistant","status":"in_progress","content":[]}})"},
                 {4, R"({"type":"response.output_text.delta","sequence_number":4,)"
                     R"("item_id":"msg_7","output_index":0,"content_index":0,"delta":" the",)"
                     R"("logprobs":[]})"},
                 {9, R"({"type":"response.incomplete","sequence_number":9,"response":{)"
                     R"("id":"resp_7","object":"response","created_at":1700000000,)"
                     R"("status":"incomplete","error":null,)"
                     R"("incomplete_details":{"reason":"max_output_tokens"},"model":"golden",)"
                     R"("output":[{"id":"msg_7","type":"message","role":"assistant",)"
                     R"("status":"completed","content":[{"type":"output_text",)"
                     R"("annotations":[],"logprobs":[],"text":" the time"}]}],)"
                     R"("usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":0},)"
                     R"("output_tokens":2,"output_tokens_details":{"reasoning_tokens":0},)"
                     R"("total_tokens":5}}})"}}},
           // Reasoning is an item of its own, closed before the message's begins.
           Case{"reasoning_tokens = 1", Api::kResponses, "", "r...t.....a...f", {}},
           Case{"error_after = 1",
                Api::kResponses,
                "",
                "r...ae",
                {{5, R"({"type":"error","sequence_number":5,"code":"server_error",)"
                     R"("message":"the script says so","param":null})"}}},
           Case{"dialect = \"llamacpp\"",
                Api::kResponses,
                "",
                "r...aa...f",
                {{5, R"({"type":"response.output_text.delta","item_id":"msg_7","output_index":0,)"
                     R"("content_index":0,"delta":" time","logprobs":[]})"}}},
       }) {
    Check(c);
  }
  const Heard heard =
      Hear(ScriptOf("output_tokens = 1"), AskOf(Api::kResponses, Body(Api::kResponses, 5)));
  EXPECT_EQ(heard.names.front(), "response.created");
  EXPECT_EQ(heard.names.back(), "response.completed");
  EXPECT_EQ(Hear(ScriptOf("dialect = \"openai\"\nerror_after = 1"),
                 AskOf(Api::kResponses, Body(Api::kResponses, 5)))
                .names.back(),
            "response.failed");
}

TEST(ReplyFormatTest, MessagesAreBlocks) {
  for (const Case& c : {
           Case{"cached_tokens = 2",
                Api::kMessages,
                "",
                "r..aa.fd",
                {{0, R"({"type":"message_start","message":{"id":"msg_7","type":"message",)"
                     R"("role":"assistant","content":[],"model":"golden","stop_reason":null,)"
                     R"("stop_sequence":null,"usage":{"input_tokens":5,)"
                     R"("cache_creation_input_tokens":0,"cache_read_input_tokens":2,)"
                     R"("output_tokens":0}}})"},
                 {2, R"({"type":"ping"})"},
                 {3, R"({"type":"content_block_delta","index":0,)"
                     R"("delta":{"type":"text_delta","text":" the"}})"},
                 {6, R"({"type":"message_delta","delta":{"stop_reason":"max_tokens",)"
                     R"("stop_sequence":null},"usage":{"output_tokens":2}})"},
                 {7, R"({"type":"message_stop"})"}}},
           Case{"dialect = \"vllm\"\nreasoning_tokens = 1",
                Api::kMessages,
                "",
                "r.t..a.fd",
                {{2, R"({"type":"content_block_delta","index":0,)"
                     R"("delta":{"type":"thinking_delta","thinking":" the"}})"},
                 {5, R"({"type":"content_block_delta","index":1,)"
                     R"("delta":{"type":"text_delta","text":" time"}})"}}},
           Case{"dialect = \"sglang\"\nerror_after = 1",
                Api::kMessages,
                "",
                "r.ae",
                {{3, R"({"type":"error","error":{"type":"api_error",)"
                     R"("message":"the script says so"}})"}}},
           Case{"comment_every_ms = 20", Api::kMessages, "", "r....aa.fd", {}},
       }) {
    Check(c);
  }
}

TEST(FramingTest, LineEndsBlanksAndNames) {
  const Ask ask = AskOf(Api::kCompletions, Body(Api::kCompletions, 1));
  EXPECT_TRUE(Hear(ScriptOf("line_end = \"crlf\""), ask).bytes.ends_with("data: [DONE]\r\n\r\n"));
  EXPECT_TRUE(Hear(ScriptOf("line_end = \"cr\""), ask).bytes.ends_with("data: [DONE]\r\r"));
  EXPECT_TRUE(Hear(ScriptOf("data_space = false"), ask).bytes.ends_with("\n\ndata:[DONE]\n\n"));
  EXPECT_TRUE(Hear(ScriptOf("dialect = \"tgi\""), ask).bytes.starts_with("data:{"));
  EXPECT_TRUE(
      Hear(ScriptOf("dialect = \"tgi\"\ndata_space = true"), ask).bytes.starts_with("data: {"));
  EXPECT_TRUE(
      Hear(ScriptOf("event_name = true"), ask).bytes.ends_with("event: message\ndata: [DONE]\n\n"));
  const Ask named = AskOf(Api::kMessages, Body(Api::kMessages, 1));
  EXPECT_TRUE(Hear(ScriptOf(""), named).bytes.starts_with("event: message_start\ndata: {"));
  EXPECT_EQ(Hear(ScriptOf("event_name = false"), named).bytes.find("event:"), std::string::npos);
  // A failing Dynamo sends a name and a comment, and goes on to [DONE].
  const Heard dynamo = Hear(ScriptOf("dialect = \"dynamo\"\nerror_after = 1"),
                            AskOf(Api::kChat, Body(Api::kChat, 2)));
  EXPECT_EQ(dynamo.kinds, "aed");
  EXPECT_TRUE(dynamo.bytes.ends_with("event: error\n: the script says so\n\ndata: [DONE]\n\n"));
}

}  // namespace
}  // namespace roofscape::twin
