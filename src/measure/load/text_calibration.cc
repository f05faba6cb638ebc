#include "measure/load/text_calibration.h"

#include <algorithm>

#include "base/core/check.h"

namespace roofscape::load {
namespace {

constexpr std::size_t kShortWord = 4;  // Letters, at most.
constexpr std::size_t kLongWord = 6;   // Letters, at least.

std::string WordsThat(std::string_view text, std::int64_t count, bool (*wanted)(std::size_t)) {
  std::string kept;
  while (!text.empty() && count > 0) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (!wanted(word.size())) continue;
    if (!kept.empty()) kept += ' ';
    kept += word;
    --count;
  }
  return kept;
}

}  // namespace

CountedText CountWords(std::string_view text) {
  CountedText counted;
  counted.words = 1 + static_cast<double>(std::count(text.begin(), text.end(), ' '));
  counted.letters = static_cast<double>(text.size()) - counted.words + 1;
  return counted;
}

std::string ShortWords(std::string_view text, std::int64_t count) {
  return WordsThat(text, count, [](std::size_t letters) { return letters <= kShortWord; });
}

std::string LongWords(std::string_view text, std::int64_t count) {
  return WordsThat(text, count, [](std::size_t letters) { return letters >= kLongWord; });
}

std::optional<TextCalibration> Calibrate(const CountedText& few, const CountedText& short_words,
                                         const CountedText& long_words) {
  RS_CHECK(long_words.letters > short_words.letters && short_words.words > few.words);
  const double per_letter = std::max(
      0.0, (long_words.tokens - short_words.tokens) / (long_words.letters - short_words.letters));
  const double per_word = std::max(
      0.0, (short_words.tokens - few.tokens - per_letter * (short_words.letters - few.letters)) /
               (short_words.words - few.words));
  if (per_word + per_letter <= 0) return std::nullopt;
  TextCalibration text;
  text.cost = {per_word, per_letter};
  text.overhead_tokens =
      std::max(0.0, few.tokens - per_word * few.words - per_letter * few.letters);
  return text;
}

}  // namespace roofscape::load
