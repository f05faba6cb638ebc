#include "base/net/fetch.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "base/net/address.h"
#include "base/net/http_listener.h"
#include "base/net/http_parser.h"
#include "base/net/testing/scripted_server.h"

namespace roofscape::net {
namespace {

using testing::Answer;
using testing::Chunk;
using testing::ChunkedHead;
using testing::LastChunk;
using testing::Peer;
using testing::RefusedPort;
using testing::Request;
using testing::ScriptedServer;

TEST(Fetch, GetsAndPosts) {
  const SystemClock clock;
  ScriptedServer server({Answer(200, "application/json", "{\"a\":1}"),
                         ChunkedHead() + Chunk("ab") + Chunk("c") + LastChunk()});
  const auto got = Fetch(server.url(), "/v1/models?x=1", {}, clock);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "{\"a\":1}");
  EXPECT_EQ(got->Find("CONTENT-type"), "application/json");
  EXPECT_EQ(got->Find("none"), std::nullopt);

  FetchOptions post;
  post.method = "POST";
  post.headers = {{"Authorization", "Bearer k"}};
  post.body = "{}";
  const auto posted = Fetch(server.url(), "/tokenize", post, clock);
  ASSERT_TRUE(posted) << posted.error().message;
  EXPECT_EQ(posted->body, "abc");

  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].head, "GET /v1/models?x=1 HTTP/1.1\r\nHost: " + server.url().HostHeader() +
                                  "\r\nAccept-Encoding: identity\r\n\r\n");
  EXPECT_EQ(requests[1].Target(), "/tokenize");
  EXPECT_EQ(requests[1].body, "{}");
  EXPECT_NE(requests[1].head.find("Authorization: Bearer k\r\n"), std::string::npos);
}

// Of two addresses with the same port only the other one answers.
TEST(Fetch, IPv6IsTakenWhereIPv4IsRefused) {
  const auto listener = OpenListener("::1", 0, {});
  if (!listener) GTEST_SKIP() << "no IPv6 here: " << listener.error().message;
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_addr = in6addr_loopback;
  six.sin6_port = htons(BoundPort(listener->get()));
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  four.sin_port = six.sin6_port;
  // Socket addresses are passed by their base type.
  addrinfo second{};
  second.ai_family = AF_INET;
  second.ai_addr = reinterpret_cast<sockaddr*>(&four);
  second.ai_addrlen = sizeof four;
  addrinfo first{};
  first.ai_family = AF_INET6;
  first.ai_addr = reinterpret_cast<sockaddr*>(&six);
  first.ai_addrlen = sizeof six;
  first.ai_next = &second;
  EXPECT_EQ(BestAddress(&first), &first);
  // Somebody listens at both, or nobody at either: IPv4.
  const auto both = OpenListener("127.0.0.1", ntohs(four.sin_port), {});
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(BestAddress(&first), &second);
  six.sin6_port = four.sin_port = htons(RefusedPort());
  EXPECT_EQ(BestAddress(&first), &second);
  EXPECT_EQ(BestAddress(&second), &second);
}

TEST(Fetch, HeadHasNoBody) {
  const SystemClock clock;
  ScriptedServer server({"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"});
  FetchOptions options;
  options.method = "HEAD";
  const auto got = Fetch(server.url(), "/", options, clock);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->body, "");
}

TEST(Fetch, AnyStatusIsAnAnswer) {
  const SystemClock clock;
  ScriptedServer server({Answer(503, "text/html", "<html>loading</html>")});
  const auto got = Fetch(server.url(), "/health", {}, clock);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 503);
  EXPECT_EQ(got->body, "<html>loading</html>");
}

TEST(Fetch, IgnoresProxiesOfTheEnvironment) {
  const SystemClock clock;
  ::setenv("http_proxy", "http://127.0.0.1:9", 1);
  ScriptedServer server({Answer(200, "a/b", "direct")});
  const auto got = Fetch(server.url(), "/", {}, clock);
  ::unsetenv("http_proxy");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->body, "direct");
}

TEST(Fetch, FailuresSayWhereAndWhatToDo) {
  const SystemClock clock;
  Url refused;
  refused.host = "127.0.0.1";
  refused.port = RefusedPort();
  const auto none = Fetch(refused, "/", {}, clock);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, refused.Origin() +
                                      ": connection refused. Is the server running? Start it, or "
                                      "check host and port.");

  ScriptedServer silent([](const Request&, Peer& peer) { peer.WaitForClose(); });
  FetchOptions hasty;
  hasty.timeout = std::chrono::milliseconds(50);
  const auto late = Fetch(silent.url(), "/", hasty, clock);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);

  ScriptedServer large({Answer(200, "a/b", std::string(1000, 'x'))});
  FetchOptions small;
  small.max_body_bytes = 999;
  const auto too_long = Fetch(large.url(), "/", small, clock);
  ASSERT_FALSE(too_long);
  EXPECT_NE(too_long.error().message.find("longer than 999 bytes"), std::string::npos);
}

TEST(RequestHead, WritesWhatTheWireWants) {
  const auto post = RequestHead("POST", "/v1", "h:1", {{"X-Key", "v w"}}, 12);
  ASSERT_TRUE(post);
  EXPECT_EQ(*post,
            "POST /v1 HTTP/1.1\r\nHost: h:1\r\nAccept-Encoding: identity\r\nX-Key: v w\r\n"
            "Content-Length: 12\r\n\r\n");
  const auto empty_post = RequestHead("POST", "/", "h", {}, 0);
  ASSERT_TRUE(empty_post);
  EXPECT_NE(empty_post->find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(RequestHead, RefusesWhatWouldBreakTheRequest) {
  const std::vector<std::pair<Header, std::string>> bad = {
      {{"X", "a\r\nEvil: 1"}, "header 'X': its value holds a line end"},
      {{"", "a"}, "header ''"},
      {{"Bad Name", "a"}, "header 'Bad Name'"},
      {{"HOST", "a"}, "written by the client itself"},
      {{"Content-Length", "3"}, "written by the client itself"},
  };
  for (const auto& [header, part] : bad) {
    const auto head = RequestHead("GET", "/", "h", {header}, 0);
    ASSERT_FALSE(head) << header.name;
    EXPECT_EQ(head.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(head.error().message.find(part), std::string::npos) << head.error().message;
  }
  EXPECT_FALSE(RequestHead("GET", "no-slash", "h", {}, 0));
  EXPECT_FALSE(RequestHead("GET", "/a b", "h", {}, 0));
  EXPECT_FALSE(RequestHead("GE T", "/", "h", {}, 0));
}

}  // namespace
}  // namespace roofscape::net
