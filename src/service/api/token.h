// The token that opens the API over other addresses than loopback. Only its SHA-256 is kept, in
// memory and in the token file: who reads the file cannot come in.
//
// Thread safety: const use from many threads.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace roofscape::api {

/// 32 bytes of the system's randomness in hexadecimal. kIo where there is none.
Result<std::string> MakeToken();

/// The line of a token file: "sha256 <64 hex digits>".
std::string TokenLine(std::string_view token);

/// Tokens that are let in, by their hashes.
class Tokens {
 public:
  /// Reads a token file: lines of TokenLine, empty ones and those that begin with '#'. Any other
  /// line is kInvalidArgument: a file that holds a token itself is refused.
  static Result<Tokens> Parse(std::string_view text, const std::string& source);
  static Tokens Of(std::string_view token);

  bool empty() const { return hashes_.empty(); }
  /// Whether the header "Authorization: Bearer <token>" names one of them. Takes the same time for
  /// every wrong token.
  bool Admit(std::string_view authorization) const;

 private:
  std::vector<std::string> hashes_;  // As bytes.
};

}  // namespace roofscape::api
