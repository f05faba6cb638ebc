// The input is the payloads of a stream, one a line. A reader that predicts must say of each what
// one that parses everything says, also of payloads that differ a little from the one before: the
// search alone would rarely find those. Their seed is made of the input itself, so a find repeats.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/check.h"
#include "base/core/rng.h"
#include "measure/load/stream_reader.h"
#include "seed.h"

using roofscape::Rng;
using roofscape::load::StreamReader;
using roofscape::load::StreamShape;

namespace {

constexpr std::string_view kBytes = "0123456789\"\\,:[]{}-.eEnu aZ\xc3\xa9\x01";

std::string Changed(std::string_view payload, Rng& rng) {
  std::string changed(payload);
  if (changed.empty()) return changed;
  const std::size_t at = rng.Below(changed.size());
  const char byte = kBytes[rng.Below(kBytes.size())];
  switch (rng.Below(3)) {
    case 0: changed[at] = byte; break;
    case 1: changed.insert(at, 1, byte); break;
    default: changed.erase(at, 1);
  }
  return changed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  Rng rng(SeedOf(rest));
  StreamReader strict;
  StreamReader quick;
  StreamShape shape;
  const auto check = [&](std::string_view payload) {
    RS_CHECK(quick.Read(payload, "message", &shape) == strict.Read(payload, "message"));
  };
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view payload = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    check(payload);
    for (int i = 0; i < 4; ++i) check(Changed(payload, rng));
  }
  return 0;
}
