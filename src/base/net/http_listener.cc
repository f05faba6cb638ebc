#include "base/net/http_listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::net {
namespace {

constexpr int kAcceptsPerWake = 128;
constexpr Nanos kPause = std::chrono::milliseconds(20);

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

std::string Place(std::string_view host, std::uint16_t port) {
  const bool v6 = host.find(':') != host.npos;
  return fmt::format("listen on {}{}{}:{}", v6 ? "[" : "", Printable(host, 100), v6 ? "]" : "",
                     port);
}

Error Refused(const std::string& place, std::uint16_t port, int error) {
  switch (error) {
    case EADDRINUSE:
      return {ErrorCode::kUnavailable,
              fmt::format("{}: the port is in use. 'ss -ltnp sport = :{}' names who has it: stop "
                          "that, or choose another port; 0 takes a free one.",
                          place, port)};
    case EACCES:
    case EPERM:
      return {ErrorCode::kInvalidArgument,
              fmt::format("{}: not permitted; ports below 1024 need the right "
                          "CAP_NET_BIND_SERVICE. Choose a port from 1024 on.",
                          place)};
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return {ErrorCode::kInvalidArgument,
              fmt::format("{}: this machine has no such address. Use 127.0.0.1, 0.0.0.0 or ::, or "
                          "an address that 'ip address' shows.",
                          place)};
    case EMFILE:
    case ENFILE:
      return {
          ErrorCode::kIo,
          fmt::format("{}: no file descriptors left. Raise the limit: ulimit -n 65536.", place)};
    default:
      return {ErrorCode::kIo,
              fmt::format("{}: {}. Choose another address or port.", place, std::strerror(error))};
  }
}

Result<Addresses> ResolveLocal(std::string_view host, std::uint16_t port,
                               const std::string& place) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = host.empty() ? EAI_NONAME
                                 : getaddrinfo(std::string(host).c_str(),
                                               fmt::format("{}", port).c_str(), &hints, &found);
  if (error != 0) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: '{}' is no address of this machine: {}. Use 127.0.0.1, 0.0.0.0 "
                             "or ::.",
                             place, Printable(host, 100), gai_strerror(error))};
  }
  return Addresses(found);
}

/// 0, or errno.
int Bind(int fd, const addrinfo& address, const ListenOptions& options) {
  const int one = 1;
  const int zero = 0;
  const auto set = [fd](int level, int name, const int& value) {
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
  };
  if (!set(SOL_SOCKET, SO_REUSEADDR, one)) return errno;
  if (options.reuse_port && !set(SOL_SOCKET, SO_REUSEPORT, one)) return errno;
  if (address.ai_family == AF_INET6 && !set(IPPROTO_IPV6, IPV6_V6ONLY, zero)) return errno;
  if (options.send_buffer_bytes > 0 && !set(SOL_SOCKET, SO_SNDBUF, options.send_buffer_bytes)) {
    return errno;
  }
  if (::bind(fd, address.ai_addr, address.ai_addrlen) != 0) return errno;
  return ::listen(fd, options.backlog) == 0 ? 0 : errno;
}

bool LacksResources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

}  // namespace

Result<Fd> OpenListener(std::string_view host, std::uint16_t port, const ListenOptions& options) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string place = Place(host, port);
  RS_ASSIGN_OR_RETURN(const Addresses addresses, ResolveLocal(host, port, place));
  // As the client does: IPv4 first where a name means both.
  const addrinfo* best = addresses.get();
  for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
    if (a->ai_family == AF_INET) {
      best = a;
      break;
    }
  }
  Fd fd(::socket(best->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.open()) return Refused(place, port, errno);
  const int error = Bind(fd.get(), *best, options);
  if (error != 0) return Refused(place, port, error);
  return fd;
}

std::string PeerAddress(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* where = nullptr;
  if (address.ss_family == AF_INET) {
    where = &reinterpret_cast<const sockaddr_in*>(&address)->sin_addr;
  } else if (address.ss_family == AF_INET6) {
    where = &reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr;
  }
  if (where == nullptr || inet_ntop(address.ss_family, where, text.data(),
                                    static_cast<socklen_t>(text.size())) == nullptr) {
    return "";
  }
  const std::string_view found = text.data();
  constexpr std::string_view kMapped = "::ffff:";
  const bool mapped = found.starts_with(kMapped) && found.find('.') != std::string_view::npos;
  return std::string(mapped ? found.substr(kMapped.size()) : found);
}

std::uint16_t BoundPort(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

HttpListener::HttpListener(Reactor& reactor, Fd fd, OnAccept on_accept)
    : reactor_(reactor), fd_(std::move(fd)), on_accept_(std::move(on_accept)) {}

HttpListener::~HttpListener() { Close(); }

Result<> HttpListener::Start() {
  RS_RETURN_IF_ERROR(reactor_.Add(fd_.get(), EPOLLIN, this));
  watched_ = true;
  return {};
}

void HttpListener::Close() {
  reactor_.Cancel(std::exchange(resume_, {}));
  if (std::exchange(watched_, false)) reactor_.Remove(fd_.get(), this);
  fd_.Close();
}

void HttpListener::OnReady(std::uint32_t /*events*/) {
  // Bounded, so that a flood of new connections does not starve the running ones.
  for (int i = 0; i < kAcceptsPerWake && fd_.open(); ++i) {
    Fd accepted(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!accepted.open()) {
      if (errno == EAGAIN) return;
      if (LacksResources(errno)) {
        Pause();
        return;
      }
      continue;  // The client gave up, or its network failed: not ours to mind.
    }
    const int one = 1;
    static_cast<void>(setsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
    on_accept_(std::move(accepted));
  }
}

void HttpListener::Pause() {
  // Readiness is reported level by level: without a pause the loop would spin.
  ++pauses_;
  reactor_.Modify(fd_.get(), 0, this);
  resume_ = reactor_.At(reactor_.Now() + kPause, [this] {
    resume_ = {};
    reactor_.Modify(fd_.get(), EPOLLIN, this);
  });
}

}  // namespace roofscape::net
