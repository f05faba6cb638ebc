#include "base/net/address.h"

#include <netdb.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/format.h>

namespace roofscape::net {

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
  // Engines mostly listen on IPv4 only, also where 'localhost' means ::1 first.
  const addrinfo* best = found;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    if (a->ai_family == AF_INET) {
      best = a;
      break;
    }
  }
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
