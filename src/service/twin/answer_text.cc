#include "service/twin/answer_text.h"

#include <array>
#include <string_view>

namespace roofscape::twin {
namespace {

// The most common ones stand first and are drawn more often.
constexpr std::array<std::string_view, 144> kWords = {
    "the",     "a",       "of",       "and",      "to",       "in",       "is",      "that",
    "for",     "it",      "with",     "as",       "on",       "are",      "this",    "be",
    "by",      "from",    "at",       "or",       "an",       "which",    "one",     "can",
    "more",    "when",    "each",     "other",    "into",     "than",     "then",    "its",
    "time",    "way",     "first",    "also",     "new",      "use",      "part",    "many",
    "same",    "work",    "number",   "most",     "between",  "under",    "result",  "point",
    "small",   "large",   "long",     "short",    "next",     "order",    "example", "value",
    "change",  "line",    "level",    "often",    "case",     "form",     "model",   "system",
    "reason",  "step",    "begin",    "answer",   "question", "simple",   "common",  "different",
    "several", "water",   "light",    "house",    "road",     "field",    "river",   "city",
    "garden",  "window",  "table",    "paper",    "letter",   "story",    "music",   "winter",
    "summer",  "morning", "evening",  "week",     "month",    "year",     "hour",    "minute",
    "people",  "family",  "friend",   "teacher",  "student",  "doctor",   "market",  "price",
    "cost",    "measure", "weight",   "speed",    "distance", "height",   "surface", "corner",
    "open",    "close",   "turn",     "move",     "carry",    "bring",    "follow",  "build",
    "learn",   "explain", "compare",  "describe", "consider", "remember", "produce", "require",
    "early",   "late",    "quick",    "slow",     "warm",     "cold",     "bright",  "dark",
    "clear",   "certain", "possible", "likely",   "usual",    "general",  "special", "careful",
};

constexpr std::int64_t kShortest = 6;  // Words of a sentence.
constexpr std::int64_t kSpread = 15;
constexpr std::int64_t kParagraph = 6;  // Sentences.
constexpr double kCommas = 0.08;

}  // namespace

void AnswerText::Append(std::int64_t tokens, std::string& out) {
  for (std::int64_t i = 0; i < tokens; ++i) AppendOne(out);
}

void AnswerText::AppendOne(std::string& out) {
  if (made_ > 0 && left_ == 0) {
    ++sentences_;
    out += sentences_ % kParagraph == 0 ? ".\\n\\n" : ".";
    made_ = 0;
    marked_ = true;
    return;
  }
  if (!marked_ && left_ > 1 && rng_.Uniform() < kCommas) {
    out += ',';
    marked_ = true;
    return;
  }
  if (left_ == 0) left_ = kShortest + static_cast<std::int64_t>(rng_.Below(kSpread));
  // Squared, so that the first words of the list come most often.
  const double share = rng_.Uniform();
  std::string_view word = kWords[static_cast<std::size_t>(share * share * kWords.size())];
  const bool fresh = sentences_ % kParagraph == 0 && made_ == 0;  // Begins a paragraph.
  if (!fresh) out += ' ';
  if (made_ == 0) {
    out += static_cast<char>(word.front() - 'a' + 'A');
    word.remove_prefix(1);
  }
  out += word;
  ++made_;
  --left_;
  marked_ = false;
}

}  // namespace roofscape::twin
