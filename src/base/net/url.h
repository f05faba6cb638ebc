// The address of a server as a user types it.
//
// Thread safety: plain values and pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace roofscape::net {

struct Url {
  std::string scheme = "http";  // Or "https".
  std::string host;             // Without brackets: "::1" for [::1].
  std::uint16_t port = 80;
  std::string path = "/";  // Path and query, never empty.

  /// The value of the Host header: the port only if it is not the scheme's own,
  /// brackets around IPv6.
  std::string HostHeader() const;

  /// "http://host:port", always with the port: for messages.
  std::string Origin() const;
};

/// Parses "http://host:port/path?query", or https. A missing scheme means http, a missing port 80
/// or 443, a missing path "/". Anything that this client cannot do (user:password@, #fragment,
/// blanks, a bad port) is kInvalidArgument with the cure.
Result<Url> ParseUrl(std::string_view text);

}  // namespace roofscape::net
