// The input is an event stream. However it is cut, the fast parser must say what the slow reference
// says of the whole. The cuts come from a seed made of the input itself, so a find repeats.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/core/check.h"
#include "base/core/rng.h"
#include "base/net/testing/sse_reference.h"
#include "seed.h"

using roofscape::Rng;
using roofscape::net::testing::CutAtRandom;
using roofscape::net::testing::ParseSseByTheStandard;
using roofscape::net::testing::ParseSsePieces;
using roofscape::net::testing::SseOutcome;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  const SseOutcome want = ParseSseByTheStandard(stream);
  RS_CHECK(ParseSsePieces({stream}) == want);
  Rng rng(SeedOf(stream));
  for (const std::size_t mean : {1u, 8u, 64u}) {
    RS_CHECK(ParseSsePieces(CutAtRandom(stream, mean, &rng)) == want);
  }
  return 0;
}
