// What HttpResponseParser makes of a response that comes in given pieces, for tests and the fuzzer.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace roofscape::net::testing {

struct HttpOutcome {
  enum class End { kComplete, kError, kTruncated };

  End end = End::kError;
  bool ended_at_eof = false;  // Complete only because the connection closed.
  bool keep_alive = false;
  int status = 0;
  std::size_t headers = 0;
  std::size_t rest = 0;  // Bytes after the response.
  std::string body;
  std::string error;

  /// Equal but for the words of the error, which may quote as much as had come by then.
  bool SameAs(const HttpOutcome& other) const;
};

HttpOutcome ParseHttpPieces(const std::vector<std::string_view>& pieces, bool to_head_request);

}  // namespace roofscape::net::testing
