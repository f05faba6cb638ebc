#include "measure/gguf/vocabulary.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace roofscape::gguf {
namespace {

// How SentencePiece writes a blank: U+2581.
constexpr std::string_view kBlank = "\xE2\x96\x81";

constexpr const char* kChatTemplate =
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

class Builder {
 public:
  std::int32_t Add(std::string text, TokenType type, float score = 0.0F) {
    const auto id = static_cast<std::int32_t>(vocabulary_.tokens.size());
    vocabulary_.tokens.push_back({std::move(text), score, type});
    return id;
  }

  std::int32_t AddSuppressed(std::string text, TokenType type) {
    const std::int32_t id = Add(std::move(text), type);
    vocabulary_.suppressed.push_back(id);
    return id;
  }

  /// The special tokens. Only the two ends may be generated: without them a run could never end by
  /// itself, and servers ignore them when asked to.
  void AddSpecials() {
    vocabulary_.unknown = AddSuppressed("<unk>", TokenType::kUnknown);
    vocabulary_.begin_of_text = AddSuppressed("<s>", TokenType::kControl);
    vocabulary_.end_of_text = Add("</s>", TokenType::kControl);
    AddSuppressed("<|im_start|>", TokenType::kControl);
    vocabulary_.end_of_turn = Add("<|im_end|>", TokenType::kControl);
  }

  void AddBytes(bool may_be_generated) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = fmt::format("<0x{:02X}>", byte);
      if (may_be_generated) {
        Add(std::move(text), TokenType::kByte);
      } else {
        AddSuppressed(std::move(text), TokenType::kByte);
      }
    }
  }

  /// A token for the blank, which the tokenizer has turned into three bytes before it looks.
  void AddBlank() { Add(std::string(kBlank), TokenType::kNormal, kCharacterScore); }

  /// Each printable character, then pairs: two small letters, two digits, a blank and a letter.
  /// Text thus becomes about one token per two characters.
  void AddPieces() {
    AddBlank();
    for (char c = '!'; c <= '~'; ++c) Add(std::string(1, c), TokenType::kNormal, kCharacterScore);
    for (char a = 'a'; a <= 'z'; ++a) {
      for (char b = 'a'; b <= 'z'; ++b) Add({a, b}, TokenType::kNormal, kPairScore);
    }
    for (char a = '0'; a <= '9'; ++a) {
      for (char b = '0'; b <= '9'; ++b) Add({a, b}, TokenType::kNormal, kPairScore);
    }
    // Last, so that a word's own letters pair up first and its beginning takes the blank if free.
    for (char c = 'a'; c <= 'z'; ++c) Add(std::string(kBlank) + c, TokenType::kNormal, kBlankScore);
    for (char c = 'A'; c <= 'Z'; ++c) Add(std::string(kBlank) + c, TokenType::kNormal, kBlankScore);
  }

  Vocabulary Finish() && {
    vocabulary_.chat_template = kChatTemplate;
    return std::move(vocabulary_);
  }

 private:
  static constexpr float kPairScore = -1.0F;
  static constexpr float kBlankScore = -2.0F;
  static constexpr float kCharacterScore = -3.0F;

  Vocabulary vocabulary_{};
};

}  // namespace

Vocabulary MakeVocabulary(VocabularyKind kind) {
  Builder builder;
  builder.AddSpecials();
  builder.AddBytes(kind == VocabularyKind::kBytes);
  if (kind == VocabularyKind::kAscii) {
    builder.AddPieces();
  } else {
    builder.AddBlank();
  }
  return std::move(builder).Finish();
}

}  // namespace roofscape::gguf
