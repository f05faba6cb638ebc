#include "base/net/sse_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/net/testing/sse_reference.h"

namespace roofscape::net {
namespace {

using testing::CutAtRandom;
using testing::Describe;
using testing::ParseSseByTheStandard;
using testing::ParseSsePieces;
using testing::SseItem;
using testing::SseOutcome;

constexpr const char* kCorpus = "fuzz/corpus/sse";

/// Every stream of the corpus by name. Tests run in the root of the source tree.
std::vector<std::pair<std::string, std::string>> Corpus() {
  std::vector<std::pair<std::string, std::string>> streams;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus)) {
    std::ifstream file(entry.path(), std::ios::binary);
    streams.emplace_back(entry.path().filename().string(),
                         std::string(std::istreambuf_iterator<char>(file), {}));
  }
  std::sort(streams.begin(), streams.end());
  return streams;
}

std::string ReadCorpus(const std::string& name) {
  for (auto& [found, text] : Corpus()) {
    if (found == name) return text;
  }
  ADD_FAILURE() << "no " << name << " in " << kCorpus;
  return "";
}

SseItem Event(std::string data, std::string type = "message", std::string id = "") {
  return {false, std::move(type), std::move(data), std::move(id)};
}
SseItem Comment(std::string text) { return {true, "", std::move(text), ""}; }

struct Case {
  std::string stream;
  std::vector<SseItem> items;
  bool truncated = false;
};

// Spelled out by hand, so that reference and parser cannot be wrong in the same way unseen.
TEST(SseParser, DoesWhatTheStandardSays) {
  const std::vector<Case> cases = {
      {"data: a\n\n", {Event("a")}},
      {"data:a\n\n", {Event("a")}},
      {"data:  a\n\n", {Event(" a")}},
      {"data: a\r\n\r\n", {Event("a")}},
      {"data: a\r\r", {Event("a")}},
      {"data: a\r\n\ndata: b\n\r\n", {Event("a"), Event("b")}},
      {"data: a\ndata: b\n\n", {Event("a\nb")}},
      {"data\n\n", {Event("")}},
      {"data\ndata\n\n", {Event("\n")}},
      {"\n\n\n", {}},
      {": c\n\ndata: a\n\n", {Comment(" c"), Event("a")}},
      {":\n\n", {Comment("")}},
      {"data: a\n: c\ndata: b\n\n", {Comment(" c"), Event("a\nb")}},
      {"event: t\ndata: a\n\ndata: b\n\n", {Event("a", "t"), Event("b")}},
      {"event: t\n\ndata: b\n\n", {Event("b")}},
      {"event: t\nevent:\ndata: b\n\n", {Event("b")}},
      {"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
       {Event("a", "message", "1"), Event("b", "message", "1"), Event("c")}},
      {"Data: a\n data: b\ndatax: c\n\n", {}},
      {"data: a:b\n\n", {Event("a:b")}},
      {"\xEF\xBB\xBF"
       "data: a\n\n",
       {Event("a")}},
      {"\xEF\xBB"
       "data: a\n\n",
       {}},
      {"data: a\n", {}, true},
      {"data: a", {}, true},
      {"event: a\n", {}, true},
      {": c\n", {Comment(" c")}, false},
      {"id: 1\n", {}, false},
      {"data: a\n\ndata: b\n", {Event("a")}, true},
      {"", {}},
  };
  for (const Case& c : cases) {
    const SseOutcome want{c.items, c.truncated, {}};
    EXPECT_EQ(ParseSsePieces({c.stream}), want) << c.stream << "\n"
                                                << Describe(ParseSsePieces({c.stream}));
    EXPECT_EQ(ParseSseByTheStandard(c.stream), want) << c.stream << "\n"
                                                     << Describe(ParseSseByTheStandard(c.stream));
  }
}

TEST(SseParser, RetryIsDigitsOnly) {
  EXPECT_EQ(ParseSsePieces({"retry: 3000\n"}).retry_ms, 3000u);
  for (const char* bad : {"retry\n", "retry: -1\n", "retry: 1.5\n", "retry: 9 \n"}) {
    EXPECT_EQ(ParseSsePieces({bad}).retry_ms, std::nullopt) << bad;
  }
}

TEST(SseParser, TheCorpusIsThere) { EXPECT_GE(Corpus().size(), 40u); }

TEST(SseParser, EveryCorpusStreamCutOnceAnywhere) {
  for (const auto& [name, stream] : Corpus()) {
    const SseOutcome want = ParseSseByTheStandard(stream);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      const std::string_view text = stream;
      const SseOutcome got = ParseSsePieces({text.substr(0, cut), text.substr(cut)});
      ASSERT_EQ(got, want) << name << " cut at " << cut << "\n" << Describe(got) << Describe(want);
    }
  }
}

TEST(SseParser, EveryCorpusStreamByteByByte) {
  for (const auto& [name, stream] : Corpus()) {
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < stream.size(); ++i) bytes.emplace_back(stream.data() + i, 1);
    EXPECT_EQ(ParseSsePieces(bytes), ParseSseByTheStandard(stream)) << name;
  }
}

TEST(SseParser, EveryPrefixOfACorpusStream) {
  for (const auto& [name, stream] : Corpus()) {
    for (std::size_t size = 0; size <= std::min<std::size_t>(stream.size(), 600); ++size) {
      const std::string_view prefix = std::string_view(stream).substr(0, size);
      ASSERT_EQ(ParseSsePieces({prefix}), ParseSseByTheStandard(prefix)) << name << " to " << size;
    }
  }
}

