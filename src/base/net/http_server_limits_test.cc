// What a server does about clients that send too much, too slowly, or nothing, that do not read, or
// that are too many; and how it stops.

#include <sys/resource.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "base/net/http_response.h"
#include "base/net/http_server.h"
#include "base/net/testing/exchange_recorder.h"
#include "base/net/testing/raw_client.h"
#include "base/net/testing/test_server.h"

namespace roofscape::net {
namespace {

using std::chrono::milliseconds;
using testing::ExchangeNotes;
using testing::RawClient;
using testing::RunUntil;
using testing::TestServer;

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

void Ok(ServerExchange& exchange, const ServerRequest& /*request*/) {
  exchange.Respond(200, "text/plain", "ok");
}

class HttpServerLimitsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = Reactor::Create(clock);
    ASSERT_TRUE(made);
    reactor = *std::move(made);
  }

  SystemClock clock;
  std::unique_ptr<Reactor> reactor;
};

TEST_F(HttpServerLimitsTest, BadRequestsAreAnsweredAndTheConnectionCloses) {
  HttpServerOptions options;
  options.limits.head.head_bytes = 1000;
  options.limits.body_bytes = 10;
  TestServer server(*reactor, Ok, options);
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\x16\x03\x01\x02", "HTTP/1.1 400 Bad Request"},
      {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported"},
      {"GET /" + std::string(2000, 'x'), "HTTP/1.1 414 URI Too Long"},
      {post + "A: " + std::string(2000, 'x'), "HTTP/1.1 431 Request Header Fields Too Large"},
      {post + "Content-Length: 11\r\n\r\n" + std::string(500'000, 'x'),
       "HTTP/1.1 413 Content Too Large"},
      {post + "Transfer-Encoding: chunked\r\n\r\nfffff\r\n" + std::string(500'000, 'x'),
       "HTTP/1.1 413 Content Too Large"},
      {post + "Transfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 501 Not Implemented"},
      {post + "Expect: fire\r\n\r\n", "HTTP/1.1 417 Expectation Failed"},
  };
  std::uint64_t bad = 0;
  for (const auto& [request, status] : cases) {
    RawClient client(*reactor, server.port());
    client.Send(request);
    const std::string got = client.ReadAll();
    EXPECT_TRUE(got.starts_with(status + "\r\n")) << request.substr(0, 100) << "\n" << got;
    EXPECT_NE(got.find("Connection: close\r\n"), got.npos);
    EXPECT_TRUE(got.ends_with(".\n")) << got;  // A sentence with the cure.
    EXPECT_TRUE(client.closed());              // And no RST that could have destroyed it.
    EXPECT_EQ(server->stats().bad_requests, ++bad);
  }
  EXPECT_EQ(server->stats().requests, 0u);
  EXPECT_TRUE(RunUntil(*reactor, [&] { return server->connections() == 0; }));
}

TEST_F(HttpServerLimitsTest, SlowHeadsAndBodiesGet408) {
  HttpServerOptions options;
  options.head_timeout = milliseconds(60);
  options.body_timeout = milliseconds(60);
  TestServer server(*reactor, Ok, options);
  for (const char* part :
       {"GET / HT", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nab"}) {
    RawClient client(*reactor, server.port());
    const Instant begin = clock.Now();
    // A byte now and then does not help.
    client.Send(part);
    for (int i = 0; i < 3; ++i) {
      client.ReadUntil("HTTP", milliseconds(15));
      client.Send("x");
    }
    const std::string got = client.ReadAll();
    EXPECT_TRUE(got.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << got;
    EXPECT_GE(clock.Now() - begin, milliseconds(55));
    EXPECT_TRUE(client.closed());
  }
  EXPECT_EQ(server->stats().timeouts, 2u);
}

TEST_F(HttpServerLimitsTest, SilentConnectionsAreClosedWithoutAWord) {
  HttpServerOptions options;
  options.head_timeout = milliseconds(40);
  options.idle_timeout = milliseconds(40);
  TestServer server(*reactor, Ok, options);
  RawClient silent(*reactor, server.port());
  EXPECT_EQ(silent.ReadAll(), "");
  EXPECT_TRUE(silent.closed());
  RawClient idle(*reactor, server.port());
  idle.Send(kGet);
  EXPECT_TRUE(idle.ReadUntil("ok").ends_with("ok"));
  const Instant since = clock.Now();
  EXPECT_TRUE(idle.ReadAll().ends_with("ok"));
  EXPECT_TRUE(idle.closed());
  EXPECT_GE(clock.Now() - since, milliseconds(30));
  EXPECT_EQ(server->stats().timeouts, 0u);
}

TEST_F(HttpServerLimitsTest, AReaderThatDoesNotDrainItsAnswerIsCutOff) {
  for (const bool by_time : {false, true}) {
    HttpServerOptions options;
    options.listen.send_buffer_bytes = 8192;
    options.max_queued_bytes = by_time ? std::size_t{64} << 20 : std::size_t{1} << 20;
    options.write_timeout = by_time ? milliseconds(80) : std::chrono::seconds(60);
    ExchangeNotes notes;
    ServerExchange* exchange = nullptr;
    TestServer server(
        *reactor,
        [&](ServerExchange& e, const ServerRequest& /*request*/) {
          e.SetHandler(&notes);
          exchange = &e;
        },
        options);
    RawClient client(*reactor, server.port(), false, 4096);
    client.Send(kGet);
    ASSERT_TRUE(RunUntil(*reactor, [&] { return exchange != nullptr; }));
    const std::string piece(100'000, 'x');
    for (int i = 0; i < 20 && !exchange->Write(piece).failed; ++i) {
    }
    ASSERT_TRUE(RunUntil(*reactor, [&] { return notes.gone.has_value(); }));
    EXPECT_EQ(*notes.gone, GoneReason::kSlowReader);
    EXPECT_EQ(server->stats().slow_readers, 1u);
    client.ReadAll();
    EXPECT_TRUE(client.reset());
  }
}

TEST_F(HttpServerLimitsTest, ASlowButSteadyReaderGetsEverything) {
  HttpServerOptions options;
  options.listen.send_buffer_bytes = 65536;
  options.write_timeout = std::chrono::seconds(1);
  const std::string body(4'000'000, 'x');
  TestServer server(
      *reactor,
      [&](ServerExchange& exchange, const ServerRequest& /*request*/) {
        exchange.Respond(200, "a/b", body);
      },
      options);
  RawClient client(*reactor, server.port(), false, 65536);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const Instant begin = clock.Now();
  while (!client.closed() && !client.reset() && clock.Now() - begin < std::chrono::seconds(10)) {
    const Instant pause = clock.Now() + milliseconds(25);
    while (clock.Now() < pause) reactor->Poll(milliseconds(2));
    client.ReadSome();
  }
  EXPECT_GT(clock.Now() - begin, options.write_timeout);
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(client.text().ends_with(body)) << client.text().size();
}

TEST_F(HttpServerLimitsTest, OneConnectionTooManyIsToldSo) {
  HttpServerOptions options;
  options.max_connections = 3;
  TestServer server(*reactor, Ok, options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(*reactor, server.port()));
    clients.back()->Send(kGet);
    EXPECT_TRUE(clients.back()->ReadUntil("ok").ends_with("ok"));
  }
  RawClient extra(*reactor, server.port());
  extra.Send(kGet);
  EXPECT_TRUE(extra.ReadAll().starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_TRUE(extra.closed());
  EXPECT_EQ(server->stats().refused, 1u);
  extra.Close();
  clients[0]->Close();
  ASSERT_TRUE(RunUntil(*reactor, [&] { return server->connections() == 2; }));
  RawClient next(*reactor, server.port());
  next.Send(kGet);
  EXPECT_TRUE(next.ReadUntil("ok").ends_with("ok"));
}

TEST_F(HttpServerLimitsTest, AcceptingSurvivesALackOfDescriptors) {
  TestServer server(*reactor, Ok);
  RawClient before(*reactor, server.port());
  RawClient waiting(*reactor, server.port());
  before.Send(kGet);
  EXPECT_TRUE(before.ReadUntil("ok").ends_with("ok"));
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
  // A new client's socket is the last descriptor that there is: its connection stays in the queue.
  const RawClient last(*reactor, server.port());
  rlimit none = old;
  none.rlim_cur = static_cast<rlim_t>(last.fd()) + 1;
  std::vector<Fd> fillers;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  for (;;) {
    Fd filler(::dup(last.fd()));
    if (!filler.open()) break;
    fillers.push_back(std::move(filler));
  }
  for (int k = 0; k < 10; ++k) reactor->Poll(milliseconds(10));
  const std::uint64_t pauses = server->stats().accept_pauses;
  before.Take();
  before.Send(kGet);
  const std::string running = before.ReadUntil("ok");
  fillers.clear();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &old), 0);
  EXPECT_TRUE(running.ends_with("ok"));  // Who is in goes on.
  EXPECT_GE(pauses, 1u);
  EXPECT_LE(pauses, 20u);  // And the loop did not spin.
  waiting.Send(kGet);
  EXPECT_TRUE(waiting.ReadUntil("ok").ends_with("ok"));
}

TEST_F(HttpServerLimitsTest, DrainLetsWhatRunsFinishAndClosesTheRest) {
  ServerExchange* exchange = nullptr;
  TestServer server(*reactor, [&](ServerExchange& e, const ServerRequest& request) {
    if (request.head.target == "/slow") {
      exchange = &e;
    } else {
      Ok(e, request);
    }
  });
  RawClient idle(*reactor, server.port());
  idle.Send(kGet);
  idle.ReadUntil("ok");
  RawClient slow(*reactor, server.port());
  slow.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + kGet);
  RawClient half(*reactor, server.port());
  half.Send("GET / HTTP/1.1\r\nHo");
  ASSERT_TRUE(RunUntil(*reactor, [&] { return exchange != nullptr; }));
  for (int k = 0; k < 5; ++k) reactor->Poll(milliseconds(2));
  int empty = 0;
  server->Drain([&] { ++empty; });
  EXPECT_EQ(empty, 0);
  EXPECT_TRUE(idle.ReadAll().ends_with("ok"));
  EXPECT_TRUE(idle.closed());
  idle.Close();
  half.Send("st: x\r\n\r\n");
  const std::string answer = half.ReadAll();
  EXPECT_NE(answer.find("Connection: close\r\n"), answer.npos) << answer;
  EXPECT_TRUE(answer.ends_with("ok"));
  half.Close();
  for (int k = 0; k < 5; ++k) reactor->Poll(milliseconds(5));
  EXPECT_EQ(empty, 0);
  ASSERT_EQ(server->connections(), 1u);
  EXPECT_FALSE(exchange->keep_alive());
  exchange->Respond(200, "a/b", "late");
  EXPECT_TRUE(slow.ReadAll().ends_with("late"));  // The pipelined request after it is not served.
  slow.Close();
  ASSERT_TRUE(RunUntil(*reactor, [&] { return empty == 1; }));
  EXPECT_EQ(server->connections(), 0u);
  auto reuse = OpenListener("127.0.0.1", server.port(), {});
  EXPECT_TRUE(reuse) << reuse.error().message;  // The port is free again.
}

TEST_F(HttpServerLimitsTest, DrainOfAnEmptyServerMayDestroyIt) {
  auto server = std::make_unique<TestServer>(*reactor, Ok);
  (*server)->Drain([&] { server.reset(); });
  EXPECT_TRUE(RunUntil(*reactor, [&] { return server == nullptr; }));
}

}  // namespace
}  // namespace roofscape::net
