// Published scores of one eval under one harness. Two harnesses, or two versions of one, are two
// evals here: their scores do not compare.
//
// Thread safety: plain values.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/catalog/entry.h"

namespace roofscape::catalog {

struct Score {
  std::string weights;  // The weights or service as published: "DeepSeek-R1-0528", "GPT-5".
  std::string model;    // The id of the model in the catalog that has its shape, or empty.
  std::optional<Date> released;
  double score = 0.0;                     // 0 .. 1
  std::optional<double> error;            // One standard error.
  std::string mode;                       // "thinking high; no tools"
  std::optional<double> question_tokens;  // Output tokens a question, thinking included.
  bool estimated = false;                 // Not run: estimated by whoever published it.
  std::string source;                     // The id of a source in the file.
  std::string note;

  friend bool operator==(const Score&, const Score&) = default;
};

struct Eval {
  Entry entry;
  std::string measures;           // What is asked, in one sentence.
  std::string family;             // Evals of the same questions share it: "gpqa-diamond".
  std::string harness;            // Test program and version; empty where not comparable.
  bool comparable = false;        // One harness ran all rows.
  std::optional<Date> saturated;  // Since when it no longer separates the best; missing: it does.
  std::string saturated_because;
  std::vector<Score> scores;

  friend bool operator==(const Eval&, const Eval&) = default;
};

}  // namespace roofscape::catalog
