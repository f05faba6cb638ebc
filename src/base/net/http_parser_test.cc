#include "base/net/http_parser.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/net/testing/http_outcome.h"

namespace roofscape::net {
namespace {

using testing::HttpOutcome;
using testing::ParseHttpPieces;

HttpOutcome Parse(std::string_view response, bool to_head = false) {
  return ParseHttpPieces({response}, to_head);
}

constexpr const char* kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(HttpParser, ReadsStatusAndHeaders) {
  HttpResponseParser parser;
  std::string_view input =
      "HTTP/1.1 404 Not Found\r\nContent-Type:text/html \r\nX-Empty:\r\ncontent-length: 0\r\n\r\n";
  ASSERT_EQ(parser.Next(&input), HttpResponseParser::Item::kHead);
  EXPECT_EQ(parser.head().status, 404);
  EXPECT_EQ(parser.head().reason, "Not Found");
  EXPECT_EQ(parser.head().Find("content-TYPE"), "text/html");
  EXPECT_EQ(parser.head().Find("x-empty"), "");
  EXPECT_EQ(parser.head().Find("missing"), std::nullopt);
  EXPECT_EQ(parser.Next(&input), HttpResponseParser::Item::kEnd);
}

struct GoodCase {
  const char* name;
  std::string response;
  std::string body;
  bool keep_alive = true;
  bool until_eof = false;
};

TEST(HttpParser, Framings) {
  const std::string chunked = kChunked;
  const std::vector<GoodCase> cases = {
      {"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"},
      {"length list", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello", "hello"},
      {"no length", "HTTP/1.1 200 OK\r\n\r\nhello", "hello", false, true},
      {"1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", false},
      {"1.0 kept", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx", "x"},
      {"close", "HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 1\r\n\r\nx", "x",
       false},
      {"204", "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", ""},
      {"304", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", ""},
      {"interim",
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nA: b\r\n\r\nHTTP/1.1 200 "
       "OK\r\nContent-Length: 2\r\n\r\nok",
       "ok"},
      {"chunks", chunked + "3\r\nabc\r\n02\r\nde\r\n0\r\n\r\n", "abcde"},
      {"extensions", chunked + "3;a=\"b;c\"\r\nabc\r\nA \r\n0123456789\r\n0;x\r\nT: 1\r\n\r\n",
       "abc0123456789"},
      {"bare LF",
       "HTTP/1.1 200 OK\nTransfer-Encoding: Chunked\n\n3\nabc\n000000000001\nd\n0\nT: u\n\n",
       "abcd"},
      {"both",
       "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n" +
           std::string("1\r\nx\r\n0\r\n\r\n"),
       "x", false},
  };
  for (const GoodCase& c : cases) {
    const HttpOutcome got = Parse(c.response);
    EXPECT_EQ(got.end, HttpOutcome::End::kComplete) << c.name << ": " << got.error;
    EXPECT_EQ(got.ended_at_eof, c.until_eof) << c.name;
    EXPECT_EQ(got.body, c.body) << c.name;
    EXPECT_EQ(got.keep_alive, c.keep_alive) << c.name;
    EXPECT_EQ(got.rest, 0u) << c.name;
  }
}

TEST(HttpParser, AnswerToHeadHasNoBody) {
  const HttpOutcome got = Parse("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", true);
  EXPECT_EQ(got.end, HttpOutcome::End::kComplete);
  EXPECT_EQ(got.body, "");
  EXPECT_TRUE(got.keep_alive);
}

TEST(HttpParser, LeavesWhatFollowsTheResponse) {
  EXPECT_EQ(Parse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokEXTRA").rest, 5u);
  EXPECT_EQ(Parse(std::string(kChunked) + "0\r\n\r\nEXTRA").rest, 5u);
}

TEST(HttpParser, MalformedInputSaysWhatWasSeen) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = kChunked;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"<html><body>hi", "does not speak HTTP/1: it began with '<html><body>hi'"},
      {"H2", "does not speak HTTP/1"},
      {"HTTP/2 200\r\n\r\n", "not an HTTP/1 status line: 'HTTP/2 200'"},
      {"HTTP/1.1 2x0 OK\r\n\r\n", "not an HTTP/1 status line"},
      {"HTTP/1.1 200OK\r\n\r\n", "not an HTTP/1 status line"},
      {"HTTP/1.1 101 Switching\r\n\r\n", "switched to another protocol"},
      {ok + "A: b\r\n c\r\n\r\n", "malformed header line: ' c'"},
      {ok + "Bad Name: b\r\n\r\n", "malformed header line: 'Bad Name: b'"},
      {ok + "nocolon\r\n\r\n", "malformed header line"},
      {ok + ": b\r\n\r\n", "malformed header line"},
      {ok + "A: b\rc\r\n\r\n", "malformed header line"},
      {ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "contradictory content-length"},
      {ok + "Content-Length: -1\r\n\r\n", "bad or contradictory content-length: '-1'"},
      {ok + "Content-Length: \r\n\r\n", "bad or contradictory content-length"},
      {ok + "Content-Length: 99999999999999999999999\r\n\r\n", "bad or contradictory"},
      {ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", "transfer encoding 'gzip, chunked'"},
      {chunked + "xyz\r\n", "not a hexadecimal number: 'x'"},
      {chunked + "\r\n", "not a hexadecimal number"},
      {chunked + "fffffffffffffffff\r\n", "too large"},
      {chunked + "3\r\nabcd", "longer than it announced: 'd'"},
      {chunked + "3\rx", "lone CR"},
      {chunked + "0\r\n\rx", "lone CR"},
      {chunked + "1;" + std::string(5000, 'x'), "chunk size line of the answer is longer"},
      {chunked + "0\r\nT: " + std::string(70000, 'x'), "trailers are longer than"},
      {ok + "A: " + std::string(70000, 'x'), "headers are longer than 65536 bytes"},
  };
  for (const auto& [response, part] : cases) {
    const HttpOutcome got = Parse(response);
    EXPECT_EQ(got.end, HttpOutcome::End::kError) << response.substr(0, 200);
    EXPECT_NE(got.error.find(part), std::string::npos)
        << response.substr(0, 200) << "\ngave: " << got.error;
  }
}

TEST(HttpParser, TooManyHeadersOrInterimResponses) {
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 201; ++i) many += "A: b\r\n";
  EXPECT_NE(Parse(many + "\r\n").error.find("more than 200 headers"), std::string::npos);
  std::string interim;
  for (int i = 0; i < 33; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_NE(Parse(interim).error.find("interim"), std::string::npos);
}

TEST(HttpParser, EofTellsWhatIsMissing) {
  const std::string chunked = kChunked;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "without an answer"},
      {"HTTP/1.1 20", "inside the answer's headers"},
      {"HTTP/1.1 100 Continue\r\n\r\n", "inside the answer's headers"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "after 3 of 10 body bytes"},
      {chunked + "5\r\nabc", "inside a chunk, 2 bytes of it missing, after 3 body bytes"},
      {chunked + "3\r\nabc\r\n", "before the last chunk, after 3 body bytes"},
      {chunked + "0\r\n", "before the last chunk"},
  };
  for (const auto& [response, part] : cases) {
    const HttpOutcome got = Parse(response);
    EXPECT_EQ(got.end, HttpOutcome::End::kTruncated) << response;
    EXPECT_NE(got.error.find(part), std::string::npos) << response << "\ngave: " << got.error;
  }
}

TEST(HttpParser, EveryCorpusResponseCutAnywhereComesOutTheSame) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("fuzz/corpus/http")) {
    ++files;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string response(std::istreambuf_iterator<char>(file), {});
    const HttpOutcome want = Parse(response);
    std::vector<std::string_view> bytes;
    for (std::size_t cut = 0; cut < response.size(); ++cut) {
      const std::string_view text = response;
      bytes.push_back(text.substr(cut, 1));
      const HttpOutcome got = ParseHttpPieces({text.substr(0, cut), text.substr(cut)}, false);
      ASSERT_TRUE(got.SameAs(want)) << entry.path() << " cut at " << cut << ": " << got.error;
    }
    EXPECT_TRUE(ParseHttpPieces(bytes, false).SameAs(want)) << entry.path() << " byte by byte";
  }
  EXPECT_GE(files, 25);
}

TEST(HttpParser, ResetStartsAfresh) {
  HttpResponseParser parser;
  std::string_view bad = "garbage";
  EXPECT_EQ(parser.Next(&bad), HttpResponseParser::Item::kError);
  parser.Reset();
  EXPECT_FALSE(parser.started());
  std::string_view good = "HTTP/1.1 204 No Content\r\n\r\n";
  EXPECT_EQ(parser.Next(&good), HttpResponseParser::Item::kHead);
  EXPECT_EQ(parser.Next(&good), HttpResponseParser::Item::kEnd);
}

}  // namespace
}  // namespace roofscape::net
