// Recorded request traces: when requests came, how long they were and, where the trace tells it,
// which prompts begin alike. Three formats, told apart by their first line:
//
// Azure 2023 and 2024 (CSV): TIMESTAMP,ContextTokens,GeneratedTokens, times of day.
// BurstGPT (CSV): a header with Timestamp, in seconds, Request tokens and Response tokens.
// Mooncake (JSON lines): {"timestamp": ms, "input_length": n, "output_length": m, "hash_ids":
// [...]}, one id a 512 tokens, equal where all tokens up to there are. All are described by who
// published them (github.com/Azure/AzurePublicDataset, github.com/HPMLL/BurstGPT,
// github.com/kvcache-ai/Mooncake).
//
// Thread safety: plain values, pure functions.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "base/core/units.h"

namespace roofscape::workload {

struct TraceRequest {
  Nanos at{0};  // After the first request.
  std::int64_t input_tokens = 1;
  std::int64_t output_tokens = 1;
  std::size_t first_hash = 0;  // In Trace::hashes.
  std::size_t hash_count = 0;
};

struct Trace {
  std::vector<TraceRequest> requests;  // In order of time.
  std::vector<std::uint64_t> hashes;   // Never 0. Of whole chunks only.
  std::int64_t chunk_tokens = 512;     // That a hash stands for.

  std::span<const std::uint64_t> HashesOf(const TraceRequest& request) const {
    return std::span(hashes).subspan(request.first_hash, request.hash_count);
  }
};

/// Errors name the line: not of any format, a time or a length that is no number, a prompt of
/// nothing. An answer of 0 tokens counts as 1.
Result<Trace> ParseTrace(std::string_view text);

}  // namespace roofscape::workload
