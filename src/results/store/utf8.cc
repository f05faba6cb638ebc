#include "results/store/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace roofscape::store {
namespace {

/// Bytes of the character at the front of a text that is not empty; 0: there is none.
std::size_t CharacterSize(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && at(i) >= low && at(i) <= high;
  };
  const unsigned first = at(0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

/// How many bytes at the front are ASCII and not zero, in steps of eight: nearly all that is
/// stored.
std::size_t AsciiFront(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kTops = 0x8080808080808080;
  std::size_t at = 0;
  for (std::uint64_t word = 0; at + sizeof(word) <= text.size(); at += sizeof(word)) {
    std::memcpy(&word, text.data() + at, sizeof(word));
    // A byte that is zero borrows, one above 0x7F has its top bit.
    if (((word | (word - kOnes)) & kTops) != 0) break;
  }
  return at;
}

}  // namespace

bool IsPlainUtf8(std::string_view text) {
  text.remove_prefix(AsciiFront(text));
  while (!text.empty()) {
    const std::size_t size = CharacterSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string ToPlainUtf8(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const std::size_t size = CharacterSize(text);
    if (size == 0) {
      plain += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      plain += text.substr(0, size);
      text.remove_prefix(size);
    }
  }
  return plain;
}

}  // namespace roofscape::store
