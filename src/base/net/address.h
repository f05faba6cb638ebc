// A server's address as the kernel wants it. Names are resolved once, before anything is measured.
//
// Thread safety: Endpoint is a plain value; Resolve may block for as long as the system's resolver.

#pragma once

#include <sys/socket.h>

#include <string>

#include "base/core/result.h"
#include "base/net/url.h"

namespace roofscape::net {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
  std::string origin;  // "http://127.0.0.1:8000": how messages call it.
};

/// The first address of the URL's host, IPv4 before IPv6. kNotFound if the name has none.
Result<Endpoint> Resolve(const Url& url);

}  // namespace roofscape::net
