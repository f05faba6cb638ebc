#include "base/net/address.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "base/net/fd.h"

namespace roofscape::net {
namespace {

// How long an address may take to answer before the other family is tried.
constexpr int kPatienceMs = 1000;

bool Answers(const addrinfo& candidate) {
  const Fd fd(::socket(candidate.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.open()) return false;
  if (::connect(fd.get(), candidate.ai_addr, candidate.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS) return false;
  pollfd wait{fd.get(), POLLOUT, 0};
  int failure = 0;
  socklen_t size = sizeof failure;
  return ::poll(&wait, 1, kPatienceMs) == 1 &&
         ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0;
}

const addrinfo* OfFamily(const addrinfo* all, int family) {
  while (all != nullptr && all->ai_family != family) all = all->ai_next;
  return all;
}

}  // namespace

const addrinfo* BestAddress(const addrinfo* all) {
  const addrinfo* const v4 = OfFamily(all, AF_INET);
  const addrinfo* const v6 = OfFamily(all, AF_INET6);
  if (v4 == nullptr) return all;
  if (v6 == nullptr || Answers(*v4) || !Answers(*v6)) return v4;
  return v6;
}

Result<Endpoint> Resolve(const Url& url, const TlsClientOptions& tls) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = fmt::format("{}", url.port);
  const int error = getaddrinfo(url.host.c_str(), port.c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  if (error != 0) {
    const char* const why = error == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(error);
    const bool later = error == EAI_AGAIN;
    return Error{later ? ErrorCode::kUnavailable : ErrorCode::kNotFound,
                 fmt::format("{}: the host name '{}' has no address: {}. Check the spelling, or "
                             "give the address as a number.",
                             url.Origin(), url.host, why)};
  }
  const addrinfo* const best = BestAddress(found);
  Endpoint endpoint;
  std::memcpy(&endpoint.address, best->ai_addr, best->ai_addrlen);
  endpoint.size = best->ai_addrlen;
  endpoint.origin = url.Origin();
  endpoint.host = url.host;
  endpoint.port = url.port;
  if (url.scheme == "https") {
    RS_ASSIGN_OR_RETURN(endpoint.tls, TlsContext::ForClient(tls));
  }
  return endpoint;
}

}  // namespace roofscape::net
