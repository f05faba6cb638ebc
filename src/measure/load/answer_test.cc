// Transcripts of servers (tests/transcripts, one a server and API, written from what their
// documentation and source say) must be read as what they are, however the network cuts them and
// however the server writes its lines.

#include "measure/load/answer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "base/core/text.h"
#include "base/net/http_parser.h"

namespace roofscape::load {
namespace {

using spec::EventKind;

/// A transcript: what the server sent, and what that means.
struct Transcript {
  std::string name;
  std::map<std::string, std::string> expect;  // "outcome", "input", "output", ...
  std::vector<std::string> events;            // "role", "answer/1/4" (kind, tokens, bytes of text)
  std::string text;
  std::string body;
};

Transcript Load(const std::filesystem::path& path) {
  std::ifstream file(path);
  Transcript transcript;
  transcript.name = path.stem();
  std::string line;
  while (std::getline(file, line) && line != "---") {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "expect") {
      words >> transcript.expect["outcome"];
      while (words >> word)
        transcript.expect[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    } else if (word == "events") {
      while (words >> word) transcript.events.push_back(word);
    } else if (word == "text") {
      transcript.text = Json::parse(line.substr(5)).get<std::string>();
    }
  }
  std::ostringstream rest;
  rest << file.rdbuf();
  transcript.body = rest.str();
  return transcript;
}

std::vector<Transcript> AllTranscripts() {
  std::vector<Transcript> all;
  for (const auto& entry : std::filesystem::directory_iterator(TRANSCRIPTS)) {
    if (entry.path().extension() == ".txt") all.push_back(Load(entry.path()));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

/// The bytes on the wire: head, one chunk an event, end.
std::string OnTheWire(const std::string& body) {
  std::string wire =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t blank = body.find("\n\n", at);
    const std::size_t end = blank == body.npos ? body.size() : blank + 2;
    wire += fmt::format("{:x}\r\n{}\r\n", end - at, body.substr(at, end - at));
    at = end;
  }
  return wire + "0\r\n\r\n";
}

/// Reads the pieces as an exchange does.
struct Reading {
  explicit Reading(bool keep_text = true) : answer(SettingsOf(keep_text)) {
    answer.Begin(/*output_tokens_asked=*/100);
  }
  Answer::Settings SettingsOf(bool keep_text) {
    Answer::Settings settings;
    settings.keep_text = keep_text;
    settings.reader = &reader;
    return settings;
  }
  void Take(std::string_view piece) {
    net::ReadInfo read;
    read.read_index = reads++;
    read.bytes = piece.size();
    read.data = piece.data();
    read.drained = true;
    for (;;) {
      using Item = net::HttpResponseParser::Item;
      switch (parser.Next(&piece)) {
        case Item::kHead: answer.OnHead(parser.head()); break;
        case Item::kBody: answer.OnBody(parser.body(), read); break;
        case Item::kEnd: answer.OnEnd(); return;
        case Item::kError: ADD_FAILURE() << parser.error(); return;
        case Item::kNeedMore: return;
      }
    }
  }
  StreamReader reader;
  net::HttpResponseParser parser;
  Answer answer;
  std::uint32_t reads = 0;
};

std::string EventName(const spec::Event& event) {
  if (!spec::CarriesTokens(event.kind)) return std::string(Name(event.kind));
  return fmt::format("{}/{}/{}", Name(event.kind), event.tokens, event.chars);
}

std::string Count(std::int64_t count) {
  return count == spec::kUnknown ? "" : fmt::format("{}", count);
}

/// What an answer came out as, in one text, so that a difference shows whole.
std::string Told(const Answer& answer, bool with_comments) {
  spec::Request request;
  answer.Fill(request);
  std::string told = fmt::format(
      "{} input={} output={} cached={} source={}\n", Name(request.outcome),
      Count(request.input_tokens), Count(request.output_tokens), Count(request.cached_tokens),
      request.token_source == spec::TokenSource::kNone ? "" : Name(request.token_source));
  for (const spec::Event& event : answer.events()) {
    if (event.kind != EventKind::kComment || with_comments) told += EventName(event) + " ";
  }
  return told + "\n" + answer.text();
}

std::string Wanted(const Transcript& transcript, bool with_comments) {
  const auto field = [&](const char* name) {
    const auto found = transcript.expect.find(name);
    return found == transcript.expect.end() ? std::string() : found->second;
  };
  std::string wanted =
      fmt::format("{} input={} output={} cached={} source={}\n", field("outcome"), field("input"),
                  field("output"), field("cached"), field("source"));
  for (const std::string& event : transcript.events) {
    if (event != "comment" || with_comments) wanted += event + " ";
  }
  return wanted + "\n" + transcript.text;
}

class TranscriptTest : public testing::TestWithParam<Transcript> {};

TEST_P(TranscriptTest, IsReadRight) {
  const Transcript& transcript = GetParam();
  ASSERT_FALSE(transcript.events.empty());
  const std::string wire = OnTheWire(transcript.body);
  Reading reading;
  reading.Take(wire);
  EXPECT_EQ(Told(reading.answer, true), Wanted(transcript, true));
  if (const auto message = transcript.expect.find("message"); message != transcript.expect.end()) {
    EXPECT_NE(reading.answer.message().find(message->second), std::string::npos)
        << reading.answer.message();
  }
}

TEST_P(TranscriptTest, IsReadRightAtEveryCut) {
  const std::string wire = OnTheWire(GetParam().body);
  const std::string wanted = Wanted(GetParam(), true);
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    Reading reading;
    reading.Take(std::string_view(wire).substr(0, cut));
    reading.Take(std::string_view(wire).substr(cut));
    ASSERT_EQ(Told(reading.answer, true), wanted) << "cut before byte " << cut;
  }
  Reading reading;
  for (const char& byte : wire) reading.Take({&byte, 1});
  EXPECT_EQ(Told(reading.answer, true), wanted) << "byte by byte";
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// Legal ways to write the same stream that clients are known to fail on.
struct Manner {
  const char* name;
  std::function<std::string(const std::string&)> write;
};

const std::vector<Manner>& Manners() {
  static const std::vector<Manner> manners = {
      {"crlf", [](const std::string& body) { return Replaced(body, "\n", "\r\n"); }},
      {"cr", [](const std::string& body) { return Replaced(body, "\n", "\r"); }},
      {"no_space", [](const std::string& body) { return Replaced(body, "data: {", "data:{"); }},
      {"comment_first", [](const std::string& body) { return ":\n\n" + body; }},
      {"comments_between",
       [](const std::string& body) { return Replaced(body, "\n\n", "\n\n: ping\n\n"); }},
      {"ids_and_retry",
       [](const std::string& body) {
         return Replaced(body, "data: {", "id: 7\nretry: 10\ndata: {");
       }},
      {"named",
       [](const std::string& body) {
         return body.find("event:") != body.npos
                    ? body
                    : Replaced(body, "data: {", "event: message\ndata: {");
       }},
      {"byte_order_mark", [](const std::string& body) { return "\xef\xbb\xbf" + body; }},
  };
  return manners;
}

TEST_P(TranscriptTest, IsReadRightHoweverItsLinesAreWritten) {
  const std::string wanted = Wanted(GetParam(), false);
  for (const Manner& manner : Manners()) {
    const std::string body = manner.write(GetParam().body);
    // Each event in a segment of its own, and all in one.
    for (const std::size_t piece : {body.size(), std::size_t{1}, std::size_t{17}}) {
      Reading reading;
      reading.Take("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n");
      for (std::size_t at = 0; at < body.size(); at += piece) {
        reading.Take(std::string_view(body).substr(at, piece));
      }
      EXPECT_EQ(Told(reading.answer, false), wanted) << manner.name << " in pieces of " << piece;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, TranscriptTest, testing::ValuesIn(AllTranscripts()),
                         [](const auto& test) { return test.param.name; });

const char* const kRole = R"(data: {"choices":[{"delta":{"role":"assistant","content":""}}]})"
                          "\n\n";
const char* const kToken = R"(data: {"choices":[{"delta":{"content":" a"}}]})"
                           "\n\n";
const char* const kFinish = R"(data: {"choices":[{"delta":{},"finish_reason":"length"}]})"
                            "\n\n";
const char* const kUsage = R"(data: {"choices":[],"usage":{"prompt_tokens":7,)"
                           R"("completion_tokens":2}})"
                           "\n\n";
const char* const kDone = "data: [DONE]\n\n";

std::string Choice(std::string_view rest) {
  return fmt::format("data: {{\"choices\":[{{{}}}]}}\n\n", rest);
}

/// What servers and the proxies before them were seen to write, beside every standard.
struct OddCase {
  const char* name;
  std::string body;
  std::string told;  // Without the text.
  std::string content_type = "text/event-stream";
  std::string message = {};  // Part of it.
};

std::vector<OddCase> OddCases() {
  const std::string begin = std::string(kRole) + kToken + kToken;
  const std::string end = std::string(kFinish) + kUsage + kDone;
  const std::string whole = begin + end;
  const std::string good =
      "ok input=7 output=2 cached= source=final_usage\nrole answer/1/2 answer/1/2 finish usage "
      "done ";
  const auto cut = [](const char* what) {
    return fmt::format("{} input= output=2 cached= source=event_count\nrole answer/1/2 answer/1/2 ",
                       what);
  };
  const std::string open = Choice(R"("delta":{"content":" a"},"finish_reason":"")");
  const std::string null = Choice(R"("delta":{"content":" a"},"finish_reason":"null")");
  const std::string counts = R"(,"usage":{"prompt_tokens":7,"completion_tokens":8})";
  const std::string wide = R"({"choices":[{"delta":{"content":"abcd"}}])";
  return {
      {"type_in_capitals", whole, good, "Text/Event-Stream; charset=UTF-8"},
      {"type_of_plain_text", whole, good, "text/plain; charset=utf-8"},
      {"no_type", whole, good, ""},
      {"other_type_and_a_comment", ": hello\n\n" + whole,
       "ok input=7 output=2 cached= source=final_usage\n"
       "comment role answer/1/2 answer/1/2 finish usage done ",
       "application/json"},
      {"no_end_with_empty_reasons", kRole + open + open, cut("truncated")},
      {"no_end_with_reasons_called_null", kRole + null + null, cut("truncated")},
      {"empty_reasons_and_an_end", kRole + open + open + end, good},
      {"given_up", begin + Choice(R"("delta":{},"finish_reason":"abort")") + kDone,
       cut("server_error") + "error done ", "text/event-stream", "gave the answer up"},
      {"ended_by_an_error", begin + Choice(R"("delta":{},"finish_reason":"error")") + kDone,
       cut("server_error") + "error done "},
      {"an_error_that_is_the_root",
       begin + R"(data: {"object":"error","message":"no memory","type":"X","code":500})" + "\n\n",
       cut("server_error") + "error ", "text/event-stream", "no memory"},
      {"an_error_that_is_empty", begin + R"(data: {"error":"","choices":[]})" + "\n\n" + end,
       "ok input=7 output=2 cached= source=final_usage\n"
       "role answer/1/2 answer/1/2 comment finish usage done "},
      {"blanks_behind_the_end_mark", begin + kFinish + kUsage + "data: [DONE] \n\n", good},
      {"data_behind_the_end", whole + kToken + kDone, good + "comment comment "},
      {"blank_data", "data:\n\n" + whole + "data: \n\n",
       "ok input=7 output=2 cached= source=final_usage\n"
       "comment role answer/1/2 answer/1/2 finish usage done comment "},
      {"pings_that_are_no_json", "event: ping\ndata: 2026-11-30 10:00\n\n" + whole,
       "ok input=7 output=2 cached= source=final_usage\n"
       "comment role answer/1/2 answer/1/2 finish usage done "},
      {"counts_of_nothing",
       begin + kFinish +
           R"(data: {"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0}})" + "\n\n" +
           kDone,
       "ok input= output=2 cached= source=event_count\n"
       "role answer/1/2 answer/1/2 finish usage done "},
      // 8 tokens in two events: how they are shared out the one count does not tell.
      {"counts_in_the_last_of_several",
       "data: " + wide + "}\n\ndata: " + wide + counts + "}\n\n" + kFinish + kDone,
       "ok input=7 output=8 cached= source=final_usage\nanswer/1/4 answer/1/4 finish done "},
  };
}

TEST(AnswerTest, OddStreams) {
  for (const OddCase& odd : OddCases()) {
    for (const std::size_t piece : {odd.body.size(), std::size_t{40}}) {
      Reading reading(/*keep_text=*/false);
      reading.Take(fmt::format(
          "HTTP/1.1 200 OK\r\n{}Content-Length: {}\r\n\r\n",
          odd.content_type.empty() ? "" : fmt::format("Content-Type: {}\r\n", odd.content_type),
          odd.body.size()));
      for (std::size_t at = 0; at < odd.body.size(); at += piece) {
        reading.Take(std::string_view(odd.body).substr(at, piece));
      }
      EXPECT_EQ(Told(reading.answer, true), odd.told + "\n") << odd.name << " by " << piece;
      EXPECT_NE(reading.answer.message().find(odd.message), std::string::npos)
          << odd.name << ": " << reading.answer.message();
    }
  }
}

TEST(AnswerTest, WhatDoesNotBeginLikeEventsIsNoStream) {
  for (const char* body : {R"({"choices":[]})", "<html>", "database is down", "eventually"}) {
    Reading reading;
    reading.Take(fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        std::string_view(body).size(), body));
    EXPECT_TRUE(reading.answer.failed()) << body;
    EXPECT_NE(reading.answer.message().find("no event stream"), std::string::npos) << body;
  }
}

TEST(AnswerTest, IsForgottenWhenTheNextBegins) {
  Reading reading;
  for (const Transcript& transcript : AllTranscripts()) {
    reading.answer.Begin(100);
    reading.parser.Reset();
    const std::string wire = OnTheWire(transcript.body);
    reading.Take(wire);
    EXPECT_EQ(Told(reading.answer, true), Wanted(transcript, true)) << transcript.name;
  }
}

TEST(AnswerTest, TheMediaTypeIsReadInAnyCase) {
  for (const char* type : {"text/event-stream", "Text/Event-Stream; charset=utf-8",
                           "TEXT/EVENT-STREAM ;charset=utf-8"}) {
    Reading reading;
    const std::string head = fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\n\r\n", type);
    reading.Take(head);
    const std::string event = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    reading.Take(event);
    EXPECT_EQ(reading.answer.events().size(), 1u) << type;
  }
}

TEST(AnswerTest, ABrokenConnectionTakesNothingFromAWholeAnswer) {
  Reading reading;
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
  reading.Take(head);
  EXPECT_FALSE(reading.answer.WholeDespite(net::FailureKind::kReset));
  const std::string finish =
      "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n";
  reading.Take(finish);
  EXPECT_TRUE(reading.answer.WholeDespite(net::FailureKind::kReset));
  EXPECT_FALSE(reading.answer.WholeDespite(net::FailureKind::kTimeout));
  const std::string done = "data: [DONE]\n\n";
  reading.Take(done);
  EXPECT_TRUE(reading.answer.WholeDespite(net::FailureKind::kTimeout));
}

}  // namespace
}  // namespace roofscape::load
