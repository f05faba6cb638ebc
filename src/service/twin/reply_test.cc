#include "service/twin/reply.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <vector>

#include "base/core/json.h"

namespace roofscape::twin {
namespace {

using namespace std::chrono_literals;
using spec::EventKind;

struct Told {
  std::vector<Piece> pieces;
  std::vector<Json> chunks;  // Of data events but [DONE].
  std::string all;
};

Told Tell(const Script& script, const Ask& ask, std::string_view id = "a") {
  Told told;
  Reply reply(script, script.usual, ask, HashOf(id), id);
  for (int i = 0; i < 10'000; ++i) {
    std::string event;
    told.pieces.push_back(reply.Next(event));
    told.all += event;
    if (event.starts_with("data: {")) {
      EXPECT_TRUE(event.ends_with("}\n\n")) << event;
      told.chunks.push_back(Json::parse(event.substr(6), nullptr, false));
      EXPECT_FALSE(told.chunks.back().is_discarded()) << event;
    }
    if (told.pieces.back().then != Piece::Then::kGoOn) return told;
  }
  ADD_FAILURE() << "does not end";
  return told;
}

std::vector<EventKind> Kinds(const Told& told) {
  std::vector<EventKind> kinds;
  for (const Piece& piece : told.pieces) kinds.push_back(piece.kind);
  return kinds;
}

std::int64_t Tokens(const Told& told) {
  std::int64_t tokens = 0;
  for (const Piece& piece : told.pieces) tokens += piece.tokens;
  return tokens;
}

Ask AskFor(std::int64_t tokens, bool usage = true) {
  Ask ask;
  ask.max_tokens = tokens;
  ask.include_usage = usage;
  ask.prompt_tokens = 7;
  return ask;
}

TEST(ReplyTest, UsualStream) {
  const Told told = Tell(Script(), AskFor(3));
  EXPECT_EQ(Kinds(told), (std::vector{EventKind::kRole, EventKind::kAnswer, EventKind::kAnswer,
                                      EventKind::kAnswer, EventKind::kUsage, EventKind::kDone}));
  EXPECT_EQ(told.pieces[0].after, 50ms);
  EXPECT_EQ(told.pieces[1].after, 0ms);
  EXPECT_EQ(told.pieces[2].after, 10ms);
  EXPECT_EQ(told.pieces[4].after, 0ms);
  EXPECT_EQ(told.chunks[0]["choices"][0]["delta"]["role"], "assistant");
  EXPECT_EQ(told.chunks[3]["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(told.chunks[4]["usage"]["completion_tokens"], 3);
  EXPECT_EQ(told.chunks[4]["usage"]["prompt_tokens"], 7);
  EXPECT_TRUE(told.all.ends_with("data: [DONE]\n\n"));
}

TEST(ReplyTest, Completions) {
  Ask ask = AskFor(2);
  ask.api = Api::kCompletions;
  Script script;
  script.usual.finish = FinishStyle::kSeparate;
  const Told told = Tell(script, ask);
  EXPECT_EQ(Kinds(told), (std::vector{EventKind::kAnswer, EventKind::kAnswer, EventKind::kFinish,
                                      EventKind::kUsage, EventKind::kDone}));
  EXPECT_TRUE(told.chunks[0]["choices"][0]["text"].is_string());
  EXPECT_EQ(told.chunks[2]["choices"][0]["finish_reason"], "length");
}

TEST(ReplyTest, SeveralTokensAnEventAddUp) {
  Script script;
  script.usual.tokens_per_event = {Draw::Kind::kCycle, 1, 4, {1, 4, 2}};
  script.usual.usage = UsageStyle::kEveryChunk;
  script.usual.token_ids = true;
  script.usual.hold_back = 2;
  script.usual.reasoning_tokens = Draw::Fixed(3);
  const Told told = Tell(script, AskFor(20));
  EXPECT_EQ(Tokens(told), 20);
  std::int64_t tokens = 0;
  std::int64_t reasoning = 0;
  for (std::size_t i = 1; i + 2 < told.pieces.size(); ++i) {
    tokens += told.pieces[i].tokens;
    const Json& choice = told.chunks[i]["choices"][0];
    EXPECT_EQ(told.chunks[i]["usage"]["completion_tokens"], tokens);
    EXPECT_EQ(choice["token_ids"].size(), static_cast<std::size_t>(told.pieces[i].tokens));
    if (choice["delta"].contains("reasoning_content")) reasoning += told.pieces[i].tokens;
    if (i % 2 == 0) {
      const char* field = choice["delta"].contains("content") ? "content" : "reasoning_content";
      EXPECT_EQ(choice["delta"][field], "");
    }
  }
  EXPECT_EQ(reasoning, 3);
}

TEST(ReplyTest, EveryTextStyleIsJson) {
  for (const TextStyle style : {TextStyle::kAscii, TextStyle::kEscapes, TextStyle::kUtf8}) {
    Script script;
    script.usual.text = style;
    EXPECT_EQ(Tokens(Tell(script, AskFor(30))), 30);
  }
}

TEST(ReplyTest, CommentsUntilTheFirstToken) {
  Script script;
  script.usual.comment_every_ms = 20;
  const Told told = Tell(script, AskFor(1));
  ASSERT_GE(told.pieces.size(), 3u);
  EXPECT_EQ(told.pieces[0].kind, EventKind::kComment);
  EXPECT_EQ(told.pieces[1].kind, EventKind::kComment);
  EXPECT_EQ(told.pieces[2].kind, EventKind::kRole);
  EXPECT_EQ(told.pieces[0].after + told.pieces[1].after + told.pieces[2].after, 50ms);
}

TEST(ReplyTest, CommentsBetweenTokens) {
  Script script;
  script.usual.comment_every_ms = 4;
  const Told told = Tell(script, AskFor(3));
  EXPECT_EQ(Tokens(told), 3);
  std::vector<Nanos> gaps;  // from a token to each thing behind it, until the next token
  bool begun = false;
  for (const Piece& piece : told.pieces) {
    if (begun && piece.kind == EventKind::kComment) gaps.push_back(piece.after);
    if (begun && piece.kind == EventKind::kAnswer) gaps.push_back(piece.after);
    begun = begun || piece.kind == EventKind::kAnswer;
  }
  // Gaps of 10 ms: a comment after 4, another after 8, the token after 10.
  EXPECT_EQ(gaps, (std::vector<Nanos>{4ms, 4ms, 2ms, 4ms, 4ms, 2ms}));
}

TEST(ReplyTest, Faults) {
  struct Case {
    std::optional<std::int64_t> Behaviour::* at;
    Piece::Then then;
  };
  for (const Case& c : {Case{&Behaviour::reset_after, Piece::Then::kReset},
                        Case{&Behaviour::close_after, Piece::Then::kClose},
                        Case{&Behaviour::error_after, Piece::Then::kEnd}}) {
    Script script;
    script.usual.*c.at = 2;
    const Told told = Tell(script, AskFor(5));
    EXPECT_EQ(Tokens(told), 2);
    EXPECT_EQ(told.pieces.back().then, c.then);
  }
  Script script;
  script.usual.stall_after = 2;
  script.usual.stall_ms = 300;
  const Told told = Tell(script, AskFor(5));
  EXPECT_EQ(told.pieces[3].after, 310ms);
  EXPECT_EQ(told.pieces[4].after, 10ms);
}

TEST(ReplyTest, DependsOnTheIdAlone) {
  Script script;
  script.usual.ttft_ms = {Draw::Kind::kUniform, 10, 90, {}};
  script.usual.gap_ms = {Draw::Kind::kUniform, 1, 9, {}};
  const auto times = [&](std::string_view id) {
    std::vector<Nanos> gaps;
    for (const Piece& piece : Tell(script, AskFor(8), id).pieces) gaps.push_back(piece.after);
    return gaps;
  };
  EXPECT_EQ(times("x"), times("x"));
  EXPECT_NE(times("x"), times("y"));
}

TEST(ReadAskTest, ReadsBothForms) {
  auto ask = ReadAsk(R"({"prompt":[1,2,3],"max_tokens":9,"stream":true,)"
                     R"("stream_options":{"include_usage":true}})",
                     Api::kCompletions);
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->prompt_tokens, 3);
  EXPECT_EQ(ask->max_tokens, 9);
  EXPECT_TRUE(ask->stream);
  EXPECT_TRUE(ask->include_usage);
  ask = ReadAsk(R"({"messages":[{"role":"user","content":"a b c"}]})", Api::kChat);
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->prompt_tokens, 7);
  EXPECT_FALSE(ask->stream);
  for (const char* bad : {"", "[]", "{", "{\"prompt\":\"a\",\"max_tokens\":0}", "{\"x\":1}"}) {
    EXPECT_FALSE(ReadAsk(bad, Api::kCompletions)) << bad;
  }
}

// Several prompts in a list are what evaluation harnesses send.
TEST(ReadAskTest, CountsTheTokensOfLists) {
  const auto tokens = [](const std::string& prompt) {
    return ReadAsk(R"({"prompt":)" + prompt + "}", Api::kCompletions)->prompt_tokens;
  };
  EXPECT_EQ(tokens(R"(["a b c"])"), 3);
  EXPECT_EQ(tokens(R"(["a b c","d"])"), 4);
  EXPECT_EQ(tokens("[[1,2,3],[4]]"), 4);
  EXPECT_EQ(tokens("[ 17 , 4 ]"), 2);
}

TEST(ReadAskTest, KnowsWhetherTheAnswerIsLimited) {
  const auto limited = [](const std::string& more) {
    return ReadAsk(R"({"prompt":"a")" + more + "}", Api::kLlamaCpp)->limited;
  };
  EXPECT_FALSE(limited(""));
  EXPECT_FALSE(limited(R"(,"max_tokens":null)"));
  EXPECT_FALSE(limited(R"(,"n_predict":-1)"));
  EXPECT_TRUE(limited(R"(,"n_predict":16)"));
}

}  // namespace
}  // namespace roofscape::twin
