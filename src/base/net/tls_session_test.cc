#include "base/net/tls_session.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/net/testing/certificates.h"
#include "base/net/tls_context.h"

namespace roofscape::net {
namespace {

using testing::CertificateFiles;
using testing::CertificateOptions;
using testing::TestAuthority;
using Status = TlsSession::Status;

/// Two sessions and the wire between them.
struct Pair {
  std::unique_ptr<TlsSession> client;
  std::unique_ptr<TlsSession> server;
  Status client_status = Status::kNeedMore;
  Status server_status = Status::kNeedMore;

  /// Carries what one has to say to the other, `piece` bytes at a time; false if there was nothing.
  static bool Carry(TlsSession& from, TlsSession& to, std::size_t piece,
                    const std::function<void()>& after) {
    bool any = false;
    while (!from.outgoing().empty()) {
      const std::string bytes(from.outgoing().substr(0, piece));
      from.Discard(bytes.size());
      to.Feed(bytes);
      after();
      any = true;
    }
    return any;
  }

  void Shake(std::size_t piece = 1 << 20) {
    const auto step_client = [&] {
      if (client_status == Status::kNeedMore) client_status = client->Handshake();
    };
    const auto step_server = [&] {
      if (server_status == Status::kNeedMore) server_status = server->Handshake();
    };
    step_client();
    for (bool moved = true; moved;) {
      moved = Carry(*client, *server, piece, step_server);
      moved = Carry(*server, *client, piece, step_client) || moved;
    }
  }
  bool Open() const { return client_status == Status::kOk && server_status == Status::kOk; }
};

/// What comes out at the other end.
std::string Through(TlsSession& from, TlsSession& to, std::string_view text, std::size_t piece) {
  EXPECT_EQ(from.Write(text), Status::kOk);
  std::string got;
  std::array<char, 1000> buffer{};
  Pair::Carry(from, to, piece, [&] {
    for (;;) {
      const TlsSession::Plain plain = to.Read(buffer);
      got.append(buffer.data(), plain.bytes);
      if (plain.status != Status::kOk) break;
    }
  });
  return got;
}

class TlsSessionTest : public ::testing::Test {
 protected:
  std::shared_ptr<TlsContext> Client(const TlsClientOptions& options) {
    auto made = TlsContext::ForClient(options);
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }
  std::shared_ptr<TlsContext> Server(const CertificateOptions& options = {}) {
    const CertificateFiles files = authority.Issue(options);
    auto made = TlsContext::ForServer(files.cert_file, files.key_file);
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }
  Pair Shake(TlsContext& client, TlsContext& server, std::string_view host = "localhost",
             std::size_t piece = 1 << 20) {
    Pair pair{client.NewClientSession(host, 443), server.NewServerSession()};
    pair.Shake(piece);
    return pair;
  }

