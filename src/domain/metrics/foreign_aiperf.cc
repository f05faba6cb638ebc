// AIPerf: docs/metrics-reference.md and the metric types it describes, with its option
// --use-server-token-count. See docs/reference/other-tools.md.

#include <algorithm>
#include <utility>
#include <vector>

#include "domain/metrics/foreign_common.h"
#include "domain/metrics/request_metrics.h"

namespace roofscape::metrics::foreign {
namespace {

struct Records {
  std::vector<double> ttft, ttst, ttfo, latency, itl, icl, per_user, osl, isl;
  std::int64_t valid = 0;
  std::int64_t errors = 0;
  double output_tokens = 0.0;
  double input_tokens = 0.0;
  std::int64_t begin_ns = spec::kNoStamp;
  std::int64_t end_ns = spec::kNoStamp;  // last response with content
};

void AddRecord(const View& view, const Seen& seen, Records& records) {
  const std::vector<std::int64_t> content = view.TextTimes(seen, true);
  if (!seen.ok || content.empty()) {
    ++records.errors;
    return;
  }
  const double ttft_s = seen.Since(content.front());
  const double latency_s = seen.Since(content.back());
  const auto tokens = static_cast<double>(OutputTokens(seen));
  const auto input = static_cast<double>(InputTokensCounted(seen));
  records.begin_ns = records.valid == 0 ? seen.start_ns : std::min(records.begin_ns, seen.start_ns);
  records.end_ns = std::max(records.end_ns, content.back());
  ++records.valid;
  records.ttft.push_back(ttft_s);
  records.latency.push_back(latency_s);
  records.osl.push_back(tokens);
  records.isl.push_back(input);
  records.output_tokens += tokens;
  records.input_tokens += input;
  if (content.size() > 1) records.ttst.push_back(SecondsBetween(content[0], content[1]));
  const std::vector<std::int64_t> answer = view.TextTimes(seen, false);
  if (!answer.empty()) records.ttfo.push_back(seen.Since(answer.front()));
  for (std::size_t i = 1; i < content.size(); ++i) {
    records.icl.push_back(SecondsBetween(content[i - 1], content[i]));
  }
  if (tokens < 2.0) return;
  records.itl.push_back((latency_s - ttft_s) / (tokens - 1.0));
  if (records.itl.back() > 0.0) records.per_user.push_back(1.0 / records.itl.back());
}

void AddRates(const Records& records, double seconds, Sheet& sheet, ForeignRow& row) {
  row.duration_s = seconds;
  row.successes = records.valid;
  row.failures = records.errors;
  row.request_rps = RatePerSecond(static_cast<double>(records.valid), seconds);
  row.output_tps = RatePerSecond(records.output_tokens, seconds);
  row.total_tps = RatePerSecond(records.input_tokens + records.output_tokens, seconds);
  sheet.Add("output_token_throughput", "Output Token Throughput", "tokens/sec", row.output_tps);
  sheet.Add("total_token_throughput", "Total Token Throughput", "tokens/sec", row.total_tps);
  sheet.Add("request_throughput", "Request Throughput", "requests/sec", row.request_rps);
  sheet.Count("request_count", "Request Count", records.valid);
  sheet.Count("error_request_count", "Error Request Count", records.errors);
  sheet.Add("benchmark_duration", "Benchmark Duration", "sec", seconds);
}

}  // namespace

void ComputeAiperf(const View& view, ForeignFigures& out) {
  Records records;
  for (const Seen& seen : view.requests) AddRecord(view, seen, records);
  const double seconds =
      records.valid == 0 ? 0.0 : SecondsBetween(records.begin_ns, records.end_ns);
  Sheet sheet(out);
  const auto add = [&](std::string_view key, std::string_view title, std::string_view unit,
                       double scale, std::vector<double>& values) {
    const Samples samples(std::move(values));
    AddDistribution(sheet, samples, kNvidiaStats, key, title, unit, scale);
    return samples.Spread();
  };
  constexpr double kMs = 1e3;
  out.row.ttft_s = add("time_to_first_token", "Time to First Token", "ms", kMs, records.ttft);
  add("time_to_second_token", "Time to Second Token", "ms", kMs, records.ttst);
  add("time_to_first_output_token", "Time to First Output Token", "ms", kMs, records.ttfo);
  out.row.e2e_s = add("request_latency", "Request Latency", "ms", kMs, records.latency);
  out.row.itl_s = add("inter_token_latency", "Inter Token Latency", "ms", kMs, records.itl);
  add("inter_chunk_latency", "Inter Chunk Latency", "ms", kMs, records.icl);
  add("output_token_throughput_per_user", "Output Token Throughput Per User", "tokens/sec/user",
      1.0, records.per_user);
  add("output_sequence_length", "Output Sequence Length", "tokens", 1.0, records.osl);
  add("input_sequence_length", "Input Sequence Length", "tokens", 1.0, records.isl);
  AddRates(records, seconds, sheet, out.row);
  sheet.Note(
      "as with --use-server-token-count; by default it tokenises the text, which a log does "
      "not hold");
  sheet.Note(
      "its ITL is one value a request, what others call TPOT; gaps between chunks are its "
      "inter_chunk_latency");
}

}  // namespace roofscape::metrics::foreign
