#include "service/api/token.h"

#include <array>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/core/check.h"
#include "base/core/text.h"
#include "base/net/http_headers.h"

namespace roofscape::api {
namespace {

constexpr std::string_view kPrefix = "sha256 ";
constexpr std::size_t kHashBytes = 32;

std::string HashOf(std::string_view text) {
  std::array<unsigned char, kHashBytes> digest;
  unsigned int length = 0;
  RS_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) ==
           1);
  return {reinterpret_cast<const char*>(digest.data()), length};
}

std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

/// Empty for what is no hexadecimal of a hash.
std::string Unhex(std::string_view text) {
  if (text.size() != 2 * kHashBytes) return "";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = net::HexValue(text[i]);
    const int low = net::HexValue(text[i + 1]);
    if (high < 0 || low < 0) return "";
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

}  // namespace

Result<std::string> MakeToken() {
  std::array<unsigned char, 32> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return Error{ErrorCode::kIo, "the system gives no random bytes for a token"};
  }
  return Hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string TokenLine(std::string_view token) { return std::string(kPrefix) + Hex(HashOf(token)); }

Result<Tokens> Tokens::Parse(std::string_view text, const std::string& source) {
  Tokens tokens;
  std::size_t number = 0;
  for (const std::string& line : Split(text, '\n')) {
    ++number;
    const std::string_view trimmed = Trim(line);
    if (trimmed.empty() || trimmed.front() == '#') continue;
    std::string hash;
    if (trimmed.starts_with(kPrefix)) hash = Unhex(Trim(trimmed.substr(kPrefix.size())));
    if (hash.empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("token file '{}': line {}: must be 'sha256 ' and the 64 hexadecimal "
                               "digits of a token's SHA-256; name a file that does not exist to "
                               "have one made",
                               source, number)};
    }
    tokens.hashes_.push_back(std::move(hash));
  }
  if (!tokens.empty()) return tokens;
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("token file '{}': holds no token: remove it to have one made", source)};
}

Tokens Tokens::Of(std::string_view token) {
  Tokens tokens;
  tokens.hashes_.push_back(HashOf(token));
  return tokens;
}

bool Tokens::Admit(std::string_view authorization) const {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size() ||
      !net::EqualsIgnoreCase(authorization.substr(0, kScheme.size()), kScheme)) {
    return false;
  }
  const std::string hash = HashOf(Trim(authorization.substr(kScheme.size())));
  int found = 0;
  for (const std::string& known : hashes_) {
    found |= CRYPTO_memcmp(known.data(), hash.data(), kHashBytes) == 0 ? 1 : 0;
  }
  return found != 0;
}

}  // namespace roofscape::api
