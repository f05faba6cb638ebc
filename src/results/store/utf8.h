// Text as both back-ends of the store take it: UTF-8 without zero bytes.
//
// Thread safety: pure functions.

#pragma once

#include <string>
#include <string_view>

namespace roofscape::store {

/// Whether a text is UTF-8 (no overlong form, no surrogate) without a zero byte.
bool IsPlainUtf8(std::string_view text);

/// The text with every byte that keeps it from being so replaced by U+FFFD.
std::string ToPlainUtf8(std::string_view text);

}  // namespace roofscape::store
