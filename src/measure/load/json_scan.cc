#include "measure/load/json_scan.h"

#include <simdjson.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace roofscape::load {
namespace {

/// The first byte in [p, end) that is not plain ASCII text, or `end`.
const char* SkipPlain(const char* p, const char* end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i blank = _mm_set1_epi8(' ');
  while (end - p >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    // The comparison is signed: bytes from 0x80 on are less than a blank as well.
    const __m128i special =
        _mm_or_si128(_mm_cmplt_epi8(bytes, blank),
                     _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(special));
    if (found != 0) return p + __builtin_ctz(found);
    p += 16;
  }
#endif
  const auto plain = [](unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; };
  while (p != end && plain(static_cast<unsigned char>(*p))) ++p;
  return p;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The four hexadecimal digits at `p`, or -1.
int HexUnit(const char* p, const char* end) {
  if (end - p < 4) return -1;
  int unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = HexValue(p[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

void AppendUtf8(std::uint32_t code, std::string& out) {
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0 | (code >> 6));
  } else if (code < 0x10000) {
    add(0xE0 | (code >> 12));
    add(0x80 | ((code >> 6) & 0x3F));
  } else {
    add(0xF0 | (code >> 18));
    add(0x80 | ((code >> 12) & 0x3F));
    add(0x80 | ((code >> 6) & 0x3F));
  }
  add(0x80 | (code & 0x3F));
}

/// Takes \uXXXX, `p` behind the u, with a second one where the first is half of a pair. Returns
/// where it ended, or nullptr.
const char* TakeUnicode(const char* p, const char* end, std::string& out) {
  const int first = HexUnit(p, end);
  if (first < 0) return nullptr;
  p += 4;
  auto code = static_cast<std::uint32_t>(first);
  if (code >= 0xDC00 && code < 0xE000) return nullptr;
  if (code >= 0xD800 && code < 0xDC00) {
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u') return nullptr;
    const int second = HexUnit(p + 2, end);
    if (second < 0xDC00 || second >= 0xE000) return nullptr;
    code = 0x10000 + ((code - 0xD800) << 10) + (static_cast<std::uint32_t>(second) - 0xDC00);
    p += 6;
  }
  AppendUtf8(code, out);
  return p;
}

/// Takes one escape, `p` behind the backslash. Returns where it ended, or nullptr.
const char* TakeEscape(const char* p, const char* end, std::string& out) {
  if (p == end) return nullptr;
  switch (*p) {
    case '"':
    case '\\':
    case '/': out += *p; break;
    case 'b': out += '\b'; break;
    case 'f': out += '\f'; break;
    case 'n': out += '\n'; break;
    case 'r': out += '\r'; break;
    case 't': out += '\t'; break;
    case 'u': return TakeUnicode(p + 1, end, out);
    default: return nullptr;
  }
  return p + 1;
}

/// The quote or backslash that ends a run of unescaped characters; nullptr where there is none or
/// the run is not text.
const char* SkipText(const char* p, const char* end) {
  const char* at = SkipPlain(p, end);
  const bool ascii = at == end || static_cast<unsigned char>(*at) < 0x80;
  while (at != end && static_cast<unsigned char>(*at) >= 0x80) at = SkipPlain(at + 1, end);
  if (at == end || (*at != '"' && *at != '\\')) return nullptr;
  if (!ascii && !simdjson::validate_utf8(p, static_cast<std::size_t>(at - p))) return nullptr;
  return at;
}

}  // namespace

ScannedString ScanString(const char* p, const char* end, std::string& scratch) {
  const char* at = SkipText(p, end);
  if (at == nullptr) return {};
  if (*at == '"') return {{p, static_cast<std::size_t>(at - p)}, at};
  scratch.clear();
  while (*at == '\\') {
    scratch.append(p, at);
    p = TakeEscape(at + 1, end, scratch);
    if (p == nullptr) return {};
    at = SkipText(p, end);
    if (at == nullptr) return {};
  }
  scratch.append(p, at);
  return {scratch, at};
}

ScannedCount CountItems(const char* p, const char* end) {
  std::int64_t items = 0;
  if (p != end && *p == ']') return {0, p};
  while (true) {
    const ScannedCount item = ScanCount(p, end);
    if (item.end == nullptr) return {};
    ++items;
    p = item.end;
    if (p != end && *p == ']') return {items, p};
    if (p == end || *p != ',') return {};
    ++p;
    while (p != end && *p == ' ') ++p;
  }
}

}  // namespace roofscape::load
