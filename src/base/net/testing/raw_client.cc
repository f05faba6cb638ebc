#include "base/net/testing/raw_client.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/core/check.h"

namespace roofscape::net::testing {
namespace {

constexpr Nanos kStep = std::chrono::milliseconds(1);

}  // namespace

RawClient::RawClient(Reactor& reactor, std::uint16_t port, bool v6, int receive_buffer_bytes)
    : reactor_(reactor), fd_(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  RS_CHECK(fd_.open());
  if (receive_buffer_bytes > 0) {
    RS_CHECK(setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                        sizeof receive_buffer_bytes) == 0);
  }
  // The kernel completes the connection; nobody needs to accept for that.
  if (v6) {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(port);
    to.sin6_addr = in6addr_loopback;
    RS_CHECK(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  } else {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    RS_CHECK(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
}

void RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN) return;  // The server has closed: what it said can be read.
    reactor_.Poll(sent > 0 ? Nanos{0} : kStep);
  }
}

bool RawClient::ReadSome() {
  std::array<char, 65536> buffer{};
  const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got > 0) text_.append(buffer.data(), static_cast<std::size_t>(got));
  if (got == 0) closed_ = true;
  if (got < 0 && errno != EAGAIN) reset_ = true;
  return got > 0;
}

std::string RawClient::ReadUntil(std::string_view wanted, Nanos limit) {
  const Instant end = reactor_.Now() + limit;
  while (text_.find(wanted) == text_.npos && !closed_ && !reset_ && reactor_.Now() < end) {
    if (!ReadSome()) reactor_.Poll(kStep);
  }
  return text_;
}

std::string RawClient::ReadAll(Nanos limit) {
  const Instant end = reactor_.Now() + limit;
  while (!closed_ && !reset_ && reactor_.Now() < end) {
    if (!ReadSome()) reactor_.Poll(kStep);
  }
  return text_;
}

void RawClient::Abort() {
  const linger abort{1, 0};
  static_cast<void>(setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort));
  fd_.Close();
}

}  // namespace roofscape::net::testing
