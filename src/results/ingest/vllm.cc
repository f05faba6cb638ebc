// vLLM's serving benchmark, SGLang's, which descends from it, and InferenceX's client.

#include <array>
#include <utility>

#include <fmt/format.h>

#include "results/ingest/dates.h"
#include "results/ingest/tools.h"

namespace roofscape::ingest {
namespace {

constexpr double kMs = 1e-3;

using Stat = std::pair<std::string_view, std::string_view>;
constexpr auto kStats = std::to_array<Stat>({
    {"mean", "mean"},
    {"median", "p50"},
    {"p50", "p50"},
    {"p75", "p75"},
    {"p90", "p90"},
    {"p95", "p95"},
    {"p99", "p99"},
    {"p99.9", "p999"},
});

/// `e2e`: what they call it. Their ITL is the gap between chunks, whatever a chunk holds: our ICL.
void ReadLatencies(ToolRow& row, std::string_view e2e) {
  row.Spread("ttft_{}_s", "{}_ttft_ms", kStats, kMs);
  row.Spread("tpot_{}_s", "{}_tpot_ms", kStats, kMs);
  row.Spread("icl_{}_s", "{}_itl_ms", kStats, kMs);
  row.Spread("e2e_{}_s", fmt::format("{{}}_{}_ms", e2e), kStats, kMs);
}

void ReadTotals(ToolRow& row) {
  row.Set("successes", "completed");
  row.Set("failures", "failed");
  row.Set("input_tokens", "total_input_tokens");
  row.Set("output_tokens", "total_output_tokens");
  row.Set("request_rps", "request_throughput");
  row.Set("output_tps", "output_throughput");
  row.Load(row.Count("max_concurrency"), row.Number("request_rate"));
  const auto completed = row.Number("completed");
  if (completed && *completed == 0.0) row.Fail("no_success", "completed: no request succeeded");
  const auto mean = [&](std::string_view path) {
    const auto sum = row.Number(path);
    return sum && completed && *completed > 0.0 ? std::optional(*sum / *completed) : std::nullopt;
  };
  row.MeanLengths(mean("total_input_tokens"), mean("total_output_tokens"));
  row.Fact("backend", "backend");
}

void ReadSglangRow(ToolRow& row) {
  ReadLatencies(row, "e2e_latency");
  // Its random lengths are uniform from ratio x length on; 0 is "from 1 on".
  const double low = row.Number("random_range_ratio").value_or(1.0);
  if (low > 1.0) row.Fail("bad_shape", "random_range_ratio: is above 1");
  const auto random = [&](std::string_view path, spec::Length& length) {
    if (const auto tokens = row.Count(path)) length = {*tokens, low};
  };
  if (row.Text("dataset_name").starts_with("random")) {
    random("random_input_len", row.row().workload.input);
    random("random_output_len", row.row().workload.output);
  }
  ReadTotals(row);
  row.Set("input_tps", "input_throughput");
  row.Set("total_tps", "total_throughput");
  row.Set("in_flight_mean", "concurrency");
  row.Set("acceptance_length_tokens", "accept_length");
  row.Model(row.Text("server_info/model_path"));
  row.Fact("dataset", "dataset_name");
  row.Fact("tag", "tag");
}

}  // namespace

void ReadVllmFamily(ToolRow& row) {
  ReadLatencies(row, "e2el");
  ReadTotals(row);
  row.Set("total_tps", "total_token_throughput");
  row.Model(row.Text("model_id"));
  row.Measured(row.Text("date"));
  if (const auto started = row.Number("benchmark_start_time_unix")) {
    if (const auto when = TimeOfUnixSeconds(*started)) row.row().measured = when->time;
  }
  row.Fact("label", "label");
  row.Id(row.Text("date"));
}

Result<> ReadVllm(std::string_view text, const Source& source, const Take& take) {
  return ReadToolRows(text, "vllm", source, take, ReadVllmFamily);
}

Result<> ReadSglang(std::string_view text, const Source& source, const Take& take) {
  return ReadToolRows(text, "sglang", source, take, ReadSglangRow);
}

}  // namespace roofscape::ingest
