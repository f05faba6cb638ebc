// What a request asks the golden server for, whichever of its APIs it speaks.
//
// Ownership: plain values. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "domain/spec/plan.h"

namespace roofscape::twin {

using spec::Api;

struct Ask {
  Api api = Api::kChat;
  bool stream = true;
  bool include_usage = false;
  bool continuous_usage = false;
  bool return_token_ids = false;
  bool ignore_eos = false;
  bool include_obfuscation = true;
  std::int64_t max_tokens = 16;
  bool limited = false;  // It says itself how many tokens there may be; else max_tokens is 16.
  std::int64_t min_tokens = 0;
  std::int64_t choices = 1;  // Answers to one prompt: `n`.
  std::int64_t prompt_tokens = 0;
  std::string model;  // As it is named; empty: not.
  /// Of its prompt's whole chunks, where asked for: each stands for all tokens up to its end.
  std::vector<std::uint64_t> prompt_hashes;
  std::uint64_t prompt_hash = 0;    // Of the whole prompt.
  std::vector<std::string> fields;  // Names of all that the body gives, nested ones too.

  bool Has(std::string_view field) const;
};

/// Reads the JSON body of a request. kInvalidArgument says what is wrong with it. With
/// `chunk_tokens` the prompt is hashed in chunks of so many.
Result<Ask> ReadAsk(std::string_view body, Api api, std::int64_t chunk_tokens = 0);

/// The hashes of prompt and answer, as the chat's next turn will have them when it repeats both: so
/// the answer is found in the cache. `answer`: as it stands in JSON. Of APIs without messages the
/// prompt's alone: what follows an answer there is the client's own affair.
std::vector<std::uint64_t> HashesWithAnswer(const Ask& ask, std::string_view answer,
                                            std::int64_t chunk_tokens);

}  // namespace roofscape::twin
