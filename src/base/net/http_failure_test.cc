// What the client says when the server, the network or this machine misbehaves.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/net/http_client.h"
#include "base/net/testing/exchange_recorder.h"
#include "base/net/testing/scripted_server.h"

namespace roofscape::net {
namespace {

using std::chrono::milliseconds;
using testing::Answer;
using testing::Chunk;
using testing::ChunkedHead;
using testing::ExchangeRecorder;
using testing::Peer;
using testing::RefusedPort;
using testing::Request;
using testing::RunUntil;
using testing::RunUntilDone;
using testing::ScriptedServer;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

class HttpFailureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = Reactor::Create(clock);
    ASSERT_TRUE(made);
    reactor = *std::move(made);
  }

  /// The failure of one exchange; aborts the test's wait after 20 s.
  Failure FailureOf(const Endpoint& endpoint, HttpTimeouts timeouts = {},
                    RequestBytes request = {kGet, {}}) {
    HttpConnection connection(*reactor, endpoint, timeouts);
    last_exchange = {};
    connection.Start(request, &last_exchange);
    EXPECT_FALSE(last_exchange.failure.has_value()) << "told from inside Start";
    EXPECT_TRUE(RunUntilDone(*reactor, last_exchange));
    EXPECT_FALSE(connection.busy());
    EXPECT_FALSE(connection.connected());
    if (!last_exchange.failure) return {FailureKind::kClient, Phase::kIdle, false, "no failure"};
    EXPECT_EQ(last_exchange.failure->message.find(endpoint.origin + ": "), 0u);
    return *last_exchange.failure;
  }

  SystemClock clock;
  std::unique_ptr<Reactor> reactor;
  ExchangeRecorder last_exchange;
};

bool Holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

struct Case {
  const char* name;
  ScriptedServer::Script script;
  FailureKind kind;
  Phase phase;
  const char* part;
};

