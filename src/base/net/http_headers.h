// What requests and responses of HTTP/1.1 have in common before the body: header lines, lists,
// lengths, and the gathering of a head that does not come in one piece.
//
// Thread safety: plain values and pure functions; a HeadGatherer belongs to one thread.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace roofscape::net {

struct HeaderView {
  std::string_view name;
  std::string_view value;
};

struct HttpLimits {
  std::size_t head_bytes = std::size_t{64}
                           << 10;  // First line and headers; trailers have the same limit.
  std::size_t headers = 200;
  std::size_t chunk_line_bytes = 4096;  // Size and extensions of one chunk.
};

/// How many characters of a peer's bytes a message quotes.
inline constexpr std::size_t kQuotedChars = 60;

/// No length above this is believed; sums of two still fit.
inline constexpr std::uint64_t kMaxHttpBodyBytes = std::uint64_t{1} << 60;

/// ASCII case-insensitive equality, as header names want it.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

/// The value of a hexadecimal digit, -1 for anything else.
int HexValue(char c);

/// The first header of that name in any case; nothing if there is none.
std::optional<std::string_view> FindHeader(std::span<const HeaderView> headers,
                                           std::string_view name);

/// Whether a comma-separated list holds the item in any case.
bool ListHolds(std::string_view list, std::string_view item);

/// Takes one line off the front, without its LF or CRLF.
std::string_view TakeLine(std::string_view* text);

/// "Name: value" with the blanks around the value removed; nothing if it is malformed (no colon, a
/// blank or control character in the name, a folded line, CR or NUL inside).
std::optional<HeaderView> ParseHeaderLine(std::string_view line);

/// Reads a Content-Length; a list of equal numbers is what a proxy makes of a repeated header.
/// False if it is no number, too large, or differs from what `length` already holds.
bool ReadContentLength(std::string_view value, std::optional<std::uint64_t>* length);

/// Cuts a head (first line, headers, blank line) off the input. A head that lies whole in the input
/// is not copied; else at most the limit is kept until the rest has come.
class HeadGatherer {
 public:
  enum class Got { kNeedMore, kHead, kTooLong };

  void Reset() { carrying_ = false; }

  /// Takes bytes off the front of the input. After kHead, text() is the whole head.
  Got Take(std::string_view* input, std::size_t max_bytes);

  /// What is there of the head so far. After kHead it lives until the next call, and as long as the
  /// input does.
  std::string_view text() const { return text_; }

 private:
  bool carrying_ = false;
  std::string carry_;
  std::string_view text_;
};

}  // namespace roofscape::net
