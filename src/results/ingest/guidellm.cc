// guidellm: one row a benchmark of the report. Its inter-token latency is one value a request,
// (last - first) / (n - 1): our TPOT. Its time per output token has TTFT in it and is none of ours.

#include <array>
#include <utility>

#include <fmt/format.h>

#include "results/ingest/dates.h"
#include "results/ingest/tools.h"

namespace roofscape::ingest {
namespace {

using Stat = std::pair<std::string_view, std::string_view>;
constexpr auto kStats = std::to_array<Stat>({
    {"mean", "mean"},
    {"min", "min"},
    {"max", "max"},
    {"percentiles/p50", "p50"},
    {"percentiles/p75", "p75"},
    {"percentiles/p90", "p90"},
    {"percentiles/p95", "p95"},
    {"percentiles/p99", "p99"},
    {"percentiles/p999", "p999"},
});

void Distribution(ToolRow& row, std::string_view ours, std::string_view theirs, double scale) {
  row.Spread(ours, fmt::format("metrics/{}/successful/{{}}", theirs), kStats, scale);
}

void ReadBenchmark(ToolRow& row) {
  constexpr double kMs = 1e-3;
  Distribution(row, "ttft_{}_s", "time_to_first_token_ms", kMs);
  Distribution(row, "tpot_{}_s", "inter_token_latency_ms", kMs);
  Distribution(row, "e2e_{}_s", "request_latency", 1.0);
  Distribution(row, "input_length_{}_tokens", "prompt_token_count", 1.0);
  Distribution(row, "output_length_{}_tokens", "output_token_count", 1.0);
  row.Set("in_flight_mean", "metrics/request_concurrency/successful/mean");
  row.Set("request_rps", "metrics/requests_per_second/successful/mean");
  row.Set("output_tps", "metrics/output_tokens_per_second/successful/mean");
  row.Set("input_tps", "metrics/prompt_tokens_per_second/successful/mean");
  // Its three token rates have spans of their own, so that parts and total do not add up; ours do.
  row.Set("successes", "metrics/request_totals/successful");
  row.Set("failures", "metrics/request_totals/errored");
  row.Set("requests", "metrics/request_totals/total");
  row.Set("input_tokens", "metrics/prompt_token_count/successful/total_sum");
  row.Set("output_tokens", "metrics/output_token_count/successful/total_sum");
  row.MeanLengths(row.Number("metrics/prompt_token_count/successful/mean"),
                  row.Number("metrics/output_token_count/successful/mean"));
  // The strategy moved in its versions.
  for (const std::string_view at : {"config", "scheduler", "args"}) {
    row.Load(row.Count(fmt::format("{}/strategy/streams", at)),
             row.Number(fmt::format("{}/strategy/rate", at)));
  }
  row.Model(row.Text("config/backend/model"));
  if (const auto started = row.Number("start_time")) {
    if (const auto when = TimeOfUnixSeconds(*started)) row.row().measured = when->time;
  }
  row.Id(row.Text(row.Has("config/id_") ? "config/id_" : "id_"));
}

}  // namespace

Result<> ReadGuidellm(std::string_view text, const Source& source, const Take& take) {
  return ReadToolRows(text, "guidellm", source, take, ReadBenchmark, "benchmarks");
}

}  // namespace roofscape::ingest