TEST(SseParser, RandomStreamsAndCutsAgreeWithTheReference) {
  const std::vector<std::string> words = {"data",
                                          "data:",
                                          "data: ",
                                          "event: ",
                                          "event",
                                          "id: ",
                                          "id",
                                          ":",
                                          " ",
                                          "\n",
                                          "\n\n",
                                          "\r",
                                          "\r\n",
                                          "\n",
                                          "x",
                                          "hello world",
                                          "{}",
                                          "retry: ",
                                          "7",
                                          "\xEF",
                                          "\xEF\xBB\xBF",
                                          "[DONE]",
                                          "\t",
                                          "data: y\n\n",
                                          "data: z\r\n\r\n",
                                          std::string(1, '\0'),
                                          std::string(70, 'q')};
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    Rng rng(seed);
    std::string stream;
    for (std::uint64_t n = rng.Below(40); n > 0; --n) stream += words[rng.Below(words.size())];
    const SseOutcome want = ParseSseByTheStandard(stream);
    for (const std::size_t mean : {1u, 3u, 20u, 10000u}) {
      const SseOutcome got = ParseSsePieces(CutAtRandom(stream, mean, &rng));
      ASSERT_EQ(got, want) << "seed " << seed << " mean " << mean << "\n"
                           << Describe(got) << Describe(want);
    }
  }
}

struct Counter {
  void OnEvent(const SseEvent& event) {
    ++events;
    last_data = event.data;
  }
  void OnComment(std::string_view) {}
  int events = 0;
  std::string_view last_data;
};

TEST(SseParser, AWholeEventIsNotCopied) {
  const std::vector<std::string> streams = {"data: {\"a\":1}\n\n", "data: {\"a\":1}\r\n\r\n",
                                            "event: x\nid: 3\ndata: {\"a\":1}\n\n"};
  for (const std::string& stream : streams) {
    SseParser parser;
    Counter counter;
    ASSERT_TRUE(parser.Feed(stream, counter));
    EXPECT_EQ(counter.events, 1);
    EXPECT_GE(counter.last_data.data(), stream.data()) << stream;
    EXPECT_LT(counter.last_data.data(), stream.data() + stream.size()) << stream;
  }
}

TEST(SseParser, TheBoundHoldsHoweverTheStreamIsCut) {
  const std::string fits = "data: " + std::string(94, 'x') + "\n\n";
  std::string joined = "data:" + std::string(60, 'x');
  joined += "\ndata:" + std::string(40, 'y') + "\n\n";
  const std::vector<std::string> passes = {"data: " + std::string(95, 'x') + "\n\n",
                                           ": " + std::string(99, 'x'), std::string(101, 'x'),
                                           joined};
  for (const std::size_t piece : {1u, 7u, 1000u}) {
    const auto feed = [&](std::string_view stream, Counter* counter) {
      SseParser parser(100);
      bool ok = true;
      for (std::size_t i = 0; i < stream.size(); i += piece) {
        ok = parser.Feed(stream.substr(i, piece), *counter);
      }
      return ok;
    };
    Counter counter;
    EXPECT_TRUE(feed(fits + fits, &counter));
    EXPECT_EQ(counter.events, 2);
    for (const std::string& stream : passes) {
      Counter after;
      EXPECT_FALSE(feed(std::string(fits).append(stream).append(fits), &after))
          << stream << " in pieces of " << piece;
      EXPECT_EQ(after.events, 1) << stream;
    }
  }
}

TEST(SseParser, ResetForgetsTheStreamBefore) {
  SseParser parser(50);
  Counter counter;
  EXPECT_FALSE(parser.Feed("id: 9\nevent: x\ndata: " + std::string(60, 'x'), counter));
  EXPECT_FALSE(parser.Feed("data: b\n\n", counter));
  parser.Reset();
  EXPECT_FALSE(parser.Finish().truncated);
  ASSERT_TRUE(parser.Feed("data: b\n\n", counter));
  EXPECT_EQ(counter.events, 1);
}

TEST(SseParser, FinishShowsWhatWasCut) {
  SseParser parser;
  Counter counter;
  ASSERT_TRUE(parser.Feed("data: a\n\ndata: {\"cut\":", counter));
  const SseEnd end = parser.Finish();
  EXPECT_TRUE(end.truncated);
  EXPECT_EQ(end.pending, "data: {\"cut\":");
}

// The faults of other parsers that load_generators tell of, one by one.
TEST(SseParser, CorpusFaultsGiveTheRightTokens) {
  EXPECT_EQ(
      ParseSsePieces({ReadCorpus("fault_split_at_space")}).items,
      (std::vector<SseItem>{Event("{\"c\":\"hello world\"}"),
                            Event("{\"c\":\" leading and trailing \"}"), Event(" two spaces")}));
  const auto count = [](const std::string& name) {
    const auto items = ParseSsePieces({ReadCorpus(name)}).items;
    return std::count_if(items.begin(), items.end(), [](const auto& i) { return !i.comment; });
  };
  EXPECT_EQ(count("fault_comment_midstream"), 3);
  EXPECT_EQ(count("fault_comment_first"), 2);
  EXPECT_EQ(count("fault_no_space"), 2);
  EXPECT_EQ(count("fault_event_line"), 1);
  EXPECT_EQ(count("fault_crlf"), count("vllm_chat"));
  EXPECT_EQ(count("cr_only"), count("vllm_chat"));
}

}  // namespace
}  // namespace roofscape::net
