#include <array>
#include <vector>

#include "base/core/names.h"
#include "results/ingest/inferencex.h"
#include "results/ingest/inferencex_zip.h"
#include "results/ingest/ingest.h"
#include "results/ingest/tools.h"

namespace roofscape::ingest {
namespace {

constexpr auto kFormats = std::to_array<Format>({
    {"inferencex",
     "InferenceX: artifacts, API answers, evals, database dumps (also as zip), its client's JSON",
     ReadInferencex, DumpOfZip},
    {"vllm", "vLLM: the file of bench serve --save-result", ReadVllm},
    {"sglang", "SGLang: the lines of bench_serving --output-file", ReadSglang},
    {"aiperf", "AIPerf: profile_export_aiperf.json", ReadAiperf},
    {"guidellm", "guidellm: the JSON report", ReadGuidellm},
    {"inference-perf", "inference-perf: summary_ and stage_N_lifecycle_metrics.json",
     ReadInferencePerf},
    {"genai-perf", "GenAI-Perf: profile_export_genai_perf.json", ReadGenaiPerf},
    {"mlperf", "MLPerf LoadGen: mlperf_log_summary.txt, mlperf_log_detail.txt", ReadMlperf},
    {"roofscape", "our own runs: bench --json, show --json", ReadOwn},
});

}  // namespace

std::span<const Format> AllFormats() { return kFormats; }

Result<const Format*> FindFormat(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Format& format : kFormats) {
    if (format.name == name) return &format;
    names.push_back(format.name);
  }
  return Error{ErrorCode::kInvalidArgument, "format " + UnknownName(name, names)};
}

}  // namespace roofscape::ingest
