#include "base/net/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/net/testing/exchange_recorder.h"
#include "base/net/testing/scripted_server.h"

namespace roofscape::net {
namespace {

using std::chrono::milliseconds;
using testing::Answer;
using testing::Chunk;
using testing::ChunkedHead;
using testing::ExchangeRecorder;
using testing::LastChunk;
using testing::Peer;
using testing::Request;
using testing::RunUntil;
using testing::RunUntilDone;
using testing::ScriptedServer;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

class HttpClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = Reactor::Create(clock);
    ASSERT_TRUE(made);
    reactor = *std::move(made);
  }

  /// One exchange on a connection of its own.
  ExchangeRecorder Exchange(const ScriptedServer& server, RequestBytes request = {kGet, {}}) {
    const Endpoint endpoint = server.endpoint();
    HttpConnection connection(*reactor, endpoint);
    ExchangeRecorder recorder;
    connection.Start(request, &recorder);
    EXPECT_TRUE(RunUntilDone(*reactor, recorder));
    return recorder;
  }

  SystemClock clock;
  std::unique_ptr<Reactor> reactor;
};

TEST_F(HttpClientTest, ReadsEveryFramingInPiecesOfEverySize) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {Answer(200, "text/plain", "hello"), "hello"},
      {ChunkedHead() + Chunk("data: a\n\n") + Chunk("data: b\n\n") + LastChunk(),
       "data: a\n\ndata: b\n\n"},
      {ChunkedHead() + "3;x=y\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n", "abc"},
      {Answer(404, "text/html", "<html>no</html>"), "<html>no</html>"},
      {"HTTP/1.1 100 Continue\r\n\r\n" + Answer(200, "a/b", ""), ""},
  };
  for (const std::size_t piece : {1u, 2u, 7u, 100000u}) {
    for (const auto& [answer, body] : cases) {
      ScriptedServer server([&](const Request&, Peer& peer) {
        peer.WriteInPieces(answer, piece,
                           piece > 2 ? milliseconds(0) : std::chrono::microseconds(50));
      });
      const ExchangeRecorder got = Exchange(server);
      ASSERT_TRUE(got.ended) << answer << (got.failure ? got.failure->message : "");
      EXPECT_EQ(got.body, body) << answer;
    }
  }
}

TEST_F(HttpClientTest, ABodyThatEndsWithTheConnection) {
  ScriptedServer server([](const Request&, Peer& peer) {
    peer.Write("HTTP/1.1 200 OK\r\n\r\nto the end");
    peer.Close();
  });
  const ExchangeRecorder got = Exchange(server);
  EXPECT_TRUE(got.ended);
  EXPECT_EQ(got.body, "to the end");
}

TEST_F(HttpClientTest, SendsHeadAndBodyWholeAlsoWhenTheyFillTheSocket) {
  ScriptedServer server({Answer(200, "text/plain", "ok")});
  constexpr std::size_t kBodyBytes = 20'000'000;
  std::string body;
  body.resize(kBodyBytes, 'b');
  const std::string head =
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  const ExchangeRecorder got = Exchange(server, {head, body});
  ASSERT_TRUE(got.ended) << (got.failure ? got.failure->message : "");
  EXPECT_TRUE(got.sent_at.has_value());
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].head, head);
  EXPECT_EQ(requests[0].body, body);
}

