// What is asked of a deployment: how long prompts and answers are, and in which form they are sent.
//
// Ownership: plain values. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <string>

#include "base/core/document.h"
#include "base/core/json.h"
#include "base/core/result.h"

namespace roofscape::spec {

/// A number of tokens, uniform on the integers in [ceil(low x tokens), tokens]. low = 1 is fixed;
/// low = 0.8 is the spread of InferenceX.
struct Length {
  std::int64_t tokens = 1024;
  double low = 1.0;

  friend bool operator==(const Length&, const Length&) = default;
};

/// How a prompt is sent.
enum class PromptForm {
  kAuto,      // Token ids where the server takes them, else calibrated text.
  kTokenIds,  // Exact lengths without a tokenizer; /v1/completions only.
  kText,      // Random words, their number calibrated by the server's usage.prompt_tokens.
};

struct Workload {
  std::string name;  // Free label, e.g. "chat 512/128".
  Length input;
  Length output;
  PromptForm prompt_form = PromptForm::kAuto;
  bool ignore_eos = true;  // Ask for exactly the output length, by whatever field the server has.
  bool prompt_cache = false;  // Allow caches on the server to answer for repeated prefixes.

  friend bool operator==(const Workload&, const Workload&) = default;
};

std::string_view Name(PromptForm form);
Result<PromptForm> ParsePromptForm(std::string_view name);

/// "512/128", "512*0.8/128": input and output for tables.
std::string ShapeName(const Workload& workload);

Json ToJson(const Workload& workload);
Workload ReadWorkload(ObjectReader& reader);
/// The same of a row that others published, where 0 tokens is a length that nobody told.
Workload ReadPublishedWorkload(ObjectReader& reader);

}  // namespace roofscape::spec