TEST_F(HttpFailureTest, EachMisbehaviourHasItsKindAndItsWords) {
  const std::string whole = ChunkedHead() + Chunk("data: 1\n\n");
  const std::vector<Case> cases = {
      {"closed unanswered", [](const Request&, Peer& peer) { peer.Close(); },
       FailureKind::kClosedEarly, Phase::kWaiting, "without an answer"},
      {"cut in the head",
       [](const Request&, Peer& peer) {
         peer.Write("HTTP/1.1 200 OK\r\nConte");
         peer.Close();
       },
       FailureKind::kClosedEarly, Phase::kWaiting, "inside the answer's headers"},
      {"cut between chunks",
       [&](const Request&, Peer& peer) {
         peer.Write(whole);
         peer.Close();
       },
       FailureKind::kClosedEarly, Phase::kReading, "before the last chunk, after 9 body bytes"},
      {"cut in a chunk",
       [&](const Request&, Peer& peer) {
         peer.Write(whole + "20\r\nhalf");
         peer.Close();
       },
       FailureKind::kClosedEarly, Phase::kReading, "inside a chunk, 28 bytes of it missing"},
      {"cut in a fixed body",
       [](const Request&, Peer& peer) {
         peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
         peer.Close();
       },
       FailureKind::kClosedEarly, Phase::kReading, "after 3 of 10 body bytes"},
      {"reset in the middle",
       [&](const Request&, Peer& peer) {
         peer.Write(whole);
         peer.Sleep(milliseconds(50));
         peer.Reset();
       },
       FailureKind::kReset, Phase::kReading, "the connection was lost inside the answer"},
      {"not HTTP", [](const Request&, Peer& peer) { peer.Write("220 mail.example.org ESMTP\r\n"); },
       FailureKind::kProtocol, Phase::kWaiting, "it began with '220 mail.example.org"},
      {"bare HTML", [](const Request&, Peer& peer) { peer.Write("<html>hi</html>"); },
       FailureKind::kProtocol, Phase::kWaiting, "does not speak HTTP/1"},
      {"huge header",
       [](const Request&, Peer& peer) {
         peer.Write("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x'));
         peer.WaitForClose();
       },
       FailureKind::kProtocol, Phase::kWaiting, "headers are longer than 65536 bytes"},
      {"compressed",
       [](const Request&, Peer& peer) {
         peer.Write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx");
       },
       FailureKind::kProtocol, Phase::kWaiting, "the answer is compressed"},
  };
  for (const Case& c : cases) {
    ScriptedServer server(c.script);
    const Failure failure = FailureOf(server.endpoint());
    EXPECT_EQ(Name(failure.kind), Name(c.kind)) << c.name << ": " << failure.message;
    EXPECT_EQ(Name(failure.phase), Name(c.phase)) << c.name;
    EXPECT_TRUE(Holds(failure.message, c.part)) << c.name << ": " << failure.message;
    EXPECT_FALSE(failure.stale_keep_alive) << c.name;
    EXPECT_EQ(failure.message.back(), '.') << c.name;
  }
}

TEST_F(HttpFailureTest, RefusedSaysIsTheServerRunning) {
  Url url;
  url.host = "127.0.0.1";
  url.port = RefusedPort();
  const auto endpoint = Resolve(url);
  ASSERT_TRUE(endpoint);
  const Failure failure = FailureOf(*endpoint);
  EXPECT_EQ(failure.kind, FailureKind::kConnect);
  EXPECT_EQ(failure.phase, Phase::kConnecting);
  EXPECT_EQ(failure.message, url.Origin() +
                                 ": connection refused. Is the server running? Start it, or check "
                                 "host and port.");
  EXPECT_EQ(failure.ToError().code, ErrorCode::kUnavailable);
}

TEST_F(HttpFailureTest, RetryingARefusedConnectionDoesNotRecurse) {
  Url url;
  url.host = "127.0.0.1";
  url.port = RefusedPort();
  const auto endpoint = Resolve(url);
  ASSERT_TRUE(endpoint);
  HttpConnection connection(*reactor, *endpoint);
  ExchangeRecorder recorder;
  int errors = 0;
  int depth = 0;
  recorder.on_error = [&] {
    EXPECT_EQ(++depth, 1);
    if (++errors < 1000) connection.Start({kGet, {}}, &recorder);
    --depth;
  };
  connection.Start({kGet, {}}, &recorder);
  EXPECT_TRUE(RunUntil(*reactor, [&] { return errors == 1000; }));
}

TEST_F(HttpFailureTest, EveryPhaseHasItsTimeout) {
  struct TimeoutCase {
    const char* name;
    ScriptedServer::Script script;
    HttpTimeouts timeouts;
    Phase phase;
    const char* part;
  };
  const Nanos limit = milliseconds(60);
  HttpTimeouts first_byte;
  first_byte.first_byte = limit;
  HttpTimeouts idle;
  idle.idle = limit;
  HttpTimeouts total;
  total.total = limit;
  const auto silent = [](const Request&, Peer& peer) { peer.WaitForClose(); };
  const auto stalls = [](const Request&, Peer& peer) {
    peer.Write(ChunkedHead() + Chunk("data: 1\n\n"));
    peer.WaitForClose();
  };
  const auto endless = [](const Request&, Peer& peer) {
    peer.Write(ChunkedHead());
    while (peer.Write(Chunk("data: 1\n\n"))) peer.Sleep(milliseconds(5));
  };
  const std::vector<TimeoutCase> cases = {
      {"first byte", silent, first_byte, Phase::kWaiting, "no byte of an answer within 60 ms"},
      {"idle", stalls, idle, Phase::kReading, "the answer stopped for 60 ms"},
      {"total, silent", silent, total, Phase::kWaiting, "no complete answer within 60 ms"},
      {"total, endless", endless, total, Phase::kReading, "no complete answer within 60 ms"},
  };
  for (const TimeoutCase& c : cases) {
    ScriptedServer server(c.script);
    const Instant begin = clock.Now();
    const Failure failure = FailureOf(server.endpoint(), c.timeouts);
    EXPECT_GE(clock.Now() - begin, limit) << c.name;
    EXPECT_EQ(failure.kind, FailureKind::kTimeout) << c.name;
    EXPECT_EQ(Name(failure.phase), Name(c.phase)) << c.name;
    EXPECT_TRUE(Holds(failure.message, c.part)) << c.name << ": " << failure.message;
    EXPECT_EQ(failure.ToError().code, ErrorCode::kTimeout);
  }
}

TEST_F(HttpFailureTest, AConnectThatNobodyAnswersTimesOut) {
  // A listener with a full queue: the kernel drops further attempts.
  const Fd listener(::socket(AF_INET, SOCK_STREAM, 0));
  Url url;
  url.host = "127.0.0.1";
  url.port = 0;
  auto endpoint = Resolve(url);
  ASSERT_TRUE(endpoint);
  auto* address = reinterpret_cast<sockaddr*>(&endpoint->address);
  ASSERT_EQ(::bind(listener.get(), address, endpoint->size), 0);
  ASSERT_EQ(::getsockname(listener.get(), address, &endpoint->size), 0);
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  std::vector<Fd> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    const int connected = ::connect(fillers.back().get(), address, endpoint->size);
    ASSERT_TRUE(connected == 0 || errno == EINPROGRESS);
  }
  HttpTimeouts timeouts;
  timeouts.connect = milliseconds(80);
  const Failure failure = FailureOf(*endpoint, timeouts);
  EXPECT_EQ(failure.kind, FailureKind::kTimeout);
  EXPECT_EQ(failure.phase, Phase::kConnecting);
  EXPECT_TRUE(Holds(failure.message, "no connection within 80 ms")) << failure.message;
}

