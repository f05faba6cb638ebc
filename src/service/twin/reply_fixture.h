// For tests of what is put on the wire: an answer as it was told and as an SSE parser sees it.

#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/net/sse_parser.h"
#include "service/twin/ask.h"
#include "service/twin/reply.h"
#include "service/twin/script.h"

namespace roofscape::twin {

using spec::EventKind;

inline char Letter(EventKind kind) {
  switch (kind) {
    case EventKind::kRole: return 'r';
    case EventKind::kAnswer: return 'a';
    case EventKind::kReasoning: return 't';
    case EventKind::kToolCall: return 'c';
    case EventKind::kUsage: return 'u';
    case EventKind::kFinish: return 'f';
    case EventKind::kDone: return 'd';
    case EventKind::kError: return 'e';
    case EventKind::kComment: return '.';
  }
  return '?';
}

/// An answer as it was told and as an SSE parser sees it.
struct Heard {
  std::string kinds;  // A letter a piece with text.
  std::int64_t tokens = 0;
  std::string bytes;
  std::vector<std::string> data;
  std::vector<std::string> names;
  int comments = 0;

  void OnEvent(const net::SseEvent& event) {
    data.emplace_back(event.data);
    names.emplace_back(event.type);
  }
  void OnComment(std::string_view /*text*/) { ++comments; }
};

inline Heard Hear(const Script& script, const Ask& ask) {
  Heard heard;
  Reply reply(script, script.usual, ask, 7, "7");
  for (int i = 0; i < 10'000; ++i) {
    std::string event;
    const Piece piece = reply.Next(event);
    heard.bytes += event;
    heard.tokens += piece.tokens;
    if (!event.empty()) heard.kinds += Letter(piece.kind);
    if (piece.then == Piece::Then::kGoOn) continue;
    net::SseParser parser;
    EXPECT_TRUE(parser.Feed(heard.bytes, heard));
    EXPECT_FALSE(parser.pending()) << heard.bytes;
    return heard;
  }
  ADD_FAILURE() << "does not end";
  return heard;
}

inline Script ScriptOf(const std::string& text) {
  auto script = ParseScript(text, "test");
  EXPECT_TRUE(script) << script.error().message;
  return *std::move(script);
}

inline Ask AskOf(Api api, const std::string& body) {
  auto ask = ReadAsk(body, api);
  EXPECT_TRUE(ask) << ask.error().message;
  return *std::move(ask);
}

/// The smallest request of each API: a prompt, so many tokens, and what `more` says.
inline std::string Body(Api api, int tokens, const std::string& more = "") {
  const std::string count = std::to_string(tokens);
  const std::string rest = R"(,"stream":true)" + more + '}';
  switch (api) {
    case Api::kCompletions: return R"({"prompt":"a b c","max_tokens":)" + count + rest;
    case Api::kChat:
      return R"({"messages":[{"role":"user","content":"a b c"}],"max_completion_tokens":)" + count +
             rest;
    case Api::kResponses: return R"({"input":"a b c","max_output_tokens":)" + count + rest;
    case Api::kMessages:
      return R"({"messages":[{"role":"user","content":[{"type":"text","text":"a b c"}]}],)"
             R"("max_tokens":)" +
             count + rest;
    case Api::kSglang:
      return R"({"text":"a b c","sampling_params":{"max_new_tokens":)" + count + '}' + rest;
    case Api::kTgi:
      return R"({"inputs":"a b c","parameters":{"max_new_tokens":)" + count + '}' + rest;
    case Api::kLlamaCpp: return R"({"prompt":"a b c","n_predict":)" + count + rest;
  }
  return {};
}

inline const std::string kUsage = R"(,"stream_options":{"include_usage":true})";
inline const std::string kEachUsage =
    R"(,"stream_options":{"include_usage":true,"continuous_usage_stats":true})";

struct Case {
  const char* script;
  Api api;
  std::string more;   // Of the request, which asks for two tokens.
  const char* kinds;  // See Letter.
  std::vector<std::pair<std::size_t, std::string>> data;
};

inline void Check(const Case& c) {
  const Heard heard = Hear(ScriptOf(c.script), AskOf(c.api, Body(c.api, 2, c.more)));
  EXPECT_EQ(heard.kinds, c.kinds) << c.script << '\n' << heard.bytes;
  for (const auto& [index, data] : c.data) {
    ASSERT_LT(index, heard.data.size()) << heard.bytes;
    EXPECT_EQ(heard.data[index], data) << c.script;
  }
}

}  // namespace roofscape::twin
