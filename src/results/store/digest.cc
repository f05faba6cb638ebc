#include "results/store/digest.h"

#include <openssl/evp.h>

#include <bit>

#include <fmt/format.h>

#include "base/core/check.h"

namespace roofscape::store {
namespace {

EVP_MD_CTX* Context(const auto& context) { return static_cast<EVP_MD_CTX*>(context.get()); }

std::int64_t BigEndian(const unsigned char* bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8U | bytes[i];
  return std::bit_cast<std::int64_t>(value);
}

}  // namespace

void Sha256::Free::operator()(void* context) const {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) { Restart(); }

void Sha256::Restart() {
  // Looked up by name once: each lookup costs more than the hash of a key.
  static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  RS_CHECK(EVP_DigestInit_ex(Context(context_), kAlgorithm, nullptr) == 1);
}

void Sha256::Add(std::string_view bytes) {
  RS_CHECK(EVP_DigestUpdate(Context(context_), bytes.data(), bytes.size()) == 1);
}

Sha256::Digest Sha256::End() {
  Digest digest{};
  unsigned size = 0;
  RS_CHECK(EVP_DigestFinal_ex(Context(context_), digest.data(), &size) == 1);
  RS_CHECK(size == digest.size());
  return digest;
}

std::string Sha256::Hex() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : End()) {
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return hex;
}

std::string Sha256Hex(std::string_view bytes) {
  Sha256 hash;
  hash.Add(bytes);
  return hash.Hex();
}

Digest128 Sha256First128(std::string_view bytes) {
  // Of every row that is imported: to make a context takes longer than to hash a key.
  thread_local Sha256 hash;
  hash.Add(bytes);
  const Sha256::Digest digest = hash.End();
  hash.Restart();
  return {BigEndian(digest.data()), BigEndian(digest.data() + 8)};
}

std::string KeyText(const Digest128& digest) {
  return fmt::format("{:016x}{:016x}", static_cast<std::uint64_t>(digest.high),
                     static_cast<std::uint64_t>(digest.low));
}

}  // namespace roofscape::store
