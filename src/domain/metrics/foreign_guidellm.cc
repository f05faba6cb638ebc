// guidellm: schemas/request_stats.py, schemas/statistics.py,
// benchmark/schemas/generative/metrics.py and backends/openai/http.py. See
// docs/reference/other-tools.md.
//
// A distribution has weights: time per output token counts each request by its output tokens, ITL
// by one less. Its percentile is the first value whose share of the weight reaches p; nothing is
// interpolated.

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "domain/metrics/foreign_common.h"
#include "domain/metrics/request_metrics.h"

namespace roofscape::metrics::foreign {
namespace {

struct Weighted {
  double value = 0.0;
  double weight = 1.0;
};

struct Summary {
  std::optional<double> mean, p50, p90, p95, p99;
};

std::optional<double> WeightedQuantile(const std::vector<Weighted>& sorted, double total,
                                       double p) {
  double below = 0.0;
  for (const Weighted& entry : sorted) {
    below += entry.weight / total;
    // The sum of shares carries rounding, so that half of four quarters may lie above 0.5.
    if (below >= p - 1e-12) return entry.value;
  }
  return sorted.back().value;
}

Summary Summarize(std::vector<Weighted> entries) {
  double total = 0.0;
  for (const Weighted& entry : entries) total += entry.weight;
  if (total <= 0.0) {  // It then weighs all alike.
    for (Weighted& entry : entries) entry.weight = 1.0;
    total = static_cast<double>(entries.size());
  }
  if (entries.empty()) return {};
  std::erase_if(entries, [](const Weighted& entry) { return entry.weight <= 0.0; });
  std::sort(entries.begin(), entries.end(),
            [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
  Summary summary;
  double sum = 0.0;
  for (const Weighted& entry : entries) sum += entry.value * entry.weight;
  summary.mean = sum / total;
  summary.p50 = WeightedQuantile(entries, total, 0.50);
  summary.p90 = WeightedQuantile(entries, total, 0.90);
  summary.p95 = WeightedQuantile(entries, total, 0.95);
  summary.p99 = WeightedQuantile(entries, total, 0.99);
  return summary;
}

struct Stats {
  std::vector<Weighted> latency_s, ttft_ms, ttfo_ms, tpot_ms, itl_ms, prompt, output;
  std::int64_t successful = 0;
  std::int64_t errored = 0;
  double prompt_tokens = 0.0;
  double output_tokens = 0.0;
};

void AddSuccess(const View& view, const Seen& seen, Stats& stats) {
  const std::vector<std::int64_t> lines = view.TextTimes(seen, true);
  const bool counted = seen.request->output_tokens >= 0 &&
                       seen.request->token_source != spec::TokenSource::kEventCount;
  // Without usage it takes each line with text for one token.
  const double tokens = counted ? static_cast<double>(seen.request->output_tokens)
                                : static_cast<double>(lines.size());
  const auto prompt = static_cast<double>(InputTokensCounted(seen));
  const std::int64_t last_ns = lines.empty() ? seen.end_ns : lines.back();
  ++stats.successful;
  stats.prompt_tokens += prompt;
  stats.output_tokens += tokens;
  stats.prompt.push_back({prompt});
  stats.output.push_back({tokens});
  stats.latency_s.push_back({seen.Since(seen.end_ns)});
  const auto since_ms = [&](const std::vector<std::int64_t>& times) {
    return times.empty() ? 0.0 : 1e3 * seen.Since(times.front());  // It counts a missing one as 0.
  };
  stats.ttft_ms.push_back({since_ms(lines)});
  stats.ttfo_ms.push_back({since_ms(view.TextTimes(seen, false))});
  stats.tpot_ms.push_back({tokens > 0.0 ? 1e3 * seen.Since(last_ns) / tokens : 0.0, tokens});
  const bool gaps = tokens > 1.0 && !lines.empty();
  stats.itl_ms.push_back(
      {gaps ? 1e3 * SecondsBetween(lines.front(), last_ns) / (tokens - 1.0) : 0.0,
       tokens > 0.0 ? tokens - 1.0 : 0.0});
}

ForeignSpread SpreadOf(const Summary& summary, double to_seconds) {
  ForeignSpread spread{summary.mean, summary.p50, summary.p99};
  for (std::optional<double>* value : {&spread.mean, &spread.p50, &spread.p99}) {
    if (*value) **value *= to_seconds;
  }
  return spread;
}

void AddSummary(Sheet& sheet, std::string_view key, std::string_view title, std::string_view unit,
                const Summary& summary) {
  const auto add = [&](const char* stat, std::optional<double> value) {
    sheet.Add(std::string(key) + "." + stat, std::string(title) + ", " + stat, std::string(unit),
              value);
  };
  add("mean", summary.mean);
  add("median", summary.p50);
  add("p90", summary.p90);
  add("p95", summary.p95);
  add("p99", summary.p99);
}

// The run as it saw it: to the end of what it gave up, too.
double Duration(const View& view) {
  std::int64_t begin_ns = view.begin_ns;
  std::int64_t end_ns = view.end_ns;
  for (const Seen& seen : view.cancelled) {
    const bool first = view.requests.empty() && &seen == &view.cancelled.front();
    begin_ns = first ? seen.start_ns : std::min(begin_ns, seen.start_ns);
    end_ns = first ? seen.end_ns : std::max(end_ns, seen.end_ns);
  }
  return SecondsBetween(begin_ns, end_ns);
}

void AddRates(const Stats& stats, const View& view, Sheet& sheet, ForeignRow& row) {
  const double seconds = Duration(view);
  row.successes = stats.successful;
  row.failures = stats.errored;
  row.duration_s = seconds;
  row.request_rps = RatePerSecond(static_cast<double>(stats.successful), seconds);
  row.output_tps = RatePerSecond(stats.output_tokens, seconds);
  row.total_tps = RatePerSecond(stats.prompt_tokens + stats.output_tokens, seconds);
  sheet.Count("request_totals.successful", "Requests, successful", stats.successful);
  sheet.Count("request_totals.errored", "Requests, errored", stats.errored);
  sheet.Count("request_totals.incomplete", "Requests, incomplete", std::ssize(view.cancelled));
  sheet.Add("duration", "Measured duration", "s", seconds);
  sheet.Add("requests_per_second.mean", "Requests per second, mean", "req/s", row.request_rps);
  sheet.Add("prompt_tokens_per_second.mean", "Prompt tokens per second, mean", "tok/s",
            RatePerSecond(stats.prompt_tokens, seconds));
  sheet.Add("output_tokens_per_second.mean", "Output tokens per second, mean", "tok/s",
            row.output_tps);
  sheet.Add("tokens_per_second.mean", "Total tokens per second, mean", "tok/s", row.total_tps);
}

}  // namespace

void ComputeGuidellm(const View& view, ForeignFigures& out) {
  Stats stats;
  for (const Seen& seen : view.requests) {
    if (seen.ok) {
      AddSuccess(view, seen, stats);
    } else {
      ++stats.errored;
    }
  }
  Sheet sheet(out);
  const auto add = [&](std::string_view key, std::string_view title, std::string_view unit,
                       std::vector<Weighted>& entries) {
    const Summary summary = Summarize(std::move(entries));
    AddSummary(sheet, key, title, unit, summary);
    return summary;
  };
  out.row.e2e_s = SpreadOf(add("request_latency", "Request latency", "s", stats.latency_s), 1.0);
  out.row.ttft_s =
      SpreadOf(add("time_to_first_token_ms", "Time to first token", "ms", stats.ttft_ms), 1e-3);
  add("time_to_first_output_token_ms", "Time to first output token", "ms", stats.ttfo_ms);
  out.row.tpot_s =
      SpreadOf(add("time_per_output_token_ms", "Time per output token", "ms", stats.tpot_ms), 1e-3);
  out.row.itl_s =
      SpreadOf(add("inter_token_latency_ms", "Inter token latency", "ms", stats.itl_ms), 1e-3);
  add("prompt_token_count", "Prompt tokens", "tokens", stats.prompt);
  add("output_token_count", "Output tokens", "tokens", stats.output);
  AddRates(stats, view, sheet, out.row);
  sheet.Note(
      "its TPOT counts from the send, TTFT in it, and its ITL is one value a request; both "
      "weigh a request by its tokens, and percentiles are not interpolated");
  sheet.Note(
      "rates run from the first send to the last end; before 0.8 those of tokens ran from the "
      "first token of the run to its last");
}

}  // namespace roofscape::metrics::foreign
