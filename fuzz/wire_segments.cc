// The input is a packet as the wire tap sees it, cut anywhere, and then segments of a connection.
// A packet's payload never exceeds the packet; a flow says of each byte what an array of first
// stamps says.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/core/check.h"
#include "measure/load/wire_segments.h"

using roofscape::Instant;
using roofscape::Nanos;
using roofscape::load::ParseTcp;
using roofscape::load::WireFlow;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const unsigned char> input(data, size);
  for (const std::size_t behind : {std::size_t{0}, std::size_t{1000}, std::size_t{200'000}}) {
    const auto segment = ParseTcp(input, size + behind);
    if (segment) RS_CHECK(segment->length + 40 <= size + behind);
  }

  constexpr std::size_t kBytes = 512;
  constexpr std::size_t kOperation = 3;
  if (size < 4) return 0;
  const std::uint32_t initial = data[0] | (std::uint32_t{data[1]} << 24);
  WireFlow flow(initial, Instant());
  std::array<std::int64_t, kBytes> want;
  want.fill(-1);
  for (std::size_t i = 2; i + kOperation <= size; i += kOperation) {
    const std::size_t begin = (data[i] * 256u + data[i + 1]) % kBytes;
    const std::size_t length = std::min<std::size_t>(data[i + 2], kBytes - begin);
    flow.Add(initial + 1 + static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(length),
             Instant(Nanos(static_cast<std::int64_t>(i))));
    for (std::size_t b = begin; b < begin + length; ++b) {
      if (want[b] < 0) want[b] = static_cast<std::int64_t>(i);
    }
  }
  for (std::size_t b = 0; b < kBytes; ++b) {
    const auto found = flow.Lookup(b);
    RS_CHECK(found.has_value() == (want[b] >= 0));
    if (found) RS_CHECK(found->time_since_epoch().count() == want[b]);
  }
  return 0;
}
