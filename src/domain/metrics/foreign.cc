#include "domain/metrics/foreign.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "domain/metrics/foreign_common.h"

namespace roofscape::metrics {
namespace {

struct ToolName {
  Tool tool;
  std::string_view name;
};

constexpr std::array<ToolName, 9> kNames = {{
    {Tool::kVllm, "vllm"},
    {Tool::kSglang, "sglang"},
    {Tool::kAiperf, "aiperf"},
    {Tool::kGuidellm, "guidellm"},
    {Tool::kInferencePerf, "inference-perf"},
    {Tool::kGenaiPerf, "genai-perf"},
    {Tool::kLlmperf, "llmperf"},
    {Tool::kMlperf, "mlperf"},
    {Tool::kInferencex, "inferencex"},
}};

constexpr std::array<Tool, kNames.size()> kTools = [] {
  std::array<Tool, kNames.size()> tools{};
  for (std::size_t i = 0; i < kNames.size(); ++i) tools[i] = kNames[i].tool;
  return tools;
}();

// Whether the tool has a client of this API; MLPerf has none of any, and takes all.
bool Asks(Tool tool, spec::Api api) {
  using spec::Api;
  switch (api) {
    case Api::kChat: return true;
    case Api::kCompletions: return tool != Tool::kLlmperf;
    case Api::kResponses:
      return tool == Tool::kVllm || tool == Tool::kAiperf || tool == Tool::kGuidellm ||
             tool == Tool::kMlperf;
    case Api::kMessages: return tool == Tool::kAiperf || tool == Tool::kMlperf;
    case Api::kSglang: return tool == Tool::kSglang || tool == Tool::kMlperf;
    case Api::kTgi:
      return tool == Tool::kAiperf || tool == Tool::kGenaiPerf || tool == Tool::kMlperf;
    case Api::kLlamaCpp: return tool == Tool::kMlperf;
  }
  return false;
}

void AddNotes(const foreign::View& view, const ForeignContext& context, ForeignFigures& out) {
  if (!Asks(out.tool, context.api)) {
    out.notes.push_back(
        fmt::format("it has no client of this API ({}): its rules on the events of another",
                    spec::Name(context.api)));
  }
  if (view.cancelled.empty()) return;
  out.notes.push_back(fmt::format(
      "{} requests that we cancelled ourselves are in no {}", view.cancelled.size(),
      out.tool == Tool::kGuidellm
          ? "latency or rate; it calls them incomplete, and its duration runs to their end"
      : out.tool == Tool::kAiperf || out.tool == Tool::kInferencePerf
          ? "figure: it keeps no record of what was in flight when it was stopped"
          : "figure; stopped in the middle, it would have written no result"));
}

}  // namespace

std::span<const Tool> AllTools() { return kTools; }

std::string_view Name(Tool tool) {
  const auto* found = std::find_if(kNames.begin(), kNames.end(),
                                   [tool](const ToolName& name) { return name.tool == tool; });
  return found == kNames.end() ? std::string_view("?") : found->name;
}

std::optional<Tool> ToolNamed(std::string_view name) {
  for (const ToolName& known : kNames) {
    if (known.name == name) return known.tool;
  }
  return std::nullopt;
}

const ForeignFigure* ForeignFigures::Find(std::string_view key) const {
  for (const ForeignFigure& figure : figures) {
    if (figure.key == key) return &figure;
  }
  return nullptr;
}

ForeignFigures ComputeAs(Tool tool, const spec::RequestLog& log, const ForeignContext& context) {
  const foreign::View view = foreign::MakeView(log);
  ForeignFigures out;
  out.tool = tool;
  switch (tool) {
    case Tool::kVllm: foreign::ComputeVllm(log, view, context, out); break;
    case Tool::kSglang: foreign::ComputeSglang(log, view, context, out); break;
    case Tool::kAiperf: foreign::ComputeAiperf(view, out); break;
    case Tool::kGuidellm: foreign::ComputeGuidellm(view, out); break;
    case Tool::kInferencePerf: foreign::ComputeInferencePerf(view, out); break;
    case Tool::kGenaiPerf: foreign::ComputeGenaiPerf(view, out); break;
    case Tool::kLlmperf: foreign::ComputeLlmperf(view, out); break;
    case Tool::kMlperf: foreign::ComputeMlperf(view, context, out); break;
    case Tool::kInferencex: foreign::ComputeInferencex(log, view, context, out); break;
  }
  AddNotes(view, context, out);
  return out;
}

}  // namespace roofscape::metrics
