// The tokens of a network with random weights, as llama.cpp's "llama" (SentencePiece) tokenizer
// wants them: every kind can read any text, thanks to one token per byte; they differ in what the
// network may say.
//
// Thread safety: plain values, pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace roofscape::gguf {

enum class VocabularyKind {
  kAscii,  // Says printable ASCII alone: every generated token is text at once.
  kBytes,  // Says single bytes: characters come in halves, and a server must hold them back.
};

/// The number that GGUF gives to each kind of token.
enum class TokenType : std::int32_t { kNormal = 1, kUnknown = 2, kControl = 3, kByte = 6 };

struct Token {
  std::string text;
  float score;  // The tokenizer joins the pair of pieces with the highest score first.
  TokenType type;
};

/// Token number i stands at tokens[i].
struct Vocabulary {
  std::vector<Token> tokens;
  std::vector<std::int32_t> suppressed;  // Never generated, in rising order.
  std::int32_t unknown;
  std::int32_t begin_of_text;
  std::int32_t end_of_text;
  std::int32_t end_of_turn;
  std::string chat_template;  // Jinja.
};

Vocabulary MakeVocabulary(VocabularyKind kind);

}  // namespace roofscape::gguf
