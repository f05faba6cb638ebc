#include "measure/load/stream_shape.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/core/rng.h"
#include "measure/load/stream_reader.h"

namespace roofscape::load {
namespace {

using spec::EventKind;

/// What a reader with a shape makes of each payload, checked against one without.
class Pair {
 public:
  StreamEvent Read(const std::string& payload) {
    const StreamEvent full = strict_.Read(payload, "message");
    const StreamEvent quick = shaped_.Read(payload, "message", &shape_);
    EXPECT_EQ(Describe(quick), Describe(full)) << "payload: " << payload;
    EXPECT_TRUE(quick == full) << "payload: " << payload;
    return full;
  }
  std::uint64_t matches() const { return shape_.matches(); }

 private:
  static std::string Describe(const StreamEvent& event) {
    return std::string(Name(event.kind)) + " ids " + std::to_string(event.token_ids) + " finish " +
           std::to_string(event.finish) + " usage " + std::to_string(event.usage.prompt_tokens) +
           "/" + std::to_string(event.usage.completion_tokens) + "/" +
           std::to_string(event.usage.cached_tokens) + " malformed " +
           std::to_string(event.malformed) + " text '" + std::string(event.text) + "'";
  }
  StreamReader strict_;
  StreamReader shaped_;
  StreamShape shape_;
};

std::string Chat(const std::string& raw_text) {
  return R"({"id":"chatcmpl-1","created":1790000000,"choices":[{"index":0,"delta":{"content":")" +
         raw_text + R"("},"logprobs":null,"finish_reason":null}]})";
}

TEST(StreamShapeTest, TextsAreReadAsTheParserReadsThem) {
  const std::vector<std::string> texts = {
      " a",
      "longer than sixteen characters, so that a whole step is plain",
      R"(\")",
      R"(\\)",
      R"(\n\t\r\b\f\/)",
      R"(a\"b\\)",
      R"(\u00e9)",
      R"(\u20AC)",
      R"(\uD83D\uDE00)",
      "\xc3\xa9",
      "sixteen plain ch\xf0\x9f\x98\x80 and more",
      R"(\ufffd)",
      "\xef\xbf\xbd",
      R"(\u0000)",
      R"(x\u0041)",
      std::string(900, 'y')};
  Pair pair;
  pair.Read(Chat("first"));
  for (const std::string& text : texts) pair.Read(Chat(text));
  // The long one matches too: only what is remembered is bounded.
  EXPECT_EQ(pair.matches(), texts.size());
}

TEST(StreamShapeTest, WhatIsNotTextGoesToTheParser) {
  Pair pair;
  pair.Read(Chat("first"));
  for (const char* text : {"", R"(\x)", R"(\u12)", R"(\uD83D)", R"(\uDE00)", R"(\uD83D\u0041)",
                           "\xff", "\xc3", "tab\there", "\x01", R"(\)", R"(a","b":"c)",
                           R"(a"},"finish_reason":"stop"},{"delta":{"content":"b)"}) {
    SCOPED_TRACE(text);
    pair.Read(Chat(text));
  }
  EXPECT_EQ(pair.matches(), 0U);
  pair.Read(Chat("again"));
  pair.Read(Chat("again"));
  EXPECT_GT(pair.matches(), 0U) << "the shape must survive what it does not know";
}

TEST(StreamShapeTest, UsageAndTokenIdsAreRead) {
  const auto chunk = [](int n, const char* ids) {
    return R"({"choices":[{"text":" w","token_ids":[)" + std::string(ids) +
           R"(],"finish_reason":null}],"usage":{"prompt_tokens":9,"total_tokens":)" +
           std::to_string(9 + n) + R"(,"completion_tokens":)" + std::to_string(n) +
           R"(,"prompt_tokens_details":{"cached_tokens":)" + std::to_string(n % 3) + "}}}";
  };
  Pair pair;
  pair.Read(chunk(1, "5"));
  pair.Read(chunk(2, "6"));  // total_tokens turns out to vary.
  const StreamEvent event = pair.Read(chunk(105, "1,22, 333"));
  EXPECT_EQ(event.token_ids, 3);
  EXPECT_EQ(event.usage.completion_tokens, 105);
  EXPECT_EQ(pair.matches(), 1U);
  pair.Read(chunk(106, ""));
  EXPECT_EQ(pair.matches(), 2U);
  for (const char* odd : {"[1]", "1,", ",1", "-1", "01", "1.5", "\"a\"", "1 2", "null"}) {
    SCOPED_TRACE(odd);
    pair.Read(chunk(107, odd));
  }
}

