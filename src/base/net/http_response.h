// The bytes of an HTTP/1.1 response. Everything is appended to a string that the caller reuses, so
// that an answer costs no allocation.
//
// Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/net/http_headers.h"

namespace roofscape::net {

/// "Not Found" for 404; "Unknown" for a status that has no usual phrase.
std::string_view ReasonPhrase(int status);

/// Status line, the headers as they are, and what frames the body: Content-Length, or chunked where
/// there is no length. `Connection: close` unless `keep_alive`.
void AppendResponseHead(std::string& out, int status, std::span<const HeaderView> headers,
                        std::optional<std::uint64_t> body_bytes, bool keep_alive);

/// One chunk. REQUIRES: `bytes` is not empty (an empty chunk would end the body).
void AppendChunk(std::string& out, std::string_view bytes);

/// The end of a chunked body.
void AppendLastChunk(std::string& out);

}  // namespace roofscape::net
