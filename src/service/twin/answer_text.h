// Text that looks like an answer: sentences of common words, one token a word or a mark. Nobody
// wrote it, and it says nothing.
//
// Thread safety: one thread.

#pragma once

#include <cstdint>
#include <string>

#include "base/core/rng.h"

namespace roofscape::twin {

class AnswerText {
 public:
  /// The same text for the same generator.
  explicit AnswerText(const Rng& rng) : rng_(rng) {}

  /// Appends the next tokens, plain ASCII that needs no escape in JSON.
  void Append(std::int64_t tokens, std::string& out);

 private:
  void AppendOne(std::string& out);

  Rng rng_;
  std::int64_t left_ = 0;  // Words of this sentence still to come.
  std::int64_t made_ = 0;  // Words of it so far.
  std::int64_t sentences_ = 0;
  bool marked_ = true;  // The last token was a mark.
};

}  // namespace roofscape::twin
