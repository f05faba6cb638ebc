// How a server counts text: what its template adds, and what words cost. Found from the usage that
// it reports for three texts.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "measure/load/dialect.h"

namespace roofscape::load {

/// A text of words, and the tokens that the server counted in it.
struct CountedText {
  double words = 0;
  double letters = 0;
  double tokens = 0;
};

/// Its words and letters; the tokens are the server's to tell.
CountedText CountWords(std::string_view text);

/// `count` words out of `text`, as long as it has them: the short ones, or the long ones.
std::string ShortWords(std::string_view text, std::int64_t count);
std::string LongWords(std::string_view text, std::int64_t count);

/// Solves tokens = overhead + per_word x words + per_letter x letters for three texts, two of which
/// have the same number of words. What noise would make negative is 0. Missing: tokens do not grow
/// with the text.
std::optional<TextCalibration> Calibrate(const CountedText& few, const CountedText& short_words,
                                         const CountedText& long_words);

}  // namespace roofscape::load
