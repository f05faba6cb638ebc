// Finding the end of a line, the inner loop of the SSE parser.

#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace roofscape::net {

/// The first CR or LF in [p, end), or `end`.
inline const char* FindLineEnd(const char* p, const char* end) {
#if defined(__SSE2__)
  const __m128i lf = _mm_set1_epi8('\n');
  const __m128i cr = _mm_set1_epi8('\r');
  const auto load = [](const char* at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  };
  const auto hits = [&](__m128i bytes) {
    return _mm_or_si128(_mm_cmpeq_epi8(bytes, lf), _mm_cmpeq_epi8(bytes, cr));
  };
  const auto mask = [](__m128i bits) { return static_cast<unsigned>(_mm_movemask_epi8(bits)); };
  while (end - p >= 64) {
    const __m128i a = hits(load(p));
    const __m128i b = hits(load(p + 16));
    const __m128i c = hits(load(p + 32));
    const __m128i d = hits(load(p + 48));
    if (mask(_mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d))) != 0) {
      const std::uint64_t all = std::uint64_t{mask(a)} | (std::uint64_t{mask(b)} << 16) |
                                (std::uint64_t{mask(c)} << 32) | (std::uint64_t{mask(d)} << 48);
      return p + __builtin_ctzll(all);
    }
    p += 64;
  }
  while (end - p >= 16) {
    const unsigned found = mask(hits(load(p)));
    if (found != 0) return p + __builtin_ctz(found);
    p += 16;
  }
#endif
  while (p != end && *p != '\n' && *p != '\r') ++p;
  return p;
}

}  // namespace roofscape::net
