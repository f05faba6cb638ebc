#include "base/net/http_server.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "base/net/http_client.h"
#include "base/net/http_response.h"
#include "base/net/testing/exchange_recorder.h"
#include "base/net/testing/raw_client.h"
#include "base/net/testing/test_server.h"

namespace roofscape::net {
namespace {

using std::chrono::milliseconds;
using testing::ExchangeNotes;
using testing::ExchangeRecorder;
using testing::RawClient;
using testing::RunUntil;
using testing::RunUntilDone;
using testing::TestServer;

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kChunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Answers with what was asked.
void Echo(ServerExchange& exchange, const ServerRequest& request) {
  exchange.Respond(200, "text/plain",
                   fmt::format("{} {} {}", request.head.method, request.head.target, request.body));
}

std::string Chunk(std::string_view bytes) {
  std::string out;
  AppendChunk(out, bytes);
  return out;
}

class HttpServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = Reactor::Create(clock);
    ASSERT_TRUE(made);
    reactor = *std::move(made);
  }

  Endpoint At(std::uint16_t port, const char* host = "127.0.0.1") const {
    auto endpoint = Resolve({"http", host, port, "/"});
    RS_CHECK(endpoint);
    return *endpoint;
  }

  SystemClock clock;
  std::unique_ptr<Reactor> reactor;
};