  TestAuthority authority;
};

TEST_F(TlsSessionTest, TextGoesThroughInPiecesOfEverySize) {
  const auto client = Client({authority.ca_file()});
  const auto server = Server();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
    Pair pair = Shake(*client, *server, "localhost", piece);
    ASSERT_TRUE(pair.Open()) << pair.client->error() << pair.server->error();
    EXPECT_EQ(pair.client->protocol(), "http/1.1");
    EXPECT_EQ(pair.server->protocol(), "http/1.1");
    EXPECT_EQ(pair.server->server_name(), "localhost");
    for (const std::size_t bytes : {1u, 16384u, 100'000u}) {
      const std::string text(bytes, 't');
      EXPECT_EQ(Through(*pair.client, *pair.server, text, piece), text);
      EXPECT_EQ(Through(*pair.server, *pair.client, text, piece), text);
    }
  }
}

TEST_F(TlsSessionTest, AddressesAreVerifiedAndNotSentAsNames) {
  const auto client = Client({authority.ca_file()});
  const auto server = Server();
  for (const char* host : {"127.0.0.1", "::1"}) {
    Pair pair = Shake(*client, *server, host);
    EXPECT_TRUE(pair.Open()) << host << ": " << pair.client->error();
    EXPECT_EQ(pair.server->server_name(), "");
  }
}

struct RefusedCase {
  const char* name;
  CertificateOptions certificate;
  std::string host;
  bool trusted;
  std::string words;
};

TEST_F(TlsSessionTest, CertificatesThatDoNotHoldAreRefusedWithTheCure) {
  const TestAuthority stranger;
  const std::vector<RefusedCase> cases = {
      {"expired",
       {.valid_from_s = -7200, .valid_until_s = -3600},
       "localhost",
       true,
       "certificate has expired. Renew it there, or go without checking: --insecure."},
      {"early", {.valid_from_s = 3600}, "localhost", true, "not valid yet. Check the clocks"},
      {"wrong name",
       {.names = "DNS:a.example,DNS:b.example"},
       "localhost",
       true,
       "is for 'a.example', 'b.example', not for 'localhost'. Use a name that it has"},
      {"wrong address",
       {.names = "DNS:localhost,IP:127.0.0.2"},
       "127.0.0.1",
       true,
       "is for 'localhost', not for '127.0.0.1'"},
      {"untrusted", {}, "localhost", false, "does not trust who signed the server's certificate"},
  };
  for (const RefusedCase& c : cases) {
    const auto server = Server(c.certificate);
    const auto client = Client({c.trusted ? authority.ca_file() : stranger.ca_file()});
    Pair pair = Shake(*client, *server, c.host);
    EXPECT_EQ(pair.client_status, Status::kFailed) << c.name;
    EXPECT_NE(pair.client->error().find(c.words), std::string::npos)
        << c.name << ": " << pair.client->error();
    EXPECT_TRUE(pair.client->error().ends_with("--insecure.")) << pair.client->error();
    // Without checking it works all the same.
    Pair blind = Shake(*Client({"", false}), *server, c.host);
    EXPECT_TRUE(blind.Open()) << c.name << ": " << blind.client->error();
  }
}

TEST_F(TlsSessionTest, TheSystemsAuthoritiesDoNotKnowOurs) {
  Pair pair = Shake(*Client({}), *Server());
  EXPECT_EQ(pair.client_status, Status::kFailed);
  EXPECT_NE(pair.client->error().find("--ca-file FILE"), std::string::npos);
}

TEST_F(TlsSessionTest, ASecondSessionWithTheSameServerIsResumed) {
  const auto client = Client({authority.ca_file()});
  const auto server = Server();
  for (int i = 0; i < 3; ++i) {
    Pair pair = Shake(*client, *server);
    ASSERT_TRUE(pair.Open());
    EXPECT_EQ(pair.client->resumed(), i > 0);
    EXPECT_EQ(pair.server->resumed(), i > 0);
    // The ticket of TLS 1.3 comes after the handshake, with the first data.
    EXPECT_EQ(Through(*pair.server, *pair.client, "x", 1 << 20), "x");
  }
  EXPECT_FALSE(Shake(*client, *server, "127.0.0.1").client->resumed());
}

TEST_F(TlsSessionTest, CloseAndTruncationAreToldApart) {
  const auto client = Client({authority.ca_file()});
  const auto server = Server();
  std::array<char, 100> buffer{};
  for (const bool polite : {true, false}) {
    Pair pair = Shake(*client, *server);
    EXPECT_EQ(pair.server->Write("last words"), Status::kOk);
    if (polite) pair.server->Close();
    pair.client->Feed(pair.server->outgoing());
    const TlsSession::Plain plain = pair.client->Read(buffer);
    EXPECT_EQ(std::string(buffer.data(), plain.bytes), "last words");
    EXPECT_EQ(plain.status, polite ? Status::kClosed : Status::kNeedMore);
    EXPECT_EQ(pair.client->peer_closed(), polite);
  }
}

TEST_F(TlsSessionTest, WhatIsNotTlsIsToldSo) {
  const auto client = Client({authority.ca_file()})->NewClientSession("localhost", 443);
  EXPECT_EQ(client->Handshake(), Status::kNeedMore);
  client->Feed("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(client->Handshake(), Status::kFailed);
  EXPECT_EQ(client->error(),
            "what answered does not speak TLS. Use http:// in the URL, or check host and port.");
  for (const bool http : {true, false}) {
    const auto server = Server()->NewServerSession();
    server->Feed(http ? "GET / HTTP/1.1\r\nHost: x\r\n\r\n" : "\x01\x02 garbage, and a lot of it");
    EXPECT_EQ(server->Handshake(), Status::kFailed);
    EXPECT_EQ(server->got_plain_http(), http);
    EXPECT_NE(server->error().find("Check the client"), std::string::npos) << server->error();
  }
}

TEST_F(TlsSessionTest, ATamperedRecordIsAnError) {
  Pair pair = Shake(*Client({authority.ca_file()}), *Server());
  ASSERT_EQ(pair.client->Write("secret"), Status::kOk);
  std::string record(pair.client->outgoing());
  record.back() = static_cast<char>(record.back() ^ 1);
  pair.server->Feed(record);
  std::array<char, 100> buffer{};
  const TlsSession::Plain plain = pair.server->Read(buffer);
  EXPECT_EQ(plain.status, Status::kFailed);
  EXPECT_EQ(plain.bytes, 0u);
  EXPECT_FALSE(pair.server->error().empty());
}

TEST_F(TlsSessionTest, FilesThatDoNotServeAreNamed) {
  const CertificateFiles good = authority.Issue();
  const CertificateFiles other = authority.Issue();
  const std::string junk = authority.File("junk.pem", "no certificate");
  const auto no_ca = TlsContext::ForClient({.ca_file = junk});
  ASSERT_FALSE(no_ca);
  EXPECT_NE(no_ca.error().message.find("authorities' file '" + junk), std::string::npos);
  const auto missing = TlsContext::ForClient({.ca_file = "/no/such/file"});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("No such file"), std::string::npos)
      << missing.error().message;
  const auto no_cert = TlsContext::ForServer(junk, good.key_file);
  ASSERT_FALSE(no_cert);
  EXPECT_NE(no_cert.error().message.find("server's certificate"), std::string::npos);
  const auto wrong_key = TlsContext::ForServer(good.cert_file, other.key_file);
  ASSERT_FALSE(wrong_key);
  EXPECT_NE(wrong_key.error().message.find("server's key"), std::string::npos);
  EXPECT_EQ(wrong_key.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace roofscape::net
