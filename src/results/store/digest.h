// SHA-256, by which files, setups, keys of rows and contents of tables are told apart.
//
// Thread safety: a Sha256 belongs to one thread; the functions are pure.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace roofscape::store {

/// Of bytes that come piece by piece.
class Sha256 {
 public:
  using Digest = std::array<unsigned char, 32>;

  Sha256();
  void Add(std::string_view bytes);
  /// Ends it. REQUIRES: called once, and nothing is added afterwards without a Restart().
  Digest End();
  /// Forgets what was added.
  void Restart();
  /// The same as 64 hexadecimal digits.
  std::string Hex();

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;  // OpenSSL's.
};

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
