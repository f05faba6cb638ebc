// What stands between the views and the wire: gzip, tokens, rates, files, host names.

#include <string>

#include <gtest/gtest.h>

#include "service/api/api_server.h"
#include "service/api/gzip.h"
#include "service/api/rate_limit.h"
#include "service/api/static_files.h"
#include "service/api/token.h"

namespace roofscape::api {
namespace {

TEST(Gzip, GoesThereAndBack) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i % 97);
  for (const std::string& one : {std::string(), std::string("x"), text}) {
    EXPECT_EQ(Gunzip(Gzip(one, 1), 1 << 20), one);
  }
  EXPECT_LT(Gzip(text, 1).size() * 5, text.size());
}

TEST(Gzip, RefusesWhatIsBrokenOrTooLong) {
  const std::string packed = Gzip(std::string(100'000, 'a'), 9);
  EXPECT_EQ(Gunzip(packed, 99'999), std::nullopt);
  EXPECT_EQ(Gunzip(packed.substr(0, packed.size() - 9), 1 << 20), std::nullopt);
  EXPECT_EQ(Gunzip("no gzip", 1 << 20), std::nullopt);
}

TEST(Gzip, ReadsWhatAClientTakes) {
  for (const char* header : {"gzip", "deflate, gzip;q=1.0", "br, GZIP", "*", "gzip;q=0.1"}) {
    EXPECT_TRUE(AcceptsGzip(header)) << header;
  }
  for (const char* header : {"", "identity", "gzip;q=0", "gzip; q=0.000", "br, deflate"}) {
    EXPECT_FALSE(AcceptsGzip(header)) << header;
  }
}

TEST(Token, IsLetInByItsHashAlone) {
  const auto token = MakeToken();
  ASSERT_TRUE(token);
  EXPECT_EQ(token->size(), 64U);
  EXPECT_NE(*token, *MakeToken());
  const auto tokens = Tokens::Parse("# who\n\n" + TokenLine(*token) + "\n", "t");
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_TRUE(tokens->Admit("Bearer " + *token));
  EXPECT_TRUE(tokens->Admit("bearer  " + *token));
  for (const std::string& wrong :
       {std::string(), std::string("Bearer"), std::string("Bearer "), *token, "Basic " + *token,
        "Bearer " + *token + "0", "Bearer " + token->substr(1)}) {
    EXPECT_FALSE(tokens->Admit(wrong)) << wrong;
  }
  EXPECT_TRUE(Tokens().empty());
  // SHA-256 of "abc", FIPS 180-2's first example.
  EXPECT_EQ(TokenLine("abc"),
            "sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Token, AFileWithATokenInItIsRefused) {
  for (const char* text : {"secret", "sha256 abcd", "sha256", "", "# nothing\n"}) {
    const auto tokens = Tokens::Parse(text, "tokens.txt");
    ASSERT_FALSE(tokens) << text;
    EXPECT_NE(tokens.error().message.find("tokens.txt"), std::string::npos);
    EXPECT_EQ(tokens.error().message.find("secret"), std::string::npos);
  }
}

TEST(RateLimit, LetsThroughWhatFillsAgain) {
  RateLimit limit({.per_second = 10, .burst = 3, .max_peers = 100});
  Instant now{};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.Take("a", now));
  EXPECT_FALSE(limit.Take("a", now));
  EXPECT_TRUE(limit.Take("b", now));  // Another's bucket.
  now += std::chrono::milliseconds(100);
  EXPECT_TRUE(limit.Take("a", now));
  EXPECT_FALSE(limit.Take("a", now));
  now += std::chrono::hours(1);
  EXPECT_TRUE(limit.Take("a", now, 50));  // A heavy one leaves a debt...
  now += std::chrono::seconds(1);
  EXPECT_FALSE(limit.Take("a", now));
  now += std::chrono::seconds(5);  // ...which time pays.
  EXPECT_TRUE(limit.Take("a", now));
}

TEST(RateLimit, ForgetsPeersButNotThoseInDebt) {
  RateLimit limit({.per_second = 1, .burst = 2, .max_peers = 3});
  Instant now{};
  for (const char* peer : {"a", "b", "c"}) EXPECT_TRUE(limit.Take(peer, now));
  EXPECT_FALSE(limit.Take("d", now));
  now += std::chrono::seconds(10);
  EXPECT_TRUE(limit.Take("d", now));
  RateLimit none({.per_second = 0, .burst = 0, .max_peers = 0});
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(none.Take("a", now));
}

TEST(StaticFiles, AnswerPagesWithTheIndexAndNothingElse) {
  constexpr StaticFile kFiles[] = {
      {"/assets/app-1.js", "text/javascript", "\"1\"", ""},
      {"/index.html", "text/html", "\"2\"", ""},
  };
  const auto path = [&](std::string_view asked) {
    const StaticFile* file = FindStatic(kFiles, asked);
    return file == nullptr ? std::string_view() : file->path;
  };
  EXPECT_EQ(path("/assets/app-1.js"), "/assets/app-1.js");
  for (const char* page : {"/", "/frontier", "/runs/x"}) EXPECT_EQ(path(page), "/index.html");
  for (const char* none : {"/assets/app-2.js", "/favicon.ico", "/../etc/passwd.x"}) {
    EXPECT_EQ(path(none), "") << none;
  }
  EXPECT_EQ(FindStatic({}, "/"), nullptr);
}

TEST(IsOwnHost, TakesLoopbackAndNamesThatWereGiven) {
  for (const char* host : {"localhost", "LOCALHOST:80", "127.0.0.1:8321", "[::1]", "[::1]:1"}) {
    EXPECT_TRUE(IsOwnHost(host, {})) << host;
  }
  for (const char* host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                           "[::1", "[::2]", ":80"}) {
    EXPECT_FALSE(IsOwnHost(host, {})) << host;
  }
  EXPECT_TRUE(IsOwnHost("lab.example:443", {"lab.example"}));
}

}  // namespace
}  // namespace roofscape::api
