// The API as it runs: over sockets, from its first moment on.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "service/api/bench_desk.h"
#include "service/api/run_api.h"
#include "service/api/test_rows.h"

namespace roofscape::api {
namespace {

/// One connection to 127.0.0.1 that closes with its answer.
class Asking {
 public:
  Asking(std::uint16_t port, const std::string& target, const std::string& method = "GET",
         const std::string& more = "\r\n")
      : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    const std::string request =
        method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + more;
    EXPECT_EQ(send(fd_, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  ~Asking() { close(fd_); }

  /// All of it, head and body; "" where the connection was cut off before an answer.
  std::string Answer() {
    std::string answer;
    char part[4096];
    for (ssize_t got = 1; got > 0;) {
      got = recv(fd_, part, sizeof(part), 0);
      if (got > 0) answer.append(part, static_cast<std::size_t>(got));
    }
    return answer;
  }

 private:
  int fd_;
};

class RunApiTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "roofscape-run-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/r.db";
    facts_.catalog = &TestCatalog();
    facts_.version = "1";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Import() {
    auto archive = store::OpenArchive(path_, store::OpenMode::kReadWrite);
    ASSERT_TRUE(archive) << archive.error().message;
    std::vector<spec::Row> rows;
    for (KnownRow& known : TestRows()) {
      known.row.origin.key = known.origin.id;
      rows.push_back(std::move(known.row));
    }
    ASSERT_TRUE((*archive)->Begin({"inferencex", "f", "1", WallTime{1'000'000}}, "f"));
    ASSERT_TRUE((*archive)->Add(rows));
    ASSERT_TRUE((*archive)->Commit());
  }

  SystemClock clock_;
  Facts facts_;
  RunOptions options_;
  std::string folder_, path_;
};

TEST_F(RunApiTest, PagesAreThereBeforeTheRowsAndDataWaitsForAllOfThem) {
  Import();
  StoreAccess store(path_, TestCatalog());
  std::unique_ptr<Asking> meta;
  std::string page, health;
  options_.on_listening = [&](std::uint16_t port) {
    meta = std::make_unique<Asking>(port, "/api/v1/meta");
    health = Asking(port, "/api/v1/health").Answer();
    page = Asking(port, "/").Answer();
  };
  const auto run = ApiRun::Start(facts_, store, options_, clock_);
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200")) << page;
  EXPECT_NE(health.find("\"loading\""), std::string::npos) << health;
  const std::string answer = meta->Answer();
  ASSERT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  const Json body = Json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  EXPECT_EQ(body["counts"]["rows"], TestRows().size());
  EXPECT_EQ(body["generation"], 1);
  EXPECT_NE(Asking((*run)->port(), "/api/v1/health").Answer().find("\"ok\""), std::string::npos);
}

TEST_F(RunApiTest, AStoreThatCannotBeReadEndsItAndCutsOffWhoWaits) {
  std::ofstream(path_) << std::string(8192, 'x');
  StoreAccess store(path_, TestCatalog());
  std::unique_ptr<Asking> meta;
  options_.on_listening = [&](std::uint16_t port) {
    meta = std::make_unique<Asking>(port, "/api/v1/meta");
  };
  const auto run = ApiRun::Start(facts_, store, options_, clock_);
  ASSERT_FALSE(run);
  EXPECT_NE(run.error().message.find("is not a Roofscape database"), std::string::npos)
      << run.error().message;
  EXPECT_EQ(meta->Answer(), "");
}

TEST_F(RunApiTest, RunsAreStartedOverTheWireOnlyByWhoHasTheToken) {
  StoreAccess store(path_, TestCatalog());
  BenchDesk desk({.program = "/bin/false", .database = path_}, clock_);
  facts_.benches = &desk;
  const std::string token = *MakeToken();
  options_.server.run_tokens = Tokens::Of(token);
  const auto run = ApiRun::Start(facts_, store, options_, clock_);
  ASSERT_TRUE(run) << run.error().message;
  const std::string body = R"({"url": "http://127.0.0.1:1", "concurrency": [1]})";
  const auto post = [&](const std::string& target, const std::string& authorization) {
    return Asking((*run)->port(), target, "POST",
                  "Content-Type: application/json\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n" + authorization + "\r\n" + body)
        .Answer();
  };
  EXPECT_TRUE(post("/api/v1/queue", "").starts_with("HTTP/1.1 401"));
  EXPECT_TRUE(post("/api/v1/meta", "").starts_with("HTTP/1.1 405"));
  EXPECT_TRUE(post("/api/v1/queue/", "").starts_with("HTTP/1.1 405"));
  EXPECT_TRUE(post("/api/v1/queue/../queue", "").starts_with("HTTP/1.1 4"));
  EXPECT_EQ(desk.Entries().size(), 0U);
  const std::string taken = post("/api/v1/queue", "Authorization: Bearer " + token + "\r\n");
  EXPECT_TRUE(taken.starts_with("HTTP/1.1 202")) << taken;
  EXPECT_EQ(desk.Entries().size(), 1U);
  // To look is as free as all else on loopback.
  const std::string queue = Asking((*run)->port(), "/api/v1/queue").Answer();
  EXPECT_NE(queue.find("\"allowed\":true"), std::string::npos) << queue;
  EXPECT_TRUE(Asking((*run)->port(), "/api/v1/queue", "POST", "Content-Length: 9999999\r\n\r\n")
                  .Answer()
                  .starts_with("HTTP/1.1 413"));
}

}  // namespace
}  // namespace roofscape::api
