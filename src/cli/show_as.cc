#include "cli/show_as.h"

#include <cstdio>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "cli/foreign_json.h"
#include "cli/foreign_text.h"
#include "domain/metrics/foreign.h"

namespace roofscape::cli {
namespace {

constexpr const char* kAll = "all";

std::vector<std::string> ToolNames() {
  std::vector<std::string> names;
  for (const metrics::Tool tool : metrics::AllTools()) names.emplace_back(metrics::Name(tool));
  names.emplace_back(kAll);
  return names;
}

std::string CheckTool(const std::string& name) {
  const std::vector<std::string> names = ToolNames();
  for (const std::string& known : names) {
    if (known == name) return "";
  }
  return fmt::format("'{}' is none of {}.{}", name, fmt::join(names, ", "),
                     DidYouMean(name, names));
}

Json PointJson(const spec::RunResult& run, const spec::PointResult& point,
               const metrics::ForeignFigures& figures, bool detailed) {
  switch (figures.tool) {
    case metrics::Tool::kVllm: return VllmJson(run, point, figures, detailed);
    case metrics::Tool::kInferencex: return InferencexJson(run, point, figures, detailed);
    default: return ForeignJson(run, point, figures);
  }
}

void PrintLine(const Json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void PrintAll(const spec::RunResult& run, const spec::PointResult& point,
              const spec::RequestLog& log, bool json) {
  std::vector<metrics::ForeignFigures> tools;
  for (const metrics::Tool tool : metrics::AllTools()) {
    tools.push_back(metrics::ComputeAs(tool, log, ForeignContextOf(run, point)));
  }
  if (!json) {
    fmt::print("{}", ForeignTables(point, tools, StyleOf(stdout)));
    return;
  }
  for (const metrics::ForeignFigures& figures : tools) PrintLine(ForeignJson(run, point, figures));
}

}  // namespace

void AddAsOptions(Command& command, AsOptions& options) {
  command
      .AddOption("--as", options.tool,
                 "As another tool would have reported it: vllm, sglang, aiperf, guidellm, "
                 "inference-perf, genai-perf, llmperf, mlperf, inferencex, or all side by side")
      ->Check(CheckedBy(CheckTool, "TOOL"));
  command.AddFlag(
      "--detailed", options.detailed,
      "With --as vllm or inferencex and --json, which print those tools' own files: the "
      "lists of requests as well");
}

Result<> ShowAs(store::Store& store, const spec::RunResult& run, const AsOptions& options,
                bool json) {
  bool first = true;
  for (const spec::PointResult& point : run.points) {
    RS_ASSIGN_OR_RETURN(const spec::RequestLog log, store.LoadLog({run.id, point.index}));
    if (!json && !first) fmt::print("\n");
    first = false;
    if (options.tool == kAll) {
      PrintAll(run, point, log, json);
      continue;
    }
    const metrics::Tool tool = *metrics::ToolNamed(options.tool);
    const metrics::ForeignFigures figures =
        metrics::ComputeAs(tool, log, ForeignContextOf(run, point));
    if (json) {
      PrintLine(PointJson(run, point, figures, options.detailed));
    } else {
      fmt::print("{}", ForeignText(point, figures, StyleOf(stdout)));
    }
  }
  return {};
}

}  // namespace roofscape::cli
