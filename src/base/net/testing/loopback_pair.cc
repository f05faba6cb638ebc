#include "base/net/testing/loopback_pair.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/core/check.h"

namespace roofscape::net::testing {

std::pair<Fd, Fd> LoopbackPair() {
  const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  RS_CHECK(listener.open() && ::bind(listener.get(), generic, size) == 0 &&
           ::listen(listener.get(), 1) == 0 && ::getsockname(listener.get(), generic, &size) == 0);
  Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  RS_CHECK(client.open() && ::connect(client.get(), generic, size) == 0);
  Fd server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  RS_CHECK(server.open());
  for (const Fd* end : {&client, &server}) {
    const int one = 1;
    RS_CHECK(setsockopt(end->get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0);
    RS_CHECK(::fcntl(end->get(), F_SETFL, O_NONBLOCK) == 0);
  }
  return {std::move(client), std::move(server)};
}

}  // namespace roofscape::net::testing
