// The input is what a server sent. However it is cut, the same must come out: status, headers,
// body, how it ended and what was left over.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/core/check.h"
#include "base/core/rng.h"
#include "base/net/testing/http_outcome.h"
#include "base/net/testing/sse_reference.h"
#include "seed.h"

using roofscape::Rng;
using roofscape::net::testing::CutAtRandom;
using roofscape::net::testing::HttpOutcome;
using roofscape::net::testing::ParseHttpPieces;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Rng rng(SeedOf(bytes));
  for (const bool to_head : {false, true}) {
    const HttpOutcome want = ParseHttpPieces({bytes}, to_head);
    RS_CHECK(want.end == HttpOutcome::End::kComplete || !want.error.empty());
    for (const std::size_t mean : {1u, 8u, 64u}) {
      RS_CHECK(ParseHttpPieces(CutAtRandom(bytes, mean, &rng), to_head).SameAs(want));
    }
  }
  return 0;
}
