// Makes the prompts of a workload: seeded, of given lengths, and different from each other from the
// first token on, so that no prefix cache on a server can answer for work it did not do.
//
// Prompt number `id` begins with `id` written in the base of the alphabet (the usable token ids or
// words), lowest digit first, shifted by the seed and always with as many digits as a billion
// prompts need: neighbours differ in the first token already, and any two of a billion prompts
// within those few digits. The rest is uniform noise.
//
// The values depend only on (seed, id), not on the order of calls.
// Thread safety: const methods may be called from several threads.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/core/rng.h"
#include "domain/spec/workload.h"

namespace roofscape::workload {

/// How long one request is asked to be.
struct RequestShape {
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
};

/// What words cost in tokens. A vocabulary that holds the words costs 1 a word, one of single
/// characters 1 a letter and 1 for the blank; servers' own stand between.
struct TextCost {
  double per_word = 1;
  double per_letter = 0;
};

class PromptSource {
 public:
  PromptSource(const spec::Workload& workload, std::uint64_t seed);

  /// The lengths of request `id`, drawn from the workload's distributions.
  RequestShape ShapeOf(std::int64_t id) const;

  /// `count` token ids taken from `alphabet`. REQUIRES: alphabet not empty, count >= 1.
  std::vector<std::int32_t> TokenIds(std::int64_t id, std::int64_t count,
                                     std::span<const std::int32_t> alphabet) const;

  /// A text of `count` common English words, separated by blanks. REQUIRES: count >= 1.
  std::string Words(std::int64_t id, std::int64_t count) const;

  /// Such words whose cost comes nearest to `tokens`; at least one.
  /// REQUIRES: neither cost is negative, and one is positive.
  std::string Text(std::int64_t id, double tokens, const TextCost& cost) const;

 private:
  spec::Workload workload_;
  Rng rng_;
};

/// All words that Words() uses, as one text: what to tokenize to learn ordinary token ids.
std::string Vocabulary();

}  // namespace roofscape::workload
