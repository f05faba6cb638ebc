// Who may start runs: hostile requests against the queue.

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "service/api/queue_api.h"

namespace roofscape::api {
namespace {

constexpr const char* kBody = R"({"url": "http://127.0.0.1:1", "concurrency": [1]})";

/// A request's head, whose views live as long as it.
struct Head {
  std::string method = "POST";
  std::string target = "/api/v1/queue";
  std::vector<net::HeaderView> headers;

  net::HttpRequestHead view() const {
    net::HttpRequestHead head;
    head.method = method;
    head.target = target;
    head.headers = headers;
    return head;
  }
};

class QueueApiTest : public testing::Test {
 protected:
  QueueApiTest()
      : token_(*MakeToken()),
        bearer_("Bearer " + token_),
        tokens_(Tokens::Of(token_)),
        desk_({.program = "/bin/false", .database = "none"}, clock_) {}

  /// As the dashboard sends it.
  Head Good() const {
    return {.headers = {{"host", "localhost:8321"},
                        {"origin", "http://localhost:8321"},
                        {"sec-fetch-site", "same-origin"},
                        {"content-type", "application/json"},
                        {"authorization", bearer_}}};
  }

  static Head With(Head head, std::string_view name, std::string_view value) {
    for (net::HeaderView& header : head.headers) {
      if (header.name == name) {
        header.value = value;
        return head;
      }
    }
    head.headers.push_back({name, value});
    return head;
  }

  static Head Without(Head head, std::string_view name) {
    std::erase_if(head.headers, [&](const net::HeaderView& h) { return h.name == name; });
    return head;
  }

  /// 0: it may.
  int Status(const Head& head, bool allowed = true) {
    const BodyPtr refusal = ChangeRefusal(head.view(), allowed ? &desk_ : nullptr, tokens_);
    return refusal ? refusal->status : 0;
  }

  SystemClock clock_;
  std::string token_, bearer_;
  Tokens tokens_;
  BenchDesk desk_;
};

TEST_F(QueueApiTest, ThePathsAreTheQueueAndItsEntriesAlone) {
  EXPECT_TRUE(IsQueue("/api/v1/queue"));
  EXPECT_TRUE(IsQueue("/api/v1/queue/q1-abc"));
  for (const char* path : {"/api/v1/queue/", "/api/v1/queues", "/api/v1/queue/a/b", "/api/v1/meta",
                           "/api/v1", "/", "/api/v1/queuex/1"}) {
    EXPECT_FALSE(IsQueue(path)) << path;
  }
}

TEST_F(QueueApiTest, WithoutTheFlagNobodyMay) {
  EXPECT_EQ(Status(Good(), false), 403);
  const BodyPtr refusal = ChangeRefusal(Good().view(), nullptr, tokens_);
  EXPECT_NE(refusal->json.find("--allow-runs"), std::string::npos);
}

TEST_F(QueueApiTest, ATokenIsNeededOnEveryAddress) {
  EXPECT_EQ(Status(Good()), 0);
  EXPECT_EQ(Status(Without(Good(), "authorization")), 401);
  for (const char* wrong : {"", "Bearer", "Bearer 0", "Basic YTpi"}) {
    EXPECT_EQ(Status(With(Good(), "authorization", wrong)), 401) << wrong;
  }
  const BodyPtr none = ChangeRefusal(Good().view(), &desk_, Tokens());
  ASSERT_NE(none, nullptr);
  EXPECT_EQ(none->status, 401);
}

TEST_F(QueueApiTest, NoOtherSitesPageMay) {
  // Programs send neither header.
  EXPECT_EQ(Status(Without(Without(Good(), "origin"), "sec-fetch-site")), 0);
  EXPECT_EQ(Status(With(Good(), "origin", "https://LOCALHOST:8321")), 0);  // Behind a proxy.
  for (const char* origin :
       {"http://evil.example", "null", "", "http://localhost:8322", "http://localhost",
        "http://localhost:8321.evil.example", "file://localhost:8321"}) {
    EXPECT_EQ(Status(With(Good(), "origin", origin)), 403) << origin;
  }
  for (const char* site : {"cross-site", "same-site", ""}) {
    EXPECT_EQ(Status(With(Good(), "sec-fetch-site", site)), 403) << site;
  }
  EXPECT_EQ(Status(With(Without(Good(), "host"), "origin", "http://")), 403);
}

TEST_F(QueueApiTest, FormsOfAPageAreNoJson) {
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded",
                           "multipart/form-data; boundary=x", "application/jsonx"}) {
    EXPECT_EQ(Status(With(Good(), "content-type", type)), 415) << type;
  }
  EXPECT_EQ(Status(With(Good(), "content-type", "Application/JSON; charset=utf-8")), 0);
  EXPECT_EQ(Status(Without(Good(), "content-type")), 415);
}

TEST_F(QueueApiTest, OtherMethodsAreRefusedAndSayWhichOnesAreNot) {
  for (const char* method : {"PUT", "DELETE", "PATCH", "OPTIONS", "post"}) {
    Head head = Good();
    head.method = method;
    const BodyPtr refusal = ChangeRefusal(head.view(), &desk_, tokens_);
    ASSERT_NE(refusal, nullptr) << method;
    EXPECT_EQ(refusal->status, 405);
    EXPECT_EQ(refusal->allow, "GET, HEAD, POST");
  }
  Head entry = Good();
  entry.target = "/api/v1/queue/q1";
  EXPECT_EQ(ChangeRefusal(entry.view(), &desk_, tokens_)->allow, "GET, HEAD, DELETE");
  entry.method = "DELETE";
  EXPECT_EQ(Status(Without(entry, "content-type")), 0);  // Has no body.
  EXPECT_EQ(Change(entry.view(), "", desk_)->status, 404);
}

TEST_F(QueueApiTest, WhatIsTakenOnIsAcceptedAndCanBeTakenOff) {
  const Head post = Good();
  EXPECT_EQ(Change(post.view(), "{", desk_)->status, 400);
  Head asking = post;
  asking.target = "/api/v1/queue?dry=1";
  EXPECT_EQ(Change(asking.view(), kBody, desk_)->status, 400);
  const BodyPtr taken = Change(post.view(), kBody, desk_);
  EXPECT_EQ(taken->status, 202);
  const std::string id = Json::parse(taken->json)["id"];
  Head off = Good();
  off.method = "DELETE";
  off.target = "/api/v1/queue/" + id;
  EXPECT_EQ(Change(off.view(), "", desk_)->status, 200);
}

}  // namespace
}  // namespace roofscape::api
