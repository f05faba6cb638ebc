// How a serving engine fills its steps: what may run together, who waits, who is thrown out.
//
// vLLM V1: decodes first, then pieces of prompts up to a budget of tokens a step; blocks are taken
// as sequences grow; when they run out the newest sequence is dropped and computed again.
// SGLang: prompts first, in pieces, while decoding stands still; a sequence is admitted when the
// growth that is expected of all fits; the one that has made least is retracted when it was not.
// TensorRT-LLM: prompts join decodes in a step; GUARANTEED_NO_EVICT reserves a sequence's whole
// length at admission, MAX_UTILIZATION takes blocks as they are needed. Sources: the schedulers of
// vLLM (v1/core/sched), SGLang (managers/schedule_policy.py) and TensorRT-LLM (capacity scheduler).
//
// Numbers are of one attention group; a worker with several has as many times the room.
// Thread safety: plain values.

#pragma once

#include <cstdint>
#include <string_view>

#include "base/core/result.h"
#include "domain/catalog/chip.h"
#include "model/perf/coefficients.h"

namespace roofscape::sim {

enum class Reserve {
  kGrow,      // Room for the prompt; more as it grows; the newest is dropped when there is none.
  kEstimate,  // Room for the prompt and a share of what all may still make.
  kFull,      // Room for prompt and whole answer: nobody is ever dropped.
};

/// Which cached block goes first when room is needed: the one unused longest, either way.
enum class Eviction {
  kFreed,  // vLLM: in the order in which they were freed, the end of a prompt before its beginning.
  kLeaves,  // SGLang, TensorRT-LLM: only blocks that no cached block continues.
};

struct EnginePolicy {
  bool prompts_first = false;  // A step has prompts or decodes, prompts going first; else both.
  bool chunked = true;         // A prompt may be cut into steps; else it must fit into one.
  std::int64_t token_budget = 2048;  // Tokens a step: of prompts, and decodes where they share.
  std::int64_t max_sequences = 256;  // Admitted at once.
  Reserve reserve = Reserve::kGrow;
  double estimate_start = 0.7;  // kEstimate: share of the answers still to come that is reserved,
  double estimate_least = 0.1;  // at the start, and where it sinks to
  std::int64_t estimate_steps = 600;         // in so many decode steps.
  std::int64_t estimate_most_tokens = 4096;  // Counted of a new request's answer, at most.
  std::int64_t block_tokens = 16;
  bool prefix_cache = false;
  Eviction eviction = Eviction::kFreed;

  friend bool operator==(const EnginePolicy&, const EnginePolicy&) = default;
};

/// What the engine does when it is told nothing, on a chip of 80 to 150 GB as H100 and H200 are.
EnginePolicy DefaultPolicy(perf::EngineClass engine);

/// The same on this chip: vLLM and SGLang choose by its memory (vllm/engine/arg_utils.py, as of
/// v0.28; sglang/srt/server_args.py, as of v0.5.6).
EnginePolicy DefaultPolicy(perf::EngineClass engine, const catalog::Chip& chip);

/// Refuses what cannot run: no tokens, no sequences, blocks of nothing.
Result<> Validate(const EnginePolicy& policy);

std::string_view Name(Reserve reserve);
Result<Reserve> ParseReserve(std::string_view name);

}  // namespace roofscape::sim
