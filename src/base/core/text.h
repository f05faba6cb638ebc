// Small text helpers that several rooms need: suggestions for misspelt names, numbers for people.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roofscape {

/// The candidate nearest to `name` by edit distance, if it is near enough to be a misspelling.
std::optional<std::string> Nearest(std::string_view name, std::span<const std::string> candidates);

/// " Did you mean 'x'?" or "".
std::string DidYouMean(std::string_view name, std::span<const std::string> candidates);

/// Splits at every `separator`; "a,,b" gives "a", "", "b"; "" gives nothing.
std::vector<std::string> Split(std::string_view text, char separator);

/// Without leading and trailing blanks, tabs and line ends.
std::string_view Trim(std::string_view text);

/// The text with everything but printable ASCII replaced by '.', cut to `max_chars` with "..." when
/// longer: for quoting bytes of a peer in a message.
std::string Printable(std::string_view text, std::size_t max_chars);

/// A count with thousands separated: 12,345.
std::string WithCommas(std::int64_t value);

/// A duration for people, three significant digits: "12.3 ms", "4.56 s", "890 us".
std::string HumanSeconds(double seconds);

/// Escapes & < > " ' for HTML text and attributes.
std::string HtmlEscape(std::string_view text);

}  // namespace roofscape
