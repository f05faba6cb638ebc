// The input is what a client sent, perhaps several requests in a row. However it is cut, the same
// must come out: methods, targets, headers, bodies, and with which status it is refused.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/core/check.h"
#include "base/core/rng.h"
#include "base/net/testing/http_request_outcome.h"
#include "base/net/testing/sse_reference.h"
#include "seed.h"

using roofscape::Rng;
using roofscape::net::HttpRequestLimits;
using roofscape::net::testing::CutAtRandom;
using roofscape::net::testing::HttpRequestOutcome;
using roofscape::net::testing::ParseRequestPieces;
using roofscape::net::testing::SameRequests;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Rng rng(SeedOf(bytes));
  // Small limits, so that they are met; and the usual ones.
  HttpRequestLimits small;
  small.head = {.head_bytes = 96, .headers = 4, .chunk_line_bytes = 8};
  small.body_bytes = 24;
  for (const HttpRequestLimits& limits : {HttpRequestLimits{}, small}) {
    const std::vector<HttpRequestOutcome> want = ParseRequestPieces({bytes}, limits);
    for (const HttpRequestOutcome& request : want) {
      RS_CHECK(request.error.empty() == (request.error_status == 0));
      RS_CHECK(request.body.size() <= limits.body_bytes);
      RS_CHECK(!request.complete || !request.target.empty());
    }
    for (const std::size_t mean : {1u, 8u, 64u}) {
      RS_CHECK(SameRequests(ParseRequestPieces(CutAtRandom(bytes, mean, &rng), limits), want));
    }
  }
  return 0;
}
