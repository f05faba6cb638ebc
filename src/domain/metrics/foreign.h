// A stored request log by the definitions of other tools: what each would have reported had it seen
// these stamps. Definitions and their sources: docs/reference/other-tools.md. Nothing else in the
// product uses these figures.
//
// Only measured requests take part; failures, windows and denominators are each tool's own. What
// we cancelled ourselves is none of them: a tool that is stopped has no result, or leaves what was
// in flight out of it, and guidellm alone counts it. A
// client that times its own call begins before it sends, so its clock starts at `sent` less the
// time to connect, not at `intended`. What a log cannot give is missing and says why; a figure that
// holds under a premise says which.
//
// Cost: sorting; a million events in a fraction of a second. Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/spec/plan.h"
#include "domain/spec/request_log.h"

namespace roofscape::metrics {

enum class Tool {
  kVllm,
  kSglang,
  kAiperf,
  kGuidellm,
  kInferencePerf,
  kGenaiPerf,
  kLlmperf,
  kMlperf,
  kInferencex,
};

std::span<const Tool> AllTools();
std::string_view Name(Tool tool);  // as `show --as` takes it
std::optional<Tool> ToolNamed(std::string_view name);

/// What the log itself does not hold.
struct ForeignContext {
  spec::Api api = spec::Api::kChat;
  std::int64_t concurrency = 1;    // 0: open loop
  std::optional<double> rate_rps;  // open loop: requests asked a second; missing for a burst
  /// Accelerators of the deployment; `prefill` and `decode` where it is split into these roles.
  std::optional<std::int64_t> chips, prefill_chips, decode_chips;
};

/// One figure as its tool names it.
struct ForeignFigure {
  std::string key;              // of the tool's own output: "mean_ttft_ms"
  std::string title;            // "Mean TTFT"
  std::string unit;             // "ms"; empty for a count
  std::optional<double> value;  // in `unit`
  std::string note;             // without a value: why; with one: on what premise
};

/// The parts of a distribution that every tool gives.
struct ForeignSpread {
  std::optional<double> mean, p50, p99;
};

/// What can be set side by side; missing where the tool has no such figure.
struct ForeignRow {
  ForeignSpread ttft_s, itl_s, tpot_s, e2e_s;
  std::optional<double> request_rps, output_tps, total_tps, duration_s;
  std::int64_t successes = 0;
  std::int64_t failures = 0;
};

/// One request as a client of vLLM's family keeps it.
struct ForeignRequest {
  bool success = false;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  double start_s = 0.0;  // of the log's clock
  double ttft_s = 0.0;
  double latency_s = 0.0;
  std::vector<double> itl_s;
  std::string error;              // empty for a success
  std::string_view text;          // points into the log; empty unless it was kept
  bool counted_by_server = true;  // else output_tokens are our count, the tool's is of the text
};

struct ForeignFigures {
  Tool tool = Tool::kVllm;
  std::vector<ForeignFigure> figures;
  std::vector<std::string> notes;  // where the definition differs from ours in a way that matters
  ForeignRow row;
  /// The measured requests in the order of the log, for the tools that save them (vLLM, SGLang,
  /// InferenceX); else empty. REQUIRES of the reader: `text` needs the log.
  std::vector<ForeignRequest> requests;

  /// The figure of that key, or nullptr.
  const ForeignFigure* Find(std::string_view key) const;
};

/// All figures are missing when the log has no measured request.
ForeignFigures ComputeAs(Tool tool, const spec::RequestLog& log, const ForeignContext& context);

}  // namespace roofscape::metrics
