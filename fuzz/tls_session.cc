// The input is what somebody between client and server does with the bytes on the wire: pass them
// on, change one, cut them short, put in some of his own. Whatever it is: the session ends in an
// error that says something or goes on, and text that comes out is what the other side wrote.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/check.h"
#include "base/net/testing/certificates.h"
#include "base/net/tls_context.h"
#include "base/net/tls_session.h"

using roofscape::net::TlsContext;
using roofscape::net::TlsSession;
using Status = TlsSession::Status;

namespace {

constexpr std::string_view kText = "data: {\"choices\":[{\"delta\":{\"content\":\" word\"}}]}\n\n";

/// Made once: keys take longer than everything else.
struct Contexts {
  Contexts() {
    const auto files = authority.Issue();
    client = *TlsContext::ForClient({authority.ca_file(), true});
    server = *TlsContext::ForServer(files.cert_file, files.key_file);
  }
  roofscape::net::testing::TestAuthority authority;
  std::shared_ptr<TlsContext> client;
  std::shared_ptr<TlsContext> server;
};

/// One side, and what it wrote and read.
struct Side {
  std::unique_ptr<TlsSession> session;
  std::size_t written = 0;
  std::string read;

  void GoOn() {
    if (!session->established()) {
      const Status status = session->Handshake();
      RS_CHECK(status != Status::kFailed || !session->error().empty());
      if (status != Status::kOk) return;
      for (int i = 0; i < 3; ++i) {
        if (session->Write(kText) == Status::kOk) written += kText.size();
      }
    }
    std::array<char, 100> buffer;
    for (;;) {
      const TlsSession::Plain plain = session->Read(buffer);
      read.append(buffer.data(), plain.bytes);
      RS_CHECK(plain.status != Status::kFailed || !session->error().empty());
      if (plain.status != Status::kOk) return;
    }
  }

  std::string Take() {
    std::string bytes(session->outgoing());
    session->Discard(bytes.size());
    return bytes;
  }
};

bool IsBeginningOfWhatWasWritten(const std::string& read, std::size_t written) {
  if (read.size() > written) return false;
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (read[i] != kText[i % kText.size()]) return false;
  }
  return true;
}

/// What the man in the middle makes of `bytes`; takes his orders from the front of `orders`.
std::string Meddle(std::string bytes, std::string_view& orders) {
  const auto next = [&orders]() -> std::size_t {
    if (orders.empty()) return 0;
    const auto byte = static_cast<unsigned char>(orders.front());
    orders.remove_prefix(1);
    return byte;
  };
  const std::size_t order = next();
  const std::size_t at = next() * 256 + next();
  switch (order % 5) {
    case 1:
      if (!bytes.empty()) bytes[at % bytes.size()] ^= static_cast<char>(1 + order / 5);
      break;
    case 2: bytes.resize(std::min(bytes.size(), at)); break;
    case 3: {
      const std::string_view own = orders.substr(0, at % 512);
      orders.remove_prefix(own.size());
      bytes.insert(order % 2 == 0 ? 0 : bytes.size(), own);
      break;
    }
    default: break;
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Contexts contexts;
  std::string_view orders(reinterpret_cast<const char*>(data), size);
  Side client{contexts.client->NewClientSession("localhost", 443), 0, {}};
  Side server{contexts.server->NewServerSession(), 0, {}};
  client.GoOn();
  for (int turn = 0; turn < 12; ++turn) {
    server.session->Feed(Meddle(client.Take(), orders));
    server.GoOn();
    client.session->Feed(Meddle(server.Take(), orders));
    client.GoOn();
  }
  RS_CHECK(IsBeginningOfWhatWasWritten(client.read, server.written));
  RS_CHECK(IsBeginningOfWhatWasWritten(server.read, client.written));
  return 0;
}