TEST(StreamShapeTest, RunningNumbersAreLearned) {
  const auto chunk = [](const std::string& created) {
    return R"({"created":)" + created + R"(,"choices":[{"delta":{"content":"x"}}],"t":1.5})";
  };
  Pair pair;
  for (const char* created : {"8", "9", "10", "11", "1790000000", "0"}) pair.Read(chunk(created));
  EXPECT_EQ(pair.matches(), 4U);
  for (const char* created : {"01", "-5", "1.0", "1e5", "null", "99999999999999999999", "\"7\""}) {
    SCOPED_TRACE(created);
    pair.Read(chunk(created));
  }
}

TEST(StreamShapeTest, ReasoningAndAnswerAreToldApart) {
  const auto chunk = [](const char* content, const char* reasoning) {
    return R"({"choices":[{"delta":{"content":)" + std::string(content) + R"(,"reasoning":)" +
           reasoning + "}}]}";
  };
  Pair pair;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(pair.Read(chunk("null", "\"hm\"")).kind, EventKind::kReasoning);
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(pair.Read(chunk("\"so\"", "null")).kind, EventKind::kAnswer);
  }
  EXPECT_EQ(pair.Read(chunk("\"so\"", "\"both\"")).kind, EventKind::kAnswer);
  EXPECT_EQ(pair.Read(chunk("\"\"", "\"both\"")).kind, EventKind::kReasoning);
  EXPECT_EQ(pair.matches(), 4U);
}

TEST(StreamShapeTest, PayloadsTooLongToRememberAreParsed) {
  Pair pair;
  const std::string filler = R"({"filler":")" + std::string(StreamShape::kMaxPayload, 'f');
  for (int i = 0; i < 3; ++i) pair.Read(filler + R"(","choices":[{"text":"a"}]})");
  EXPECT_EQ(pair.matches(), 0U);
}

const std::vector<std::string>& Seeds() {
  static const std::vector<std::string> seeds = {
      Chat("a"),
      Chat("bc"),
      Chat(""),
      R"({"choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}],)"
      R"("usage":null})",
      R"({"choices":[{"delta":{"reasoning_content":"hm","content":null}}]})",
      R"({"choices":[{"delta":{"content":"z"},"finish_reason":"stop"}]})",
      R"({"choices":[{"text":"ab","token_ids":[1, 2],"finish_reason":null}],)"
      R"("usage":{"prompt_tokens":5,"completion_tokens":12,"total_tokens":17}})",
      R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7}})",
      R"({"choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"}}]})",
      R"({"choices":[{"delta":{"tool_calls":[{"index":0}],"content":"t"}}]})",
      R"({"usage":{"prompt_tokens":1},"usage":{"prompt_tokens":2},"choices":[{"text":"u"}]})",
      R"({"choices":[{"delta":{"content":"a","refusal":"no"},"token_ids":[3]},)"
      R"({"token_ids":[4]}]})",
      R"({"error":{"message":"no"},"choices":[{"text":"a"}]})",
  };
  return seeds;
}

/// One of the payloads, or the one before with a few bytes changed to what JSON is made of.
std::string NextPayload(Rng& rng, const std::string& last) {
  static constexpr std::string_view kBytes = R"(0123456789"\,:[]{}-.eEnu aZ)"
                                             "\xc3\xa9\x01\n";
  if (last.empty() || rng.Below(3) == 0) return Seeds()[rng.Below(Seeds().size())];
  std::string payload = last;
  for (std::uint64_t i = 0, edits = rng.Below(3); i < edits && !payload.empty(); ++i) {
    const std::size_t at = rng.Below(payload.size());
    const char byte = kBytes[rng.Below(kBytes.size())];
    switch (rng.Below(3)) {
      case 0: payload[at] = byte; break;
      case 1: payload.insert(at, 1, byte); break;
      default: payload.erase(at, 1);
    }
  }
  return payload;
}

// The full parser is the definition: whatever came before, a shape changes nothing.
TEST(StreamShapeTest, EveryPayloadReadsAsWithoutAShape) {
  std::uint64_t matches = 0;
  for (std::uint64_t seed = 1; seed <= 400 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    Pair pair;
    std::string payload;
    for (int i = 0; i < 100; ++i) {
      payload = NextPayload(rng, payload);
      pair.Read(payload);
    }
    matches += pair.matches();
  }
  EXPECT_GT(matches, 2000U) << "the property is empty when nothing matches";
}

}  // namespace
}  // namespace roofscape::load
