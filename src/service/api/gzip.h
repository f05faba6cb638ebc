// gzip, by zlib: answers that travel are a fifth as long.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace roofscape::api {

/// `level`: 1 (fast) to 9 (small).
std::string Gzip(std::string_view bytes, int level);

/// The inverse; missing for what is no gzip, or longer than `max_bytes`.
std::optional<std::string> Gunzip(std::string_view bytes, std::size_t max_bytes);

/// Whether an Accept-Encoding header takes gzip: "gzip", "*", but not "gzip;q=0".
bool AcceptsGzip(std::string_view accept_encoding);

}  // namespace roofscape::api