TEST_F(HttpFailureTest, AHeadBeforeTheQueueDoesNotStartTheIdleTimeout) {
  ScriptedServer server([](const Request&, Peer& peer) {
    peer.Write(ChunkedHead());
    peer.Sleep(milliseconds(200));
    peer.Write(Chunk("x") + testing::LastChunk());
  });
  const Endpoint endpoint = server.endpoint();
  HttpTimeouts timeouts;
  timeouts.idle = milliseconds(50);
  HttpConnection connection(*reactor, endpoint, timeouts);
  ExchangeRecorder got;
  connection.Start({kGet, {}}, &got);
  ASSERT_TRUE(RunUntilDone(*reactor, got));
  EXPECT_TRUE(got.ended) << got.failure->message;
}

TEST_F(HttpFailureTest, ProgressKeepsTheIdleTimeoutAway) {
  ScriptedServer server([](const Request&, Peer& peer) {
    peer.Write(ChunkedHead());
    for (int i = 0; i < 20; ++i) {
      peer.Write(Chunk("x"));
      peer.Sleep(milliseconds(20));
    }
    peer.Write(testing::LastChunk());
  });
  const Endpoint endpoint = server.endpoint();
  HttpTimeouts timeouts;
  timeouts.idle = milliseconds(250);
  timeouts.first_byte = milliseconds(250);
  HttpConnection connection(*reactor, endpoint, timeouts);
  ExchangeRecorder got;
  connection.Start({kGet, {}}, &got);
  ASSERT_TRUE(RunUntilDone(*reactor, got));
  EXPECT_TRUE(got.ended) << got.failure->message;
  // The timer of the finished exchange must not hit the idle connection.
  reactor->Poll(milliseconds(0));
  EXPECT_TRUE(RunUntil(*reactor, [&] { return reactor->stats().timers >= 1; }));
  EXPECT_TRUE(connection.connected());
}

/// Leaves the process `count` free descriptors for as long as it lives.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t count) {
    RS_CHECK(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const Fd lowest_free(::dup(0));
    const rlimit few{static_cast<rlim_t>(lowest_free.get()) + count, before_.rlim_max};
    RS_CHECK(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  }
  ~FewDescriptors() { RS_CHECK(::setrlimit(RLIMIT_NOFILE, &before_) == 0); }

 private:
  rlimit before_{};
};

