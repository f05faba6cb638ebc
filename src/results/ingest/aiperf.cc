// AIPerf and GenAI-Perf, whose exports have one shape: a figure is an object of its statistics and
// its unit. Their inter-token latency is one value a request, (last - first) / (n - 1): our TPOT.

#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "results/ingest/corrections.h"
#include "results/ingest/tools.h"

namespace roofscape::ingest {
namespace {

using Stat = std::pair<std::string_view, std::string_view>;
constexpr auto kStats = std::to_array<Stat>({
    {"avg", "mean"},
    {"min", "min"},
    {"p50", "p50"},
    {"p75", "p75"},
    {"p90", "p90"},
    {"p95", "p95"},
    {"p99", "p99"},
    {"max", "max"},
});

constexpr auto kUnits = std::to_array<std::pair<std::string_view, double>>(
    {{"s", 1.0}, {"sec", 1.0}, {"seconds", 1.0}, {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}});

/// Seconds a unit of the figure. These tools write ms; another unit is followed and noted.
double SecondsOf(ToolRow& row, std::string_view figure) {
  constexpr double kMs = 1e-3;
  const std::string unit = row.Text(fmt::format("{}/unit", figure));
  if (unit.empty()) return kMs;
  for (const auto& [name, seconds] : kUnits) {
    if (unit != name) continue;
    if (seconds != kMs) {
      row.row().corrections.push_back({"unit", std::string(figure), unit, "s"});
    }
    return seconds;
  }
  constexpr std::size_t kQuoted = 20;
  row.Fail("unknown_unit",
           fmt::format("{}: unit '{}' is none of time", figure, Printable(unit, kQuoted)));
  return kMs;
}

void Latency(ToolRow& row, std::string_view ours, std::string_view figure) {
  if (!row.Has(figure)) return;
  row.Spread(ours, fmt::format("{}/{{}}", figure), kStats, SecondsOf(row, figure));
}

void ReadFigures(ToolRow& row) {
  Latency(row, "ttft_{}_s", "time_to_first_token");
  Latency(row, "ttfa_{}_s", "time_to_first_output_token");
  Latency(row, "tpot_{}_s", "inter_token_latency");
  Latency(row, "icl_{}_s", "inter_chunk_latency");
  Latency(row, "e2e_{}_s", "request_latency");
  row.Spread("input_length_{}_tokens", "input_sequence_length/{}", kStats);
  row.Spread("output_length_{}_tokens", "output_sequence_length/{}", kStats);
  row.Set("successes", "request_count/avg");
  row.Set("failures", "error_request_count/avg");
  row.Set("request_rps", "request_throughput/avg");
  row.Set("output_tps", "output_token_throughput/avg");
  row.Set("total_tps", "total_token_throughput/avg");
  row.Set("input_tokens", "total_isl/avg");
  row.Set("output_tokens", "total_osl/avg");
  const auto tokens = row.Number("total_isl/avg");
  const auto seconds = row.Number("benchmark_duration/avg");
  if (tokens && seconds && *seconds > 0.0) row.row().values.Set("input_tps", *tokens / *seconds);
  row.MeanLengths(row.Number("input_sequence_length/avg"),
                  row.Number("output_sequence_length/avg"));
  if (row.Has("was_cancelled") && *row.At("was_cancelled") == Json(true)) {
    row.row().complete = false;
  }
}

/// The first of these paths that holds something.
template <std::size_t kCount>
std::string_view First(const ToolRow& row, const std::array<std::string_view, kCount>& paths) {
  for (const std::string_view path : paths) {
    if (row.Has(path)) return path;
  }
  return paths[0];
}

void ReadAiperfRow(ToolRow& row) {
  constexpr auto kConcurrency = std::to_array<std::string_view>(
      {"input_config/phases/-1/concurrency", "input_config/loadgen/concurrency"});
  constexpr auto kRate = std::to_array<std::string_view>({"input_config/phases/-1/rate",
                                                          "input_config/phases/-1/request_rate",
                                                          "input_config/loadgen/request_rate"});
  constexpr auto kModel = std::to_array<std::string_view>(
      {"input_config/models/items/0/name", "input_config/endpoint/model_names/0"});
  ReadFigures(row);
  row.Load(row.Count(First(row, kConcurrency)), row.Number(First(row, kRate)));
  row.Model(row.Text(First(row, kModel)));
  row.Measured(row.Text("start_time"));
  row.Fact("aiperf_version", "aiperf_version");
  row.Id(row.Text("benchmark_id"));
}

void ReadGenaiPerfRow(ToolRow& row) {
  constexpr auto kConcurrency = std::to_array<std::string_view>(
      {"input_config/perf_analyzer/stimulus/concurrency", "input_config/concurrency"});
  constexpr auto kRate = std::to_array<std::string_view>(
      {"input_config/perf_analyzer/stimulus/request_rate", "input_config/request_rate"});
  constexpr auto kModel = std::to_array<std::string_view>(
      {"input_config/model_names/0", "input_config/model/0", "input_config/model_names"});
  ReadFigures(row);
  row.Load(row.Count(First(row, kConcurrency)), row.Number(First(row, kRate)));
  row.Model(row.Text(First(row, kModel)));
}

}  // namespace

Result<> ReadAiperf(std::string_view text, const Source& source, const Take& take) {
  return ReadToolRows(text, "aiperf", source, take, ReadAiperfRow);
}

Result<> ReadGenaiPerf(std::string_view text, const Source& source, const Take& take) {
  return ReadToolRows(text, "genai-perf", source, take, ReadGenaiPerfRow);
}

}  // namespace roofscape::ingest
