// HTTP over TLS, our client and our server on real sockets.

#include <sys/socket.h>

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <array>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/net/fetch.h"
#include "base/net/http_client.h"
#include "base/net/http_response.h"
#include "base/net/testing/certificates.h"
#include "base/net/testing/exchange_recorder.h"
#include "base/net/testing/raw_client.h"
#include "base/net/testing/test_server.h"

namespace roofscape::net {
namespace {

using std::chrono::milliseconds;
using testing::CertificateFiles;
using testing::CertificateOptions;
using testing::ExchangeNotes;
using testing::ExchangeRecorder;
using testing::RawClient;
using testing::RunUntil;
using testing::RunUntilDone;
using testing::TestAuthority;
using testing::TestServer;

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

void Echo(ServerExchange& exchange, const ServerRequest& request) {
  exchange.Respond(200, "text/plain", request.body.empty() ? "ok" : request.body);
}

class TlsHttpTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = Reactor::Create(clock);
    ASSERT_TRUE(made);
    reactor = *std::move(made);
  }

  HttpServerOptions Secure(const CertificateOptions& certificate = {}) {
    const CertificateFiles files = authority.Issue(certificate);
    auto tls = TlsContext::ForServer(files.cert_file, files.key_file);
    RS_CHECK(tls);
    HttpServerOptions options;
    options.tls = *tls;
    return options;
  }

  Endpoint At(std::uint16_t port, const char* host = "localhost") {
    auto endpoint = Resolve({"https", host, port, "/"}, {authority.ca_file(), true});
    RS_CHECK(endpoint);
    return *endpoint;
  }

  ExchangeRecorder Get(const Endpoint& endpoint) {
    HttpConnection connection(*reactor, endpoint);
    ExchangeRecorder got;
    connection.Start({kGet, {}}, &got);
    EXPECT_TRUE(RunUntilDone(*reactor, got));
    return got;
  }

  SystemClock clock;
  std::unique_ptr<Reactor> reactor;
  TestAuthority authority;
};

TEST_F(TlsHttpTest, BodiesOfEverySizeGoBothWaysOnAKeptConnection) {
  TestServer server(*reactor, Echo, Secure());
  const Endpoint endpoint = At(server.port());
  EXPECT_EQ(endpoint.origin, fmt::format("https://localhost:{}", server.port()));
  HttpConnection connection(*reactor, endpoint);
  for (const std::size_t bytes : {1u, 16'384u, 200'000u, 3'000'000u}) {
    const std::string body(bytes, 'b');
    const std::string head =
        fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", bytes);
    ExchangeRecorder got;
    connection.Start({head, body}, &got);
    ASSERT_TRUE(RunUntilDone(*reactor, got));
    ASSERT_TRUE(got.ended) << (got.failure ? got.failure->message : "");
    EXPECT_TRUE(got.body == body) << bytes;
    EXPECT_TRUE(got.sent_at.has_value());
    EXPECT_EQ(got.connect_times.size(), bytes == 1 ? 1u : 0u);
  }
  EXPECT_EQ(server->stats().accepted, 1u);
  EXPECT_EQ(server->stats().tls_failures, 0u);
}

TEST_F(TlsHttpTest, ReadsKeepTheKernelsStamps) {
  TestServer server(
      *reactor,
      [](ServerExchange& exchange, const ServerRequest& request) {
        EXPECT_TRUE(request.by_kernel);
        EXPECT_LE(request.arrived, request.stamp);
        Echo(exchange, request);
      },
      Secure());
  const ExchangeRecorder got = Get(At(server.port()));
  ASSERT_TRUE(got.ended);
  for (const ReadInfo& read : got.reads) {
    EXPECT_TRUE(read.by_kernel);
    EXPECT_TRUE(read.drained);
    EXPECT_LE(read.arrived, read.stamp);
  }
}

TEST_F(TlsHttpTest, ConnectTimeIncludesTheHandshake) {
  TestServer server(*reactor, Echo, Secure());
  const Endpoint endpoint = At(server.port());
  HttpConnection connection(*reactor, endpoint);
  ExchangeRecorder opened;
  const Instant begin = clock.Now();
  connection.Open(&opened);
  // The kernel completes the connection at once; the server takes its time.
  std::this_thread::sleep_for(milliseconds(20));
  ASSERT_TRUE(RunUntil(*reactor, [&] { return !opened.connect_times.empty(); }));
  EXPECT_GE(opened.connect_times[0], milliseconds(20));
  EXPECT_LE(opened.connect_times[0], clock.Now() - begin);
  // The ticket that comes unasked does not cost the idle connection.
  for (int k = 0; k < 5; ++k) reactor->Poll(milliseconds(2));
  EXPECT_TRUE(connection.connected());
  ExchangeRecorder got;
  connection.Start({kGet, {}}, &got);
  EXPECT_TRUE(connection.reused());
  ASSERT_TRUE(RunUntilDone(*reactor, got));
  EXPECT_TRUE(got.ended);
  connection.Close();
  EXPECT_TRUE(RunUntil(*reactor, [&] { return server->connections() == 0; }));
}

