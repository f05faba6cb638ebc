// What a server turned out to understand: found out once before a run (server_probe.h), used for
// every request of it (request_writer.h).
//
// Ownership: plain values. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/workload/prompt_source.h"

namespace roofscape::load {

enum class EngineKind {
  kUnknown,
  kLlamaCpp,
  kVllm,
  kSglang,
  kTensorRtLlm,
  kTgi,
  kDynamo,
  kOpenAi,
};

/// Text length in tokens as the server counts it: what its template adds, and what words cost.
struct TextCalibration {
  double overhead_tokens = 0;
  workload::TextCost cost;
};

struct Dialect {
  EngineKind engine = EngineKind::kUnknown;
  std::string model;          // The name to send.
  bool ignore_eos = false;    // Takes `ignore_eos`: exact output lengths.
  bool min_tokens = false;    // Takes `min_tokens` beside it.
  bool sampling = false;      // Takes `temperature`.
  bool cache_prompt = false;  // Takes llama.cpp's `cache_prompt`.
  bool stream_usage = false;  // Takes `stream_options.include_usage`.
  bool chunk_usage = false;   // And is asked for `continuous_usage_stats`: counts in every chunk.
  bool token_ids = false;     // Is asked for the token ids of every chunk.
  std::string length_field = "max_tokens";
  /// Ordinary token ids of the server's vocabulary; empty: prompts are sent as text.
  std::vector<std::int32_t> alphabet;
  /// Tokens the server adds to a prompt of ids (a BOS), as its usage showed.
  std::int64_t added_tokens = 0;
  TextCalibration text;
  std::map<std::string, std::string> facts;  // name, version, ... as told: stored with the run
  std::vector<std::string> notes;            // What the server would not do.
};

}  // namespace roofscape::load
