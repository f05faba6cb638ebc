#include "base/net/http_request_parser.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/net/testing/http_request_outcome.h"

namespace roofscape::net {
namespace {

using testing::HttpRequestOutcome;
using testing::ParseRequestPieces;
using testing::SameRequests;

HttpRequestOutcome Parse(std::string_view request, const HttpRequestLimits& limits = {}) {
  return ParseRequestPieces({request}, limits).front();
}

const std::string kPost = "POST /v1/completions HTTP/1.1\r\nHost: x\r\n";
const std::string kChunkedPost = kPost + "Transfer-Encoding: chunked\r\n\r\n";

TEST(HttpRequestParser, ReadsRequestLineAndHeaders) {
  HttpRequestParser parser;
  const std::string request = "GET /v1/models?a=b HTTP/1.1\r\nHOST: h:80\r\nX-Empty:\r\n\r\n";
  std::string_view input = request;
  ASSERT_EQ(parser.Next(&input), HttpRequestParser::Item::kHead);
  EXPECT_EQ(parser.head().method, "GET");
  EXPECT_EQ(parser.head().target, "/v1/models?a=b");
  EXPECT_EQ(parser.head().Path(), "/v1/models");
  EXPECT_EQ(parser.head().minor_version, 1);
  EXPECT_EQ(parser.head().Find("host"), "h:80");
  EXPECT_EQ(parser.head().Find("x-empty"), "");
  EXPECT_EQ(parser.head().Find("missing"), std::nullopt);
  EXPECT_EQ(parser.Next(&input), HttpRequestParser::Item::kEnd);
}

TEST(HttpRequestParser, TheHeadOutlivesTheReadThatBroughtIt) {
  HttpRequestParser parser;
  {
    const std::string first = kPost + "Content-Length: 2\r\n\r\na";
    std::string_view input = first;
    ASSERT_EQ(parser.Next(&input), HttpRequestParser::Item::kHead);
    ASSERT_EQ(parser.Next(&input), HttpRequestParser::Item::kBody);
    ASSERT_EQ(parser.Next(&input), HttpRequestParser::Item::kNeedMore);
  }
  std::string_view second = "b";
  ASSERT_EQ(parser.Next(&second), HttpRequestParser::Item::kBody);
  ASSERT_EQ(parser.Next(&second), HttpRequestParser::Item::kEnd);
  EXPECT_EQ(parser.head().target, "/v1/completions");
  EXPECT_EQ(parser.head().Find("content-length"), "2");
}

struct GoodCase {
  const char* name;
  std::string request;
  std::string body;
  bool keep_alive = true;
  bool expects_continue = false;
};

TEST(HttpRequestParser, FramingsAndKeepAlive) {
  const std::vector<GoodCase> cases = {
      {"no body", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", ""},
      {"length", kPost + "Content-Length: 5\r\n\r\nhello", "hello"},
      {"length list", kPost + "Content-Length: 5, 5\r\n\r\nhello", "hello"},
      {"length twice", kPost + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "hello"},
      {"length 0", kPost + "Content-Length: 0\r\n\r\n", ""},
      {"chunks", kChunkedPost + "3\r\nabc\r\n02;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n", "abcde"},
      {"bare LF", "GET / HTTP/1.1\nHost: x\n\n", ""},
      {"line ends before", "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", ""},
      {"1.0", "GET / HTTP/1.0\r\n\r\n", "", false},
      {"1.0 kept", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", ""},
      {"close", "GET / HTTP/1.1\r\nHost: x\r\nConnection: TE, Close\r\n\r\n", "", false},
      {"close wins", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close, keep-alive\r\n\r\n", "",
       false},
      {"expect", kPost + "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx", "x", true, true},
      {"expect chunked",
       kPost + "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", true,
       true},
      {"expect nothing", kPost + "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n", ""},
      {"expect 1.0", "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", "x",
       false},
  };
  for (const GoodCase& c : cases) {
    const HttpRequestOutcome got = Parse(c.request);
    EXPECT_TRUE(got.complete) << c.name << ": " << got.error;
    EXPECT_EQ(got.body, c.body) << c.name;
    EXPECT_EQ(got.keep_alive, c.keep_alive) << c.name;
    EXPECT_EQ(got.expects_continue, c.expects_continue) << c.name;
  }
}

TEST(HttpRequestParser, TargetsOfEveryForm) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/a?b", "/a?b"}, {"*", "*"}, {"http://host:80/a", "/a"}, {"HTTP://host", "/"}};
  for (const auto& [sent, read] : cases) {
    EXPECT_EQ(Parse("GET " + sent + " HTTP/1.1\r\nHost: x\r\n\r\n").target, read) << sent;
  }
}

struct BadCase {
  std::string request;
  int status;
  std::string part;
};

TEST(HttpRequestParser, WhatIsRefusedAndWithWhichStatus) {
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n";
  const std::vector<BadCase> cases = {
      {"\x16\x03\x01", 400, "speaks TLS to a plain HTTP port"},
      {"\x01garbage", 400, "no HTTP/1 request: it began with '.garbage'"},
      {" GET / HTTP/1.1\r\n\r\n", 400, "no HTTP/1 request"},
      {std::string(33, 'A'), 400, "no HTTP/1 request"},
      {"\r\n\r\n\r\n", 400, "only empty lines"},
      {"GET\r\n\r\n", 400, "no HTTP/1 request"},
      {"GET /\r\n\r\n", 400, "not an HTTP/1 request line: 'GET /'"},
      {"GET / a HTTP/1.1\r\nHost: x\r\n\r\n", 400, "not a request target: '/ a'"},
      {"GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400, "not a request target: 'a'"},
      {"GET  HTTP/1.1\r\nHost: x\r\n\r\n", 400, "not a request target: ''"},
      {"GET / http/1.1\r\n\r\n", 400, "not an HTTP version"},
      {"PRI * HTTP/2.0\r\n\r\n", 505, "HTTP/2.0 is not spoken"},
      {get + "A: b\r\n c\r\n\r\n", 400, "malformed header line: ' c'"},
      {get + "A : b\r\n\r\n", 400, "malformed header line"},
      {get + "nocolon\r\n\r\n", 400, "malformed header line"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "0 Host headers"},
      {get + "host: y\r\n\r\n", 400, "2 Host headers"},
      {kPost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "both"},
      {kPost + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400, "contradictory"},
      {kPost + "Content-Length: 5, 6\r\n\r\n", 400, "contradictory"},
      {kPost + "Content-Length: +5\r\n\r\n", 400, "contradictory"},
      {kPost + "Content-Length: 99999999999999999999999\r\n\r\n", 400, "contradictory"},
      {kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "'gzip, chunked' is not known"},
      {kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 501, "known"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "HTTP/1.0 request cannot"},
      {kPost + "Expect: fire\r\n\r\n", 417, "expectation 'fire'"},
      {kChunkedPost + "xyz\r\n", 400, "chunk size of the request is not a hexadecimal number"},
      {kChunkedPost + "1\r\nab", 400, "longer than it announced"},
      {"GET /" + std::string(70000, 'x'), 414, "first line is longer than 65536"},
      {get + "A: " + std::string(70000, 'x'), 431, "headers are longer than 65536"},
      {kPost + "Content-Length: 67108865\r\n\r\n", 413, "body is longer than 67108864"},
  };
  for (const BadCase& c : cases) {
    const HttpRequestOutcome got = Parse(c.request);
    EXPECT_EQ(got.error_status, c.status) << c.request.substr(0, 200) << "\n" << got.error;
    EXPECT_NE(got.error.find(c.part), std::string::npos)
        << c.request.substr(0, 200) << "\ngave: " << got.error;
    EXPECT_TRUE(got.error.ends_with('.')) << got.error;
    EXPECT_FALSE(got.keep_alive);
  }
}

TEST(HttpRequestParser, LimitsOnHeadersAndChunkedBody) {
  HttpRequestLimits limits;
  limits.head.headers = 2;
  limits.body_bytes = 4;
  EXPECT_TRUE(Parse("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n", limits).complete);
  EXPECT_EQ(Parse("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\nC: d\r\n\r\n", limits).error_status, 431);
  EXPECT_EQ(Parse(kChunkedPost + "4\r\nabcd\r\n0\r\n\r\n", limits).body, "abcd");
  EXPECT_EQ(Parse(kChunkedPost + "4\r\nabcd\r\n1\r\ne\r\n0\r\n\r\n", limits).error_status, 413);
}

// Found by the fuzzer: a size line that came whole was not held to its limit.
TEST(HttpRequestParser, TheLimitOfAChunkLineDoesNotDependOnTheCut) {
  HttpRequestLimits limits;
  limits.head.chunk_line_bytes = 8;
  for (const auto& [line, status] : {std::pair{"000001\r\n", 0}, {"0000001\r\n", 400}}) {
    const std::string request = kChunkedPost + line + "x\r\n0\r\n\r\n";
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < request.size(); ++i) {
      bytes.push_back(std::string_view(request).substr(i, 1));
    }
    EXPECT_EQ(Parse(request, limits).error_status, status) << line;
    EXPECT_EQ(ParseRequestPieces(bytes, limits).front().error_status, status) << line;
  }
}

TEST(HttpRequestParser, RequestsInARow) {
  const auto got = ParseRequestPieces({kPost + "Content-Length: 2\r\n\r\nok" + kChunkedPost +
                                       "1\r\nx\r\n0\r\n\r\n" + "GET /3 HTTP/1.1\r\nHost: x\r\n"});
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0].body, "ok");
  EXPECT_EQ(got[1].body, "x");
  EXPECT_FALSE(got[2].complete);
  EXPECT_EQ(got[2].error_status, 0);
}

TEST(HttpRequestParser, EveryCorpusRequestCutAnywhereComesOutTheSame) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("fuzz/corpus/http_request")) {
    ++files;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string request(std::istreambuf_iterator<char>(file), {});
    const auto want = ParseRequestPieces({request});
    std::vector<std::string_view> bytes;
    for (std::size_t cut = 0; cut < request.size(); ++cut) {
      const std::string_view text = request;
      bytes.push_back(text.substr(cut, 1));
      ASSERT_TRUE(SameRequests(ParseRequestPieces({text.substr(0, cut), text.substr(cut)}), want))
          << entry.path() << " cut at " << cut;
    }
    EXPECT_TRUE(SameRequests(ParseRequestPieces(bytes), want)) << entry.path() << " byte by byte";
  }
  EXPECT_GE(files, 20);
}

}  // namespace
}  // namespace roofscape::net
