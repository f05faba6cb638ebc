#include "base/net/url.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/net/address.h"

namespace roofscape::net {
namespace {

struct GoodUrl {
  const char* text;
  const char* host;
  int port;
  const char* path;
  const char* host_header;
};

TEST(ParseUrl, TakesWhatUsersType) {
  const std::vector<GoodUrl> cases = {
      {"http://127.0.0.1:8000", "127.0.0.1", 8000, "/", "127.0.0.1:8000"},
      {"127.0.0.1:8000", "127.0.0.1", 8000, "/", "127.0.0.1:8000"},
      {"localhost", "localhost", 80, "/", "localhost"},
      {"HTTP://Box_1.lan:80/v1/", "Box_1.lan", 80, "/v1/", "Box_1.lan"},
      {"http://h/a//b/../c%20d?x=1&y=:", "h", 80, "/a//b/../c%20d?x=1&y=:", "h"},
      {"host?x=http://y", "host", 80, "/?x=http://y", "host"},
      {"http://[::1]:8080/v1", "::1", 8080, "/v1", "[::1]:8080"},
      {"[fe80::1]", "fe80::1", 80, "/", "[fe80::1]"},
  };
  for (const GoodUrl& c : cases) {
    const auto url = ParseUrl(c.text);
    ASSERT_TRUE(url) << c.text << ": " << url.error().message;
    EXPECT_EQ(url->scheme, "http") << c.text;
    EXPECT_EQ(url->host, c.host) << c.text;
    EXPECT_EQ(url->port, c.port) << c.text;
    EXPECT_EQ(url->path, c.path) << c.text;
    EXPECT_EQ(url->HostHeader(), c.host_header) << c.text;
  }
}

TEST(ParseUrl, HttpsHasItsOwnPort) {
  const auto url = ParseUrl("HTTPS://api.example.com/v1");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->HostHeader(), "api.example.com");
  EXPECT_EQ(url->Origin(), "https://api.example.com:443");
  EXPECT_EQ(ParseUrl("https://h:80")->HostHeader(), "h:80");
  EXPECT_EQ(ParseUrl("http://h:443")->HostHeader(), "h:443");
}

TEST(ParseUrl, RefusesWithTheCure) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "it is empty"},
      {"http://", "no host"},
      {"http://:80", "no host"},
      {"ftp://x", "unknown scheme 'ftp'. Use http://host:port or https://host."},
      {"http://h:0", "bad port '0'"},
      {"http://h:65536", "bad port '65536'"},
      {"http://h:80x", "bad port '80x'"},
      {"http://h:-1", "bad port '-1'"},
      {"http://h:", "bad port ''"},
      {"http://user:secret@h/", "user and password in a URL are not sent"},
      {"http://h/#top", "a '#fragment' is never sent"},
      {"http://a b/", "a blank"},
      {"http://h/\r\nX: y", "a control"},
      {"http://h\xc3\xb6st", "non-ASCII"},
      {"::1", "more than one ':'"},
      {"http://[::1", "'[' without ']'"},
      {"http://[zz::1]", "bad host"},
      {"http://[::1]8000", "expected ':' and a port"},
      {"http://a;b/", "bad host 'a;b'"},
      {"http://h/" + std::string(9000, 'x'), "longer than 8192 bytes"},
  };
  for (const auto& [text, part] : cases) {
    const auto url = ParseUrl(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalidArgument) << text;
    EXPECT_NE(url.error().message.find(part), std::string::npos)
        << text << ": " << url.error().message;
  }
}

TEST(Resolve, NumbersNeedNoNameService) {
  Url url;
  url.host = "127.0.0.1";
  url.port = 8000;
  const auto v4 = Resolve(url);
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->address.ss_family, AF_INET);
  EXPECT_EQ(v4->origin, "http://127.0.0.1:8000");
  url.host = "::1";
  const auto v6 = Resolve(url);
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->address.ss_family, AF_INET6);
  EXPECT_EQ(v6->origin, "http://[::1]:8000");
}

TEST(Resolve, AnUnknownNameSaysWhichAndWhatToDo) {
  Url url;
  url.host = "no-such-host.invalid";
  const auto endpoint = Resolve(url);
  ASSERT_FALSE(endpoint);
  EXPECT_NE(endpoint.error().message.find("'no-such-host.invalid' has no address"),
            std::string::npos);
  EXPECT_NE(endpoint.error().message.find("Check the spelling"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::net
