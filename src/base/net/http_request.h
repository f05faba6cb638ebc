// The bytes of an HTTP/1.1 request. They are made before a run starts, so that sending costs one
// system call and no work.
//
// Thread safety: plain values and pure functions.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace roofscape::net {

struct Header {
  std::string name;
  std::string value;
};

/// What goes out in one write. Both views must live until the exchange has ended; `body` may be
/// empty, or all bytes may stand in `head`.
struct RequestBytes {
  std::string_view head;
  std::string_view body;
};

/// The request line, Host, the given headers, `Accept-Encoding: identity`, and Content-Length for a
/// body or a method that has one. kInvalidArgument for a header or target with control characters,
/// or for a header that this function writes itself (Host, Content-Length, Transfer-Encoding,
/// Accept-Encoding).
Result<std::string> RequestHead(std::string_view method, std::string_view target,
                                std::string_view host, const std::vector<Header>& headers,
                                std::size_t body_bytes);

}  // namespace roofscape::net
