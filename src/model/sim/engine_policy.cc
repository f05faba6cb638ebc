#include "model/sim/engine_policy.h"

#include <fmt/format.h>

namespace roofscape::sim {

EnginePolicy DefaultPolicy(perf::EngineClass engine) {
  EnginePolicy policy;
  policy.prompts_first = perf::PromptsFirst(engine);
  switch (engine) {
    case perf::kSglang:
      policy.token_budget = 8192;
      policy.max_sequences = 2048;
      policy.reserve = Reserve::kEstimate;
      policy.block_tokens = 1;
      policy.eviction = Eviction::kLeaves;
      break;
    case perf::kTensorRtLlm:
      policy.token_budget = 8192;
      policy.max_sequences = 2048;
      policy.chunked = false;
      policy.reserve = Reserve::kFull;
      policy.block_tokens = 32;
      policy.eviction = Eviction::kLeaves;
      break;
    default:  // vLLM's server, V1, on chips with 70 GB and more.
      policy.token_budget = 8192;
      policy.max_sequences = 1024;
      break;
  }
  return policy;
}

EnginePolicy DefaultPolicy(perf::EngineClass engine, const catalog::Chip& chip) {
  EnginePolicy policy = DefaultPolicy(engine);
  const auto gb = chip.memory.physical_gb ? chip.memory.physical_gb : chip.memory.usable_gb;
  if (!gb || engine == perf::kTensorRtLlm) return policy;
  constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
  const double gib = *gb * 1e9 / kGib;
  constexpr double kLarge = 160.0;  // B200, MI300X.
  if (engine == perf::kSglang) {
    if (gib < 35.0) {
      policy.token_budget = 2048;
    } else if (gib < 60.0) {
      policy.token_budget = 4096;
    } else if (gib >= kLarge) {
      policy.token_budget = 16384;
    }
    return policy;
  }
  if (gib < 70.0 || chip.entry.id.starts_with("a100")) {
    policy.token_budget = 2048;
    policy.max_sequences = 256;
  } else if (gib >= kLarge) {
    policy.token_budget = 16384;
  }
  return policy;
}

Result<> Validate(const EnginePolicy& policy) {
  const struct {
    std::string_view name;
    std::int64_t value;
  } counts[] = {{"tokens a step", policy.token_budget},
                {"sequences at once", policy.max_sequences},
                {"tokens a block", policy.block_tokens},
                {"steps of the estimate", policy.estimate_steps}};
  for (const auto& count : counts) {
    if (count.value >= 1) continue;
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("engine policy: {} must be 1 or more, not {}", count.name, count.value)};
  }
  return {};
}

std::string_view Name(Reserve reserve) {
  if (reserve == Reserve::kFull) return "full";
  return reserve == Reserve::kEstimate ? "estimate" : "grow";
}

Result<Reserve> ParseReserve(std::string_view name) {
  for (const Reserve r : {Reserve::kGrow, Reserve::kEstimate, Reserve::kFull}) {
    if (Name(r) == name) return r;
  }
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("'{}' is no way to reserve blocks: grow, estimate or full", name)};
}

}  // namespace roofscape::sim
