// A server's address as the kernel wants it. Names are resolved once, before anything is measured.
//
// Thread safety: Endpoint is a plain value that threads may share; Resolve may block for as long as
// the system's resolver.

#pragma once

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

/// The first address of the URL's host, IPv4 before IPv6. kNotFound if the name has none; for
/// https:// also what TlsContext::ForClient says of `tls`.
Result<Endpoint> Resolve(const Url& url, const TlsClientOptions& tls = {});

}  // namespace roofscape::net
