// SHA-256, by which files, setups and keys of rows are told apart.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace roofscape::store {

/// 64 hexadecimal digits.
std::string Sha256Hex(std::string_view bytes);

/// The first 128 bits, as two numbers that a database can index.
struct Digest128 {
  std::int64_t high = 0;
  std::int64_t low = 0;

  friend auto operator<=>(const Digest128&, const Digest128&) = default;
};
Digest128 Sha256First128(std::string_view bytes);

/// 32 hexadecimal digits.
std::string KeyText(const Digest128& digest);

}  // namespace roofscape::store