TEST_F(HttpClientTest, KeepsTheConnectionAndReportsEachReadWithItsStamp) {
  ScriptedServer server([](const Request&, Peer& peer) {
    peer.Write(ChunkedHead() + Chunk("data: 1\n\n"));
    peer.Sleep(milliseconds(30));
    peer.Write(Chunk("data: 2\n\n"));
    peer.Sleep(milliseconds(30));
    peer.Write(LastChunk());
  });
  const Endpoint endpoint = server.endpoint();
  HttpConnection connection(*reactor, endpoint);
  for (int i = 0; i < 3; ++i) {
    ExchangeRecorder got;
    connection.Start({kGet, {}}, &got);
    EXPECT_EQ(connection.reused(), i > 0);
    ASSERT_TRUE(RunUntilDone(*reactor, got));
    ASSERT_TRUE(got.ended);
    EXPECT_EQ(got.connect_times.size(), i == 0 ? 1u : 0u);
    EXPECT_TRUE(connection.connected());
    EXPECT_FALSE(connection.busy());
    ASSERT_GE(got.reads.size(), 4u);
    EXPECT_EQ(got.reads.front().read_index, 0u);
    EXPECT_LE(got.reads.front().not_before, *got.sent_at);
    const ReadInfo& last = got.reads.back();
    EXPECT_EQ(last.read_index, 2u);
    EXPECT_TRUE(last.drained);
    EXPECT_GE(last.stamp - last.not_before, milliseconds(5));
    for (const ReadInfo& read : got.reads) {
      EXPECT_GE(read.stamp, read.woke_at);
      EXPECT_GT(read.stamp, read.not_before);
    }
  }
  EXPECT_EQ(server.connections(), 1);
  EXPECT_GE(reactor->stats().lag.count, 9u);
}

TEST_F(HttpClientTest, AFullBufferIsAReadThatDidNotDrain) {
  const std::string body(4 * Reactor::kReadBufferBytes, 'x');
  ScriptedServer server([&](const Request&, Peer& peer) { peer.Write(Answer(200, "a/b", body)); });
  const Endpoint endpoint = server.endpoint();
  HttpConnection connection(*reactor, endpoint);
  ExchangeRecorder got;
  // While the loop stands still the kernel gathers more than one read takes.
  got.on_head = [&] {
    const Instant until = clock.Now() + milliseconds(100);
    while (clock.Now() < until) {
    }
  };
  connection.Start({kGet, {}}, &got);
  ASSERT_TRUE(RunUntilDone(*reactor, got));
  EXPECT_EQ(got.body, body);
  bool full = false;
  for (std::size_t i = 1; i < got.reads.size(); ++i) {
    const ReadInfo& before = got.reads[i - 1];
    const ReadInfo& read = got.reads[i];
    EXPECT_EQ(read.drained, read.bytes < Reactor::kReadBufferBytes);
    if (read.read_index == before.read_index) continue;
    full = full || !before.drained;
    if (before.drained) {
      EXPECT_GT(read.not_before, before.not_before);
    } else {
      EXPECT_EQ(read.not_before, before.not_before);
    }
  }
  EXPECT_TRUE(full);
}

// A server that sends its head before it has the whole request: that segment is counted like those
// behind it, for the mark is set before anything leaves.
TEST_F(HttpClientTest, SegmentsAreCountedFromBeforeTheRequestLeaves) {
  const Fd listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  // A socket address is passed by its base type.
  auto* const base = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener.get(), base, size), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ASSERT_EQ(::getsockname(listener.get(), base, &size), 0);
  const std::string body(std::size_t{16} << 20, 'x');
  const std::string head =
      fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.size());
  std::atomic<bool> head_seen = false;
  std::thread server([&] {
    const Fd peer(::accept(listener.get(), nullptr, nullptr));
    std::vector<char> buffer(std::size_t{1} << 20);
    std::size_t got = 0;
    const auto read = [&](std::size_t most) {
      const ssize_t bytes = ::recv(peer.get(), buffer.data(), most, 0);
      RS_CHECK(bytes > 0);
      got += static_cast<std::size_t>(bytes);
    };
    const auto write = [&](const std::string& bytes) {
      RS_CHECK(::send(peer.get(), bytes.data(), bytes.size(), 0) ==
               static_cast<ssize_t>(bytes.size()));
    };
    read(1);
    write(testing::ChunkedHead());
    while (!head_seen) std::this_thread::yield();
    while (got < head.size() + body.size()) read(buffer.size());
    write(testing::Chunk("data: 1\n\n") + testing::Chunk("data: 2\n\n") + testing::LastChunk());
    static_cast<void>(::recv(peer.get(), buffer.data(), 1, 0));
  });
  const Url url{"http", "127.0.0.1", ntohs(address.sin_port), "/"};
  auto endpoint = Resolve(url);
  ASSERT_TRUE(endpoint);
  {
    HttpConnection connection(*reactor, *endpoint);
    ExchangeRecorder got;
    got.on_head = [&] { head_seen = true; };
    std::vector<bool> one;
    got.on_body = [&] { one.push_back(connection.OneSegmentARead()); };
    connection.Start({head, body}, &got);
    ASSERT_TRUE(RunUntilDone(*reactor, got));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(one, (std::vector<bool>{true, true}));
  }
  server.join();
}