TEST_F(TlsHttpTest, TheSecondConnectionIsResumedAndTheNameIsSeen) {
  std::vector<std::string> names;
  std::vector<bool> resumed;
  TestServer server(
      *reactor,
      [&](ServerExchange& exchange, const ServerRequest& request) {
        names.push_back(request.tls->server_name());
        resumed.push_back(request.tls->resumed());
        Echo(exchange, request);
      },
      Secure());
  const Endpoint endpoint = At(server.port());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Get(endpoint).ended);
  EXPECT_EQ(names, std::vector<std::string>(3, "localhost"));
  EXPECT_EQ(resumed, (std::vector<bool>{false, true, true}));
}

TEST_F(TlsHttpTest, AddressesOfBothFamilies) {
  for (const char* host : {"127.0.0.1", "::1"}) {
    TestServer server(*reactor, Echo, Secure(), host);
    EXPECT_TRUE(Get(At(server.port(), host)).ended) << host;
  }
}

TEST_F(TlsHttpTest, WhatDoesNotHoldIsAFailureWithTheCure) {
  const std::vector<std::pair<CertificateOptions, std::string>> cases = {
      {{.valid_from_s = -7200, .valid_until_s = -3600}, "certificate has expired"},
      {{.names = "DNS:other.example"}, "is for 'other.example', not for 'localhost'"},
  };
  for (const auto& [certificate, words] : cases) {
    TestServer server(*reactor, Echo, Secure(certificate));
    const ExchangeRecorder got = Get(At(server.port()));
    ASSERT_TRUE(got.failure.has_value());
    EXPECT_EQ(got.failure->kind, FailureKind::kProtocol);
    EXPECT_EQ(got.failure->phase, Phase::kConnecting);
    EXPECT_NE(got.failure->message.find(words), std::string::npos) << got.failure->message;
    EXPECT_TRUE(got.failure->message.starts_with("https://localhost:")) << got.failure->message;
    EXPECT_TRUE(got.failure->message.ends_with("--insecure.")) << got.failure->message;
    EXPECT_TRUE(RunUntil(*reactor, [&] { return server->stats().tls_failures == 1; }));
    const auto blind = Resolve({"https", "localhost", server.port(), "/"}, {"", false});
    EXPECT_TRUE(Get(*blind).ended);
  }
}

TEST_F(TlsHttpTest, EachSideToldThatTheOtherSpeaksPlainHttp) {
  TestServer plain(*reactor, Echo);
  const ExchangeRecorder got = Get(At(plain.port()));
  ASSERT_TRUE(got.failure.has_value());
  EXPECT_NE(got.failure->message.find("does not speak TLS. Use http:// in the URL"),
            std::string::npos)
      << got.failure->message;
  TestServer secure(*reactor, Echo, Secure());
  RawClient client(*reactor, secure.port());
  client.Send(kGet);
  const std::string answer = client.ReadAll();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << answer;
  EXPECT_NE(answer.find("Use https:// in the URL."), std::string::npos) << answer;
}

TEST_F(TlsHttpTest, GarbageAndSilenceCostTheServerNothing) {
  HttpServerOptions options = Secure();
  options.head_timeout = milliseconds(50);
  TestServer server(*reactor, Echo, options);
  RawClient garbage(*reactor, server.port());
  garbage.Send("\x01\x02\x03 no handshake, but long enough for one");
  RawClient half(*reactor, server.port());
  half.Send(std::string("\x16\x03\x01\x02\x00\x01", 6));
  RawClient silent(*reactor, server.port());
  EXPECT_TRUE(RunUntil(*reactor, [&] { return server->stats().accepted == 3; }));
  EXPECT_TRUE(RunUntil(*reactor, [&] { return server->connections() == 0; }));
  EXPECT_EQ(server->stats().tls_failures, 1u);
  EXPECT_TRUE(Get(At(server.port())).ended);
}

TEST_F(TlsHttpTest, ASlowReaderOfEncryptedBytesGetsThemAll) {
  HttpServerOptions options = Secure();
  options.listen.send_buffer_bytes = 32768;
  ExchangeNotes notes;
  notes.on_drained = [](ServerExchange& exchange) { exchange.End(); };
  const std::string body(2'000'000, 'x');
  WriteInfo info;
  TestServer server(
      *reactor,
      [&](ServerExchange& exchange, const ServerRequest& /*request*/) {
        std::string answer;
        AppendResponseHead(answer, 200, {}, body.size(), exchange.keep_alive());
        exchange.SetHandler(&notes);
        exchange.Write(answer);
        // Both joins the queue behind what could not leave.
        info = exchange.Write(body.substr(0, 1'000'000));
        exchange.Write(body.substr(1'000'000));
      },
      options);
  const ExchangeRecorder got = Get(At(server.port()));
  ASSERT_TRUE(got.ended) << (got.failure ? got.failure->message : "");
  EXPECT_TRUE(got.body == body);
  EXPECT_GT(info.queued, 0u);
}

