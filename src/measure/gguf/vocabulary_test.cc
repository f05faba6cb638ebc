#include "measure/gguf/vocabulary.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace roofscape::gguf {
namespace {

bool IsSuppressed(const Vocabulary& vocabulary, std::size_t id) {
  return std::binary_search(vocabulary.suppressed.begin(), vocabulary.suppressed.end(),
                            static_cast<std::int32_t>(id));
}

TEST(Vocabulary, TextsAreUniqueAndEveryByteHasAToken) {
  for (const VocabularyKind kind : {VocabularyKind::kAscii, VocabularyKind::kBytes}) {
    const Vocabulary vocabulary = MakeVocabulary(kind);
    std::set<std::string> texts;
    std::size_t bytes = 0;
    for (const Token& token : vocabulary.tokens) {
      EXPECT_TRUE(texts.insert(token.text).second) << token.text;
      bytes += token.type == TokenType::kByte ? 1 : 0;
    }
    EXPECT_EQ(bytes, 256U);
    EXPECT_EQ(texts.count("<0x0A>"), 1U);
    EXPECT_TRUE(std::is_sorted(vocabulary.suppressed.begin(), vocabulary.suppressed.end()));
  }
}

TEST(Vocabulary, AsciiCanSayOnlyPrintableAsciiOrStop) {
  const Vocabulary vocabulary = MakeVocabulary(VocabularyKind::kAscii);
  const std::string blank = "\xE2\x96\x81";
  std::set<std::string> sayable;
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    if (IsSuppressed(vocabulary, id)) continue;
    const auto number = static_cast<std::int32_t>(id);
    if (number == vocabulary.end_of_text || number == vocabulary.end_of_turn) continue;
    const Token& token = vocabulary.tokens[id];
    EXPECT_EQ(token.type, TokenType::kNormal) << token.text;
    std::string text = token.text;
    if (text.starts_with(blank)) text.replace(0, blank.size(), " ");
    EXPECT_FALSE(text.empty());
    for (const char c : text) EXPECT_TRUE(c >= ' ' && c <= '~') << token.text;
    sayable.insert(text);
  }
  for (char c = ' '; c <= '~'; ++c) EXPECT_EQ(sayable.count(std::string(1, c)), 1U) << c;
}

TEST(Vocabulary, BytesCanSayEveryByte) {
  const Vocabulary vocabulary = MakeVocabulary(VocabularyKind::kBytes);
  std::size_t sayable = 0;
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    if (vocabulary.tokens[id].type == TokenType::kByte && !IsSuppressed(vocabulary, id)) ++sayable;
  }
  EXPECT_EQ(sayable, 256U);
}

TEST(Vocabulary, SpecialTokensAreWhatTheirNumbersSay) {
  for (const VocabularyKind kind : {VocabularyKind::kAscii, VocabularyKind::kBytes}) {
    const Vocabulary vocabulary = MakeVocabulary(kind);
    const auto text = [&](std::int32_t id) {
      return vocabulary.tokens.at(static_cast<std::size_t>(id)).text;
    };
    EXPECT_EQ(text(vocabulary.unknown), "<unk>");
    EXPECT_EQ(text(vocabulary.begin_of_text), "<s>");
    EXPECT_EQ(text(vocabulary.end_of_text), "</s>");
    EXPECT_EQ(text(vocabulary.end_of_turn), "<|im_end|>");
    EXPECT_TRUE(IsSuppressed(vocabulary, static_cast<std::size_t>(vocabulary.begin_of_text)));
    EXPECT_FALSE(IsSuppressed(vocabulary, static_cast<std::size_t>(vocabulary.end_of_text)));
  }
}

}  // namespace
}  // namespace roofscape::gguf
