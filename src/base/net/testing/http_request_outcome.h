// What HttpRequestParser makes of requests that come in given pieces, for tests and the fuzzer.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/net/http_request_parser.h"

namespace roofscape::net::testing {

struct HttpRequestOutcome {
  bool complete = false;
  bool keep_alive = false;
  bool expects_continue = false;
  int error_status = 0;  // 0: no error. Neither complete nor an error: more was needed.
  std::string method;
  std::string target;
  std::size_t headers = 0;
  std::string body;  // Only of a complete request.
  std::string error;

  /// Equal but for the words of the error, which may quote as much as had come by then.
  bool SameAs(const HttpRequestOutcome& other) const;
};

/// Every request in the stream, up to the first that is incomplete or an error.
std::vector<HttpRequestOutcome> ParseRequestPieces(const std::vector<std::string_view>& pieces,
                                                   const HttpRequestLimits& limits = {});

/// Whether two streams gave the same requests.
bool SameRequests(const std::vector<HttpRequestOutcome>& a,
                  const std::vector<HttpRequestOutcome>& b);

}  // namespace roofscape::net::testing