TEST_F(HttpClientTest, ConnectionCloseMeansANewOneNextTime) {
  ScriptedServer server({"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"});
  const Endpoint endpoint = server.endpoint();
  HttpConnection connection(*reactor, endpoint);
  for (int i = 0; i < 2; ++i) {
    ExchangeRecorder got;
    connection.Start({kGet, {}}, &got);
    ASSERT_TRUE(RunUntilDone(*reactor, got));
    EXPECT_TRUE(got.ended);
    EXPECT_FALSE(connection.connected());
  }
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(HttpClientTest, BytesAfterAnAnswerCostTheConnectionOnly) {
  ScriptedServer server({Answer(200, "a/b", "x") + "surplus"});
  const Endpoint endpoint = server.endpoint();
  HttpConnection connection(*reactor, endpoint);
  ExchangeRecorder got;
  connection.Start({kGet, {}}, &got);
  ASSERT_TRUE(RunUntilDone(*reactor, got));
  EXPECT_TRUE(got.ended);
  EXPECT_EQ(got.body, "x");
  EXPECT_FALSE(connection.connected());
}

TEST_F(HttpClientTest, OpenConnectsAheadOfTheFirstRequest) {
  ScriptedServer server({Answer(200, "a/b", "x")});
  const Endpoint endpoint = server.endpoint();
  HttpConnection connection(*reactor, endpoint);
  ExchangeRecorder opened;
  connection.Open(&opened);
  ASSERT_TRUE(RunUntil(*reactor, [&] { return !opened.connect_times.empty(); }));
  EXPECT_TRUE(connection.connected());
  EXPECT_FALSE(connection.busy());
  ExchangeRecorder got;
  connection.Start({kGet, {}}, &got);
  EXPECT_TRUE(got.sent_at.has_value());  // No wait: the bytes left inside Start.
  ASSERT_TRUE(RunUntilDone(*reactor, got));
  EXPECT_TRUE(got.ended);
  EXPECT_TRUE(got.connect_times.empty());
}

TEST_F(HttpClientTest, AClosedIdleConnectionIsReplacedQuietly) {
  ScriptedServer server({Answer(200, "a/b", "x")});
  const Endpoint endpoint = server.endpoint();
  HttpConnection connection(*reactor, endpoint);
  for (int i = 0; i < 2; ++i) {
    ExchangeRecorder got;
    connection.Start({kGet, {}}, &got);
    ASSERT_TRUE(RunUntilDone(*reactor, got));
    EXPECT_TRUE(got.ended);
    server.CloseConnections();
    ASSERT_TRUE(RunUntil(*reactor, [&] { return !connection.connected(); }));
  }
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(HttpClientTest, AStaleKeptConnectionIsToldAsSuch) {
  for (const bool reset : {false, true}) {
    // The second request of a connection is answered by closing it.
    ScriptedServer server([&](const Request& request, Peer& peer) {
      if (request.index == 0) {
        peer.Write(Answer(200, "a/b", "x"));
      } else if (reset) {
        peer.Reset();
      } else {
        peer.Close();
      }
    });
    const Endpoint endpoint = server.endpoint();
    HttpConnection connection(*reactor, endpoint);
    ExchangeRecorder first;
    connection.Start({kGet, {}}, &first);
    ASSERT_TRUE(RunUntilDone(*reactor, first));
    ExchangeRecorder second;
    ExchangeRecorder resent;
    second.on_error = [&] { connection.Start({kGet, {}}, &resent); };
    connection.Start({kGet, {}}, &second);
    ASSERT_TRUE(RunUntilDone(*reactor, resent));
    ASSERT_TRUE(second.failure.has_value());
    EXPECT_TRUE(second.failure->stale_keep_alive);
    EXPECT_EQ(second.failure->kind, reset ? FailureKind::kReset : FailureKind::kClosedEarly);
    EXPECT_TRUE(resent.ended);
    EXPECT_EQ(server.connections(), 2);
  }
}

TEST_F(HttpClientTest, StartFromEveryEndOfAnExchangeManyTimes) {
  ScriptedServer server({Answer(200, "a/b", "x")});
  const Endpoint endpoint = server.endpoint();
  HttpConnection connection(*reactor, endpoint);
  ExchangeRecorder recorder;
  int ends = 0;
  recorder.on_end = [&] {
    if (++ends < 500) connection.Start({kGet, {}}, &recorder);
  };
  connection.Start({kGet, {}}, &recorder);
  ASSERT_TRUE(RunUntil(*reactor, [&] { return ends == 500; }));
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(recorder.body.size(), 500u);
}

// Every callback may destroy or cancel its connection, and may put another one in its place.
TEST_F(HttpClientTest, DestroyAndCancelInsideEveryCallback) {
  ScriptedServer server([](const Request&, Peer& peer) {
    peer.Write(ChunkedHead() + Chunk("data: 1\n\n") + Chunk("data: 2\n\n") + LastChunk());
  });
  const Endpoint endpoint = server.endpoint();
  using Hook = std::function<void()> ExchangeRecorder::*;
  const std::vector<Hook> hooks = {&ExchangeRecorder::on_connected, &ExchangeRecorder::on_sent,
                                   &ExchangeRecorder::on_head, &ExchangeRecorder::on_body,
                                   &ExchangeRecorder::on_end};
  for (std::size_t i = 0; i < hooks.size(); ++i) {
    for (const bool destroy : {true, false}) {
      auto connection = std::make_unique<HttpConnection>(*reactor, endpoint);
      ExchangeRecorder recorder;
      ExchangeRecorder next;
      int calls = 0;
      recorder.*hooks[i] = [&] {
        ++calls;
        if (destroy) {
          connection = std::make_unique<HttpConnection>(*reactor, endpoint);
        } else {
          connection->Cancel();
        }
        connection->Start({kGet, {}}, &next);
      };
      connection->Start({kGet, {}}, &recorder);
      ASSERT_TRUE(RunUntilDone(*reactor, next)) << "hook " << i << " destroy " << destroy;
      EXPECT_TRUE(next.ended) << "hook " << i << (next.failure ? next.failure->message : "");
      EXPECT_EQ(next.body, "data: 1\n\ndata: 2\n\n");
      EXPECT_EQ(calls, 1) << "hook " << i << " destroy " << destroy;
      EXPECT_FALSE(recorder.failure.has_value());
    }
  }
}

TEST_F(HttpClientTest, ManyConnectionsAtOnce) {
  constexpr std::size_t kConnections = 64;
  ScriptedServer server([](const Request& request, Peer& peer) {
    peer.Write(ChunkedHead());
    for (int i = 0; i < 20; ++i) {
      peer.Write(Chunk("data: " + std::to_string(i) + "\n\n"));
      peer.Sleep(milliseconds(1 + request.connection % 3));
    }
    peer.Write(LastChunk());
  });
  const Endpoint endpoint = server.endpoint();
  std::vector<std::unique_ptr<HttpConnection>> connections;
  std::vector<std::unique_ptr<ExchangeRecorder>> recorders;
  for (std::size_t i = 0; i < kConnections; ++i) {
    connections.push_back(std::make_unique<HttpConnection>(*reactor, endpoint));
    recorders.push_back(std::make_unique<ExchangeRecorder>());
    connections.back()->Start({kGet, {}}, recorders.back().get());
  }
  for (const auto& recorder : recorders) {
    ASSERT_TRUE(RunUntilDone(*reactor, *recorder));
    EXPECT_TRUE(recorder->ended);
    EXPECT_EQ(recorder->body, recorders[0]->body);
  }
}

}  // namespace
}  // namespace roofscape::net
