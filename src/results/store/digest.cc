#include "results/store/digest.h"

#include <openssl/sha.h>

#include <array>
#include <bit>
#include <cstring>

#include <fmt/format.h>

namespace roofscape::store {
namespace {

using Bytes = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Bytes Sha256(std::string_view bytes) {
  Bytes digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

std::int64_t BigEndian(const unsigned char* bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8U | bytes[i];
  return std::bit_cast<std::int64_t>(value);
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : Sha256(bytes)) {
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return hex;
}

Digest128 Sha256First128(std::string_view bytes) {
  const Bytes digest = Sha256(bytes);
  return {BigEndian(digest.data()), BigEndian(digest.data() + 8)};
}

std::string KeyText(const Digest128& digest) {
  return fmt::format("{:016x}{:016x}", static_cast<std::uint64_t>(digest.high),
                     static_cast<std::uint64_t>(digest.low));
}

}  // namespace roofscape::store