// A server by hand, which ends its answer as it likes.
TEST_F(TlsHttpTest, TheEndOfAStreamAndATornStreamAreToldApart) {
  enum class End { kGoodbyeAndClose, kGoodbye, kClose };
  const auto tls = Secure().tls;
  for (const End end : {End::kGoodbyeAndClose, End::kGoodbye, End::kClose}) {
    auto listener = OpenListener("127.0.0.1", 0, {});
    ASSERT_TRUE(listener);
    const Endpoint endpoint = At(BoundPort(listener->get()));
    HttpConnection connection(*reactor, endpoint);
    ExchangeRecorder got;
    connection.Start({kGet, {}}, &got);
    RunUntil(*reactor, [&] { return got.sent_at.has_value(); }, milliseconds(50));
    const Fd server(::accept4(listener->get(), nullptr, nullptr, SOCK_NONBLOCK));
    ASSERT_TRUE(server.open());
    const auto session = tls->NewServerSession();
    const auto flush = [&] {
      const std::string_view bytes = session->outgoing();
      EXPECT_EQ(::send(server.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(bytes.size()));
      session->Discard(bytes.size());
    };
    ASSERT_TRUE(RunUntil(*reactor, [&] {
      std::array<char, 4096> buffer{};
      const ssize_t read = ::recv(server.get(), buffer.data(), buffer.size(), 0);
      if (read > 0) session->Feed({buffer.data(), static_cast<std::size_t>(read)});
      if (!session->established()) session->Handshake();
      flush();
      return session->established() && got.sent_at.has_value();
    }));
    // No length: the body ends with the connection. Text and goodbye come in one segment.
    session->Write("HTTP/1.1 200 OK\r\n\r\nto the end");
    if (end != End::kClose) session->Close();
    flush();
    if (end != End::kGoodbye) {
      ASSERT_EQ(::shutdown(server.get(), SHUT_WR), 0);
    }
    ASSERT_TRUE(RunUntilDone(*reactor, got));
    EXPECT_EQ(got.body, "to the end");
    EXPECT_EQ(got.ended, end != End::kClose);
    EXPECT_FALSE(connection.connected());
    if (end != End::kClose) continue;
    EXPECT_EQ(got.failure->kind, FailureKind::kClosedEarly);
    EXPECT_NE(got.failure->message.find("cut without a goodbye"), std::string::npos);
  }
}

TEST_F(TlsHttpTest, DrainAndResetWorkAsWithoutTls) {
  ServerExchange* exchange = nullptr;
  TestServer server(
      *reactor, [&](ServerExchange& e, const ServerRequest& /*request*/) { exchange = &e; },
      Secure());
  const Endpoint endpoint = At(server.port());
  HttpConnection first(*reactor, endpoint);
  ExchangeRecorder torn;
  first.Start({kGet, {}}, &torn);
  ASSERT_TRUE(RunUntil(*reactor, [&] { return exchange != nullptr; }));
  exchange->Reset();
  ASSERT_TRUE(RunUntilDone(*reactor, torn));
  EXPECT_EQ(torn.failure->kind, FailureKind::kReset) << torn.failure->message;
  exchange = nullptr;
  HttpConnection second(*reactor, endpoint);
  ExchangeRecorder got;
  second.Start({kGet, {}}, &got);
  ASSERT_TRUE(RunUntil(*reactor, [&] { return exchange != nullptr; }));
  bool empty = false;
  server->Drain([&] { empty = true; });
  exchange->Respond(200, "a/b", "late");
  ASSERT_TRUE(RunUntilDone(*reactor, got));
  EXPECT_EQ(got.body, "late");
  EXPECT_FALSE(second.connected());  // It was told that the connection closes.
  EXPECT_TRUE(RunUntil(*reactor, [&] { return empty; }));
}

TEST_F(TlsHttpTest, FetchSpeaksHttps) {
  TestServer server(*reactor, Echo, Secure());
  const std::uint16_t port = server.port();
  std::thread loop([&] { reactor->Run(); });
  FetchOptions options;
  options.tls.ca_file = authority.ca_file();
  const Url url{"https", "localhost", port, "/"};
  const auto good = Fetch(url, "/", options, clock);
  const auto untrusted = Fetch(url, "/", {}, clock);
  options.tls.ca_file = "/no/such/file";
  const auto no_file = Fetch(url, "/", options, clock);
  reactor->Stop();
  loop.join();
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->body, "ok");
  ASSERT_FALSE(untrusted);
  EXPECT_NE(untrusted.error().message.find("--ca-file FILE"), std::string::npos);
  ASSERT_FALSE(no_file);
  EXPECT_NE(no_file.error().message.find("'/no/such/file'"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::net