TEST_F(HttpFailureTest, NoDescriptorsLeft) {
  ScriptedServer server({Answer(200, "a/b", "x")});
  const Endpoint endpoint = server.endpoint();
  {
    const FewDescriptors few(0);
    const Failure failure = FailureOf(endpoint);
    EXPECT_EQ(failure.kind, FailureKind::kClient);
    EXPECT_TRUE(Holds(failure.message, "ulimit -n 65536")) << failure.message;
    EXPECT_EQ(failure.ToError().code, ErrorCode::kIo);
    const auto another = Reactor::Create(clock);
    ASSERT_FALSE(another);
    EXPECT_TRUE(Holds(another.error().message, "ulimit -n 65536"));
  }
  HttpConnection connection(*reactor, endpoint);
  ExchangeRecorder got;
  connection.Start({kGet, {}}, &got);
  ASSERT_TRUE(RunUntilDone(*reactor, got));
  EXPECT_TRUE(got.ended);
}

TEST_F(HttpFailureTest, CancelBeforeAnErrorIsTold) {
  ScriptedServer server({Answer(200, "a/b", "x")});
  const Endpoint endpoint = server.endpoint();
  ExchangeRecorder never;
  HttpConnection connection(*reactor, endpoint);
  {
    const FewDescriptors few(0);
    connection.Start({kGet, {}}, &never);
    connection.Cancel();
    HttpConnection dies(*reactor, endpoint);
    dies.Start({kGet, {}}, &never);
  }
  ExchangeRecorder got;
  connection.Start({kGet, {}}, &got);
  ASSERT_TRUE(RunUntilDone(*reactor, got));
  EXPECT_TRUE(got.ended);
  EXPECT_FALSE(never.done());
}

TEST_F(HttpFailureTest, DestroyInsideOnError) {
  ScriptedServer server([](const Request&, Peer& peer) { peer.Close(); });
  const Endpoint endpoint = server.endpoint();
  auto connection = std::make_unique<HttpConnection>(*reactor, endpoint);
  ExchangeRecorder recorder;
  recorder.on_error = [&] { connection.reset(); };
  connection->Start({kGet, {}}, &recorder);
  EXPECT_TRUE(RunUntilDone(*reactor, recorder));
  EXPECT_EQ(connection, nullptr);
}

TEST_F(HttpFailureTest, AnEarlyRefusalOfALargeRequestIsHeard) {
  // The server answers before it has read the body, then closes its ear.
  const Fd listener(::socket(AF_INET, SOCK_STREAM, 0));
  Url url;
  url.host = "127.0.0.1";
  url.port = 0;
  auto endpoint = Resolve(url);
  ASSERT_TRUE(endpoint);
  auto* address = reinterpret_cast<sockaddr*>(&endpoint->address);
  ASSERT_EQ(::bind(listener.get(), address, endpoint->size), 0);
  ASSERT_EQ(::getsockname(listener.get(), address, &endpoint->size), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  HttpConnection connection(*reactor, *endpoint);
  ExchangeRecorder got;
  std::string body;
  body.resize(30'000'000, 'x');
  connection.Start({kGet, body}, &got);
  reactor->Poll(milliseconds(500));
  const Fd accepted(::accept(listener.get(), nullptr, nullptr));
  const std::string answer = Answer(413, "text/plain", "too large");
  ASSERT_EQ(::send(accepted.get(), answer.data(), answer.size(), 0),
            static_cast<ssize_t>(answer.size()));
  ASSERT_TRUE(RunUntilDone(*reactor, got));
  EXPECT_TRUE(got.ended) << got.failure->message;
  EXPECT_EQ(got.status, 413);
  EXPECT_EQ(got.body, "too large");
  EXPECT_FALSE(connection.connected());
}

}  // namespace
}  // namespace roofscape::net
