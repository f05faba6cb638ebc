// inference-perf: the report of a stage, or of all stages. Its time per output token is
// (last - first) / (n - 1), our TPOT; its inter-token latency is per token, our ITL.

#include <array>
#include <utility>

#include <fmt/format.h>

#include "results/ingest/tools.h"

namespace roofscape::ingest {
namespace {

using Stat = std::pair<std::string_view, std::string_view>;
constexpr auto kStats = std::to_array<Stat>({
    {"mean", "mean"},
    {"min", "min"},
    {"median", "p50"},
    {"p75", "p75"},
    {"p90", "p90"},
    {"p95", "p95"},
    {"p99", "p99"},
    {"p99.9", "p999"},
    {"max", "max"},
});

void ReadReport(ToolRow& row) {
  const auto latency = [&](std::string_view ours, std::string_view theirs) {
    row.Spread(ours, fmt::format("successes/latency/{}/{{}}", theirs), kStats);
  };
  latency("ttft_{}_s", "time_to_first_token");
  latency("tpot_{}_s", "time_per_output_token");
  latency("itl_{}_s", "inter_token_latency");
  latency("e2e_{}_s", "request_latency");
  const char* prompts =
      row.Has("successes/prompt_len") ? "successes/prompt_len" : "successes/prompt_tokens";
  row.Spread("input_length_{}_tokens", fmt::format("{}/{{}}", prompts), kStats);
  row.Spread("output_length_{}_tokens", "successes/output_len/{}", kStats);
  row.Set("successes", "successes/count");
  row.Set("failures", "failures/count");
  row.Set("request_rps", "successes/throughput/requests_per_sec");
  row.Set("input_tps", "successes/throughput/input_tokens_per_sec");
  row.Set("output_tps", "successes/throughput/output_tokens_per_sec");
  row.Set("total_tps", "successes/throughput/total_tokens_per_sec");
  row.MeanLengths(row.Number(fmt::format("{}/mean", prompts)),
                  row.Number("successes/output_len/mean"));
  row.Load(row.Count("load_summary/concurrency"), row.Number("load_summary/requested_rate"));
}

}  // namespace

Result<> ReadInferencePerf(std::string_view text, const Source& source, const Take& take) {
  return ReadToolRows(text, "inference-perf", source, take, ReadReport);
}

}  // namespace roofscape::ingest
