// MLPerf LoadGen: the summary of a run as it prints it, or the detailed log, a line of JSON each.
// One file is one row.

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "results/ingest/tools.h"

namespace roofscape::ingest {
namespace {

constexpr std::string_view kLogMark = ":::MLLOG";
constexpr std::string_view kSummaryMark = "MLPerf Results Summary";
constexpr double kNs = 1e-9;

using Stat = std::pair<std::string_view, std::string_view>;
constexpr auto kLogStats = std::to_array<Stat>({
    {"result_{}min_latency_ns", "min"},
    {"result_{}mean_latency_ns", "mean"},
    {"result_{}50.00_percentile_latency_ns", "p50"},
    {"result_{}90.00_percentile_latency_ns", "p90"},
    {"result_{}95.00_percentile_latency_ns", "p95"},
    {"result_{}99.00_percentile_latency_ns", "p99"},
    {"result_{}99.90_percentile_latency_ns", "p999"},
    {"result_{}max_latency_ns", "max"},
});
constexpr auto kSummaryStats = std::to_array<Stat>({
    {"min {} (ns)", "min"},
    {"mean {} (ns)", "mean"},
    {"50.00 percentile {} (ns)", "p50"},
    {"90.00 percentile {} (ns)", "p90"},
    {"95.00 percentile {} (ns)", "p95"},
    {"99.00 percentile {} (ns)", "p99"},
    {"99.90 percentile {} (ns)", "p999"},
    {"max {} (ns)", "max"},
});

/// How log and summary call a latency; the log puts its name in front of "latency".
struct Latency {
  std::string_view ours;
  std::string_view log;
  std::string_view summary;
};
constexpr auto kLatencies = std::to_array<Latency>({
    {"e2e_{}_s", "", "latency"},
    {"ttft_{}_s", "first_token_", "first token latency"},
    {"tpot_{}_s", "time_per_output_token_", "time to output token"},
});

constexpr auto kRates = std::to_array<Stat>({
    {"result_samples_per_second", "request_rps"},
    {"result_completed_samples_per_sec", "request_rps"},
    {"result_tokens_per_second", "output_tps"},
    {"result_completed_tokens_per_second", "output_tps"},
    {"samples per second", "request_rps"},
    {"completed samples per second", "request_rps"},
    {"tokens per second", "output_tps"},
    {"completed tokens per second", "output_tps"},
});

/// A number where the text is one.
Json ValueOf(std::string_view text) {
  double number = 0.0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && at == end) return number;
  return std::string(text);
}

void AddLogLine(std::string_view line, Json& fields) {
  const std::size_t mark = line.find(kLogMark);
  if (mark == std::string_view::npos) return;
  const Json entry = Json::parse(line.substr(mark + kLogMark.size()), nullptr, false);
  if (!entry.is_object() || !entry.contains("key") || !entry["key"].is_string()) return;
  if (entry.contains("value")) fields[entry["key"].get<std::string>()] = entry["value"];
}

void AddSummaryLine(std::string_view line, Json& fields) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  std::string name(Trim(line.substr(0, colon)));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (!name.empty()) fields[name] = ValueOf(Trim(line.substr(colon + 1)));
}

void ReadRun(ToolRow& row) {
  for (const Latency& latency : kLatencies) {
    const auto add = [&](std::string_view pattern, std::string_view name, std::string_view stat) {
      row.Set(fmt::format(fmt::runtime(latency.ours), stat),
              fmt::format(fmt::runtime(pattern), name), kNs);
    };
    for (const auto& [pattern, stat] : kLogStats) add(pattern, latency.log, stat);
    for (const auto& [pattern, stat] : kSummaryStats) add(pattern, latency.summary, stat);
  }
  for (const auto& [theirs, ours] : kRates) row.Set(ours, theirs);
  row.Fact("scenario", row.Has("scenario") ? "scenario" : "effective_scenario");
  row.Fact("system", row.Has("sut name") ? "sut name" : "sut_name");
  row.Fact("result", row.Has("result is") ? "result is" : "result_validity");
  row.Load(std::nullopt, row.Number(row.Has("target_qps") ? "target_qps" : "effective_target_qps"));
}

}  // namespace

Result<> ReadMlperf(std::string_view text, const Source& source, const Take& take) {
  const bool log = text.find(kLogMark) != std::string_view::npos;
  if (!log && text.find(kSummaryMark) == std::string_view::npos) {
    return Error{ErrorCode::kProtocol,
                 source.name + ": expected mlperf_log_summary.txt or mlperf_log_detail.txt"};
  }
  Json fields = Json::object();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    log ? AddLogLine(line, fields) : AddSummaryLine(line, fields);
    at = end + 1;
  }
  const RowText whole{text, 0, 0};
  ToolRow row(fields, whole, source, "mlperf");
  ReadRun(row);
  Batches batches(take);
  RS_RETURN_IF_ERROR(batches.Add(row.Finish(), whole));
  return batches.Finish();
}

}  // namespace roofscape::ingest
