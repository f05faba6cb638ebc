// A server's address as the kernel wants it. Names are resolved once, before anything is measured.
//
// Thread safety: Endpoint is a plain value that threads may share; Resolve may block for as long as
// the system's resolver.

#pragma once

#include <netdb.h>
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/core/result.h"
#include "base/net/tls_context.h"
#include "base/net/url.h"

namespace roofscape::net {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
  std::string origin;  // "http://127.0.0.1:8000": how messages call it.
  std::string host;    // As in the URL: what a certificate must be for.
  std::uint16_t port = 0;
  std::shared_ptr<TlsContext> tls;  // Null for http://. All connections share tickets.
};

/// Of a name's addresses the one to use: engines mostly listen on IPv4 only, also where 'localhost'
/// means ::1 first, so that IPv4 is preferred; where there are both and only IPv6 answers, that.
/// `all` is what getaddrinfo gives, not empty.
const addrinfo* BestAddress(const addrinfo* all);

/// The first address of the URL's host: IPv4, or IPv6 where the name has no other or nobody answers
/// there (one connection is opened and closed to see it). kNotFound if the name has none; for
/// https:// also what TlsContext::ForClient says of `tls`.
Result<Endpoint> Resolve(const Url& url, const TlsClientOptions& tls = {});

}  // namespace roofscape::net