TEST_F(HttpServerTest, AnswersOurOwnClientOnAKeptConnection) {
  TestServer server(*reactor, Echo);
  const Endpoint endpoint = At(server.port());
  HttpConnection connection(*reactor, endpoint);
  for (int i = 0; i < 50; ++i) {
    const std::string body(static_cast<std::size_t>(i) * 5000, 'b');
    const std::string head =
        fmt::format("POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", i, body.size());
    ExchangeRecorder got;
    connection.Start({head, body}, &got);
    ASSERT_TRUE(RunUntilDone(*reactor, got));
    ASSERT_TRUE(got.ended) << (got.failure ? got.failure->message : "");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.content_type, "text/plain");
    EXPECT_EQ(got.body, fmt::format("POST /{} {}", i, body));
    EXPECT_EQ(connection.reused(), i > 0);
  }
  EXPECT_EQ(server->stats().accepted, 1u);
  EXPECT_EQ(server->stats().requests, 50u);
  connection.Close();
  EXPECT_TRUE(RunUntil(*reactor, [&] { return server->connections() == 0; }));
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  TestServer server(*reactor, Echo);
  RawClient client(*reactor, server.port());
  client.Send("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string got = client.ReadAll();
  EXPECT_NE(got.find("Content-Length: 8\r\n"), got.npos) << got;
  EXPECT_NE(got.find("Connection: close\r\n"), got.npos) << got;
  EXPECT_TRUE(got.ends_with("\r\n\r\n")) << got;
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerTest, AClientOfHttp10KeepsItsConnectionIfItAsks) {
  TestServer server(*reactor, Echo);
  RawClient client(*reactor, server.port());
  client.Send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(client.ReadUntil("/1").find("Connection: keep-alive\r\n"), std::string::npos);
  client.Send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_NE(client.ReadAll().find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerTest, TakesRequestsByteByByteAndAllAtOnce) {
  std::vector<std::string> seen;
  TestServer server(*reactor, [&](ServerExchange& exchange, const ServerRequest& request) {
    seen.push_back(fmt::format("{} {}", request.head.target, request.body));
    EXPECT_EQ(request.index + 1, seen.size());
    Echo(exchange, request);
  });
  const std::string requests =
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
      "POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"
      "GET /4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const std::vector<std::string> want = {"/1 ", "/2 abc", "/3 de", "/4 "};
  std::string at_once;
  for (const std::size_t piece : {requests.size(), std::size_t{1}, std::size_t{7}}) {
    seen.clear();
    RawClient client(*reactor, server.port());
    for (std::size_t i = 0; i < requests.size(); i += piece) {
      client.Send(requests.substr(i, piece));
    }
    const std::string got = client.ReadAll();
    EXPECT_EQ(seen, want) << "pieces of " << piece;
    EXPECT_TRUE(client.closed());
    if (at_once.empty()) at_once = got;
    EXPECT_EQ(got, at_once) << "pieces of " << piece;
  }
}

TEST_F(HttpServerTest, PipelinedRequestsWaitForTheAnswerBefore) {
  std::vector<ServerExchange*> waiting;
  std::vector<std::string> targets;
  TestServer server(*reactor, [&](ServerExchange& exchange, const ServerRequest& request) {
    waiting.push_back(&exchange);
    targets.emplace_back(request.head.target);
  });
  RawClient client(*reactor, server.port());
  client.Send(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  for (std::size_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(RunUntil(*reactor, [&] { return waiting.size() == i; }));
    for (int k = 0; k < 5; ++k) reactor->Poll(milliseconds(1));
    ASSERT_EQ(waiting.size(), i);
    EXPECT_EQ(targets.back(), fmt::format("/{}", i));
    waiting.back()->Respond(200, "a/b", fmt::format("answer {}", i));
    EXPECT_EQ(waiting.size(), i);  // No callback from inside.
    EXPECT_NE(client.ReadUntil(fmt::format("answer {}", i)).find(fmt::format("answer {}", i)),
              std::string::npos);
  }
}

TEST_F(HttpServerTest, EveryWriteLeavesAtOnceAsItsOwnSegment) {
  ServerExchange* exchange = nullptr;
  TestServer server(*reactor,
                    [&](ServerExchange& e, const ServerRequest& /*request*/) { exchange = &e; });
  const Endpoint endpoint = At(server.port());
  HttpConnection connection(*reactor, endpoint);
  ExchangeRecorder got;
  connection.Start({kGet, {}}, &got);
  ASSERT_TRUE(RunUntil(*reactor, [&] { return exchange != nullptr; }));
  exchange->Write(kChunkedHead);
  const std::string chunk = Chunk("data: hello\n\n");
  std::vector<WriteInfo> writes;
  for (const std::size_t cut : {2u, 5u, 9u}) {
    for (const std::string& part : {chunk.substr(0, cut), chunk.substr(cut)}) {
      writes.push_back(exchange->Write(part));
      EXPECT_EQ(writes.back().sent, part.size());
      EXPECT_EQ(writes.back().queued, 0u);
      EXPECT_FALSE(writes.back().failed);
      EXPECT_LT(writes.back().before, writes.back().after);
      const std::size_t reads = got.reads.size();
      RunUntil(*reactor, [&] { return got.reads.size() > reads; }, milliseconds(5));
    }
  }
  EXPECT_EQ(got.body, "data: hello\n\ndata: hello\n\ndata: hello\n\n");
  std::string end;
  AppendLastChunk(end);
  exchange->Write(end);
  exchange->End();
  ASSERT_TRUE(RunUntilDone(*reactor, got));
  EXPECT_TRUE(got.ended);
  // The kernel's receive stamps agree with what the server wrote down: head, then 3 times 2 parts.
  EXPECT_GE(got.reads.back().read_index, 4u);
  EXPECT_TRUE(connection.connected());
}

TEST_F(HttpServerTest, ARequestCarriesTheStampsOfItsLastByte) {
  std::vector<ServerRequest> seen;
  TestServer server(*reactor, [&](ServerExchange& exchange, const ServerRequest& request) {
    seen.push_back(request);
    Echo(exchange, request);
  });
  RawClient client(*reactor, server.port());
  client.Send(kGet.substr(0, 10));
  for (int k = 0; k < 5; ++k) reactor->Poll(milliseconds(2));
  const Instant before = clock.Now();
  client.Send(kGet.substr(10));
  ASSERT_TRUE(RunUntil(*reactor, [&] { return !seen.empty(); }));
  EXPECT_GE(seen[0].arrived + seen[0].grain, before);
  EXPECT_LE(seen[0].arrived, seen[0].stamp);
  EXPECT_LE(seen[0].woke_at, seen[0].stamp);
  EXPECT_TRUE(seen[0].by_kernel);
}

TEST_F(HttpServerTest, AMarkedWriteGetsItsTransmitStamp) {
  ExchangeNotes notes;
  WriteInfo info;
  TestServer server(*reactor, [&](ServerExchange& exchange, const ServerRequest& /*request*/) {
    exchange.SetHandler(&notes);
    info = exchange.Write(kChunkedHead, /*want_stamp=*/true);
  });
  RawClient client(*reactor, server.port());
  client.Send(kGet);
  ASSERT_TRUE(RunUntil(*reactor, [&] { return !notes.transmitted.empty(); }));
  EXPECT_GE(notes.transmitted[0], info.before - milliseconds(1));
  EXPECT_LE(notes.transmitted[0], info.after + milliseconds(1));
}

TEST_F(HttpServerTest, ALargeAnswerIsQueuedAndDrained) {
  const std::string body(3'000'000, 'x');
  ExchangeNotes notes;
  notes.on_drained = [](ServerExchange& exchange) { exchange.End(); };
  WriteInfo info;
  HttpServerOptions options;
  options.listen.send_buffer_bytes = 200'000;
  TestServer server(
      *reactor,
      [&](ServerExchange& exchange, const ServerRequest& /*request*/) {
        std::string answer;
        AppendResponseHead(answer, 200, {}, body.size(), exchange.keep_alive());
        exchange.SetHandler(&notes);
        info = exchange.Write(answer + body);
        EXPECT_EQ(exchange.queued_bytes(), info.queued);
      },
      options);
  const Endpoint endpoint = At(server.port());
  HttpConnection connection(*reactor, endpoint);
  for (int i = 0; i < 3; ++i) {
    notes.drained.clear();
    ExchangeRecorder got;
    connection.Start({kGet, {}}, &got);
    ASSERT_TRUE(RunUntilDone(*reactor, got));
    EXPECT_EQ(got.body, body);
    ASSERT_GT(info.queued, 0u);
    ASSERT_EQ(notes.drained.size(), 1u);
    EXPECT_GT(notes.drained[0].after, info.after);
    EXPECT_EQ(notes.drained[0].queued, 0u);
  }
  EXPECT_EQ(server->stats().accepted, 1u);
}

TEST_F(HttpServerTest, EndLeavesWhatIsQueuedToTheConnection) {
  const std::string body(3'000'000, 'x');
  TestServer server(*reactor, [&](ServerExchange& exchange, const ServerRequest& /*request*/) {
    exchange.Respond(200, "a/b", body);
  });
  RawClient client(*reactor, server.port());
  client.Send(kGet + "GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string got = client.ReadAll();
  EXPECT_GT(got.size(), 2 * body.size());
  EXPECT_EQ(server->stats().requests, 2u);
}

TEST_F(HttpServerTest, ContinueIsSentBeforeTheBody) {
  TestServer server(*reactor, Echo);
  RawClient client(*reactor, server.port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Take();
  client.Send("ok");
  EXPECT_NE(client.ReadUntil("POST / ok").find("200 OK"), std::string::npos);
  // A client that did not wait gets no interim answer.
  client.Take();
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_TRUE(client.ReadUntil("POST / ok").starts_with("HTTP/1.1 200 OK"));
}

TEST_F(HttpServerTest, TheOwnerHearsWhenTheClientGoes) {
  for (const bool abort : {false, true}) {
    ExchangeNotes notes;
    ServerExchange* exchange = nullptr;
    TestServer server(*reactor, [&](ServerExchange& e, const ServerRequest& /*request*/) {
      e.SetHandler(&notes);
      e.Write(kChunkedHead + Chunk("x"));
      exchange = &e;
    });
    RawClient client(*reactor, server.port());
    client.Send(kGet);
    client.ReadUntil("x");
    abort ? client.Abort() : client.Close();
    ASSERT_TRUE(RunUntil(*reactor, [&] { return notes.gone.has_value(); }));
    EXPECT_EQ(*notes.gone, abort ? GoneReason::kReset : GoneReason::kClosed);
    EXPECT_TRUE(RunUntil(*reactor, [&] { return server->connections() == 0; }));
    EXPECT_EQ(server->stats().gone, 1u);
  }
}

TEST_F(HttpServerTest, WritingToAClientThatWentIsSafe) {
  ExchangeNotes notes;
  ServerExchange* exchange = nullptr;
  TestServer server(*reactor, [&](ServerExchange& e, const ServerRequest& /*request*/) {
    e.SetHandler(&notes);
    exchange = &e;
  });
  RawClient client(*reactor, server.port());
  client.Send(kGet);
  ASSERT_TRUE(RunUntil(*reactor, [&] { return exchange != nullptr; }));
  client.Abort();
  EXPECT_TRUE(exchange->Write(Chunk("x")).failed);
  EXPECT_TRUE(exchange->Write(Chunk("x")).failed);
  EXPECT_FALSE(notes.gone.has_value());  // Only from the loop.
  ASSERT_TRUE(RunUntil(*reactor, [&] { return notes.gone.has_value(); }));
  EXPECT_EQ(*notes.gone, GoneReason::kReset);
}

TEST_F(HttpServerTest, ResetAndEndAndCloseAreSeenByTheClient) {
  bool reset = true;
  TestServer server(*reactor, [&](ServerExchange& exchange, const ServerRequest& /*request*/) {
    exchange.Write(kChunkedHead + Chunk("x"));
    reset ? exchange.Reset() : exchange.EndAndClose();
  });
  for (const bool now : {true, false}) {
    reset = now;
    RawClient client(*reactor, server.port());
    client.Send(kGet);
    client.ReadAll();
    EXPECT_EQ(client.reset(), now);
    EXPECT_EQ(client.closed(), !now);
  }
}

// Every callback may end the exchange in every way, or destroy the whole server.
TEST_F(HttpServerTest, EndResetAndDestroyInsideEveryCallback) {
  enum class Where { kRequest, kDrained, kTransmitted, kGone };
  enum class What { kEnd, kClose, kReset, kDestroy };
  HttpServerOptions small_buffers;
  small_buffers.listen.send_buffer_bytes = 200'000;
  for (const Where where : {Where::kRequest, Where::kDrained, Where::kTransmitted, Where::kGone}) {
    for (const What what : {What::kEnd, What::kClose, What::kReset, What::kDestroy}) {
      std::unique_ptr<TestServer> server;
      int calls = 0;
      const auto act = [&](ServerExchange* exchange) {
        ++calls;
        if (what == What::kDestroy) server->server.reset();
        if (exchange == nullptr || what == What::kDestroy) return;
        if (what == What::kEnd) exchange->End();
        if (what == What::kClose) exchange->EndAndClose();
        if (what == What::kReset) exchange->Reset();
      };
      ExchangeNotes notes;
      if (where == Where::kDrained) notes.on_drained = [&](ServerExchange& e) { act(&e); };
      if (where == Where::kTransmitted) notes.on_transmitted = [&](ServerExchange& e) { act(&e); };
      if (where == Where::kGone) notes.on_gone = [&] { act(nullptr); };
      server = std::make_unique<TestServer>(
          *reactor,
          [&](ServerExchange& exchange, const ServerRequest& /*request*/) {
            exchange.SetHandler(&notes);
            if (where == Where::kRequest) {
              act(&exchange);
            } else if (where == Where::kDrained) {
              exchange.Write(std::string(3'000'000, 'x'));
            } else {
              exchange.Write(kChunkedHead, true);
            }
          },
          small_buffers);
      RawClient client(*reactor, server->port());
      client.Send(kGet + kGet);
      if (where == Where::kGone) {
        client.ReadUntil("\r\n\r\n");
        client.Abort();
      }
      RunUntil(*reactor, [&] {
        while (where != Where::kGone && client.ReadSome()) {
        }
        return calls > 0;
      });
      if (where != Where::kGone) client.ReadAll(milliseconds(10));
      EXPECT_GE(calls, 1) << static_cast<int>(where) << ' ' << static_cast<int>(what);
      server.reset();
      for (int k = 0; k < 3; ++k) reactor->Poll(Nanos{0});
    }
  }
}

TEST_F(HttpServerTest, ListensOnIpv6) {
  TestServer server(*reactor, Echo, {}, "[::1]");
  const Endpoint endpoint = At(server.port(), "::1");
  HttpConnection connection(*reactor, endpoint);
  ExchangeRecorder got;
  connection.Start({kGet, {}}, &got);
  ASSERT_TRUE(RunUntilDone(*reactor, got));
  EXPECT_EQ(got.body, "GET / ");
}

TEST_F(HttpServerTest, TheAnyAddressOfIpv6TakesIpv4Too) {
  TestServer server(*reactor, Echo, {}, "::");
  for (const bool v6 : {false, true}) {
    RawClient client(*reactor, server.port(), v6);
    client.Send(kGet);
    EXPECT_NE(client.ReadUntil("GET / ").find("200 OK"), std::string::npos);
  }
}

TEST_F(HttpServerTest, ListenSaysWhatIsWrong) {
  TestServer server(*reactor, Echo);
  const auto taken = HttpServer::Listen(*reactor, "127.0.0.1", server.port(), server, {});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(taken.error().message,
            fmt::format("listen on 127.0.0.1:{0}: the port is in use. 'ss -ltnp sport = :{0}' "
                        "names who has it: stop that, or choose another port; 0 takes a free one.",
                        server.port()));
  for (const char* host : {"no such host", "", "192.0.2.1"}) {
    const auto bad = HttpServer::Listen(*reactor, host, 0, server, {});
    ASSERT_FALSE(bad) << host;
    EXPECT_EQ(bad.error().code, ErrorCode::kInvalidArgument) << bad.error().message;
    EXPECT_NE(bad.error().message.find("Use 127.0.0.1"), std::string::npos);
  }
}

TEST_F(HttpServerTest, ServersOnSeveralReactorsShareAPort) {
  HttpServerOptions options;
  options.listen.reuse_port = true;
  TestServer first(*reactor, Echo, options);
  auto other = Reactor::Create(clock);
  ASSERT_TRUE(other);
  const auto second = HttpServer::Listen(**other, "127.0.0.1", first.port(), first, options);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ((*second)->port(), first.port());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(std::make_unique<RawClient>(*reactor, first.port()));
    clients.back()->Send(kGet);
  }
  for (int k = 0; k < 20; ++k) {
    reactor->Poll(milliseconds(1));
    (*other)->Poll(milliseconds(1));
  }
  EXPECT_EQ(first->stats().requests + (*second)->stats().requests, 64u);
  EXPECT_GT(first->stats().requests, 0u);
  EXPECT_GT((*second)->stats().requests, 0u);
}

}  // namespace
}  // namespace roofscape::net
