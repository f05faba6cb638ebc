// MLPerf LoadGen with token latencies: loadgen/results.cc and logging.cc. See
// docs/reference/other-tools.md.
//
// It has no HTTP client: a system under test tells it of the first token, of the end and of the
// number of tokens. Here that system reports the log's first token event, the end of the answer and
// the server's count. Latency counts from the scheduled time. The value at share p of n sorted ones
// is number floor(p n), counted from 0.

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "domain/metrics/foreign_common.h"
#include "domain/metrics/request_metrics.h"

namespace roofscape::metrics::foreign {
namespace {

constexpr std::array<double, 6> kPercents = {50, 90, 95, 97, 99, 99.9};

struct Lists {
  std::vector<std::int64_t> latency, first_token, tpot;  // [ns]
  std::int64_t tokens = 0;
  std::int64_t single = 0;
  std::int64_t first_due_ns = 0;
  const Seen* last = nullptr;  // the query that was due last
};

std::int64_t DueOf(const Seen& seen) { return ArrivalOf(*seen.request); }

void AddSample(const Seen& seen, Lists& lists) {
  const std::int64_t due_ns = DueOf(seen);
  const std::int64_t latency_ns = seen.end_ns - due_ns;
  lists.latency.push_back(latency_ns);
  const auto first = std::find_if(seen.events.begin(), seen.events.end(), IsTokenEvent);
  if (first == seen.events.end()) return;
  const std::int64_t first_ns = first->time_ns - due_ns;
  const std::int64_t tokens = OutputTokens(seen);
  lists.first_token.push_back(first_ns);
  lists.tokens += tokens;
  if (tokens < 2) {
    ++lists.single;
    return;
  }
  lists.tpot.push_back((latency_ns - first_ns) / (tokens - 1));
}

std::optional<double> At(const std::vector<std::int64_t>& sorted, double p) {
  if (sorted.empty()) return std::nullopt;
  const auto index = static_cast<std::size_t>(static_cast<double>(sorted.size()) * p);
  return static_cast<double>(sorted[std::min(index, sorted.size() - 1)]);
}

ForeignSpread AddLatencies(Sheet& sheet, std::vector<std::int64_t>& latencies,
                           const std::string& stem, const std::string& title) {
  std::sort(latencies.begin(), latencies.end());
  std::optional<double> mean;
  if (!latencies.empty()) {
    std::int64_t sum = 0;
    for (const std::int64_t latency : latencies) sum += latency;
    // LoadGen divides whole nanoseconds.
    const std::int64_t whole_mean = sum / static_cast<std::int64_t>(latencies.size());
    mean = static_cast<double>(whole_mean);
  }
  const auto edge = [&](bool last) -> std::optional<double> {
    if (latencies.empty()) return std::nullopt;
    return static_cast<double>(last ? latencies.back() : latencies.front());
  };
  const std::string key = "result_" + stem;
  sheet.Add(key + "min_latency_ns", "Min " + title, "ns", edge(false));
  sheet.Add(key + "max_latency_ns", "Max " + title, "ns", edge(true));
  sheet.Add(key + "mean_latency_ns", "Mean " + title, "ns", mean);
  for (const double percent : kPercents) {
    sheet.Add(fmt::format("{}{:.2f}_percentile_latency_ns", key, percent),
              fmt::format("{:.2f} percentile {}", percent, title), "ns",
              At(latencies, percent / 100.0));
  }
  ForeignSpread spread{mean, At(latencies, 0.5), At(latencies, 0.99)};
  for (std::optional<double>* value : {&spread.mean, &spread.p50, &spread.p99}) {
    if (*value) **value *= 1e-9;
  }
  return spread;
}

// Offline: all at once, over the longest latency. One user: SingleStream, over the time to the last
// issue. Else Server: over the end of the query that was due last.
void AddRates(const Lists& lists, const ForeignContext& context, Sheet& sheet, ForeignRow& row) {
  const auto samples = static_cast<double>(lists.latency.size());
  const auto tokens = static_cast<double>(lists.tokens);
  const bool offline = context.concurrency == 0 && !context.rate_rps;
  const bool single = context.concurrency == 1;
  if (lists.latency.empty() || lists.last == nullptr) return;
  if (offline) {
    const double seconds = 1e-9 * static_cast<double>(lists.latency.back());
    row.duration_s = seconds;
    row.request_rps = RatePerSecond(samples, seconds);
    row.output_tps = RatePerSecond(tokens, seconds);
    sheet.Add("result_samples_per_second", "Samples per second", "samples/s", row.request_rps);
    sheet.Add("result_tokens_per_second", "Tokens per second", "tok/s", row.output_tps);
    return;
  }
  const std::int64_t until_ns = single ? lists.last->start_ns : lists.last->end_ns;
  const double seconds = SecondsBetween(lists.first_due_ns, until_ns);
  row.duration_s = seconds;
  row.request_rps = RatePerSecond(samples - 1.0, seconds);
  row.output_tps = RatePerSecond(tokens, seconds);
  if (single) {
    sheet.Add("result_qps_with_loadgen_overhead", "QPS w/ loadgen overhead", "samples/s",
              row.request_rps);
    sheet.Add("result_token_throughput_with_loadgen_overhead", "TPS w/ loadgen overhead", "tok/s",
              row.output_tps);
    return;
  }
  sheet.Add("result_scheduled_samples_per_sec", "Scheduled samples per second", "samples/s",
            RatePerSecond(samples - 1.0, SecondsBetween(lists.first_due_ns, DueOf(*lists.last))));
  sheet.Add("result_completed_samples_per_sec", "Completed samples per second", "samples/s",
            row.request_rps);
  sheet.Add("result_completed_tokens_per_second", "Completed tokens per second", "tok/s",
            row.output_tps);
}

void AddNotes(const Lists& lists, const ForeignContext& context, std::int64_t failures,
              Sheet& sheet) {
  sheet.Note(
      "it has no client: first token, end and number of tokens are what a system under test "
      "would tell it; here the first token event, [DONE] and the server's count");
  if (context.concurrency > 1) {
    sheet.Note(
        "it has no closed loop of several users; the rates are those of its Server scenario");
  }
  if (failures > 0) {
    sheet.Note(
        fmt::format("{} failures: a run with a query that never completes is no result", failures));
  }
  if (lists.single > 0) {
    sheet.Note(fmt::format("{} answers of one token: an error to it, left out of TPOT here",
                           lists.single));
  }
}

}  // namespace

void ComputeMlperf(const View& view, const ForeignContext& context, ForeignFigures& out) {
  Lists lists;
  std::int64_t failures = 0;
  if (!view.requests.empty()) lists.first_due_ns = DueOf(view.requests.front());
  for (const Seen& seen : view.requests) {
    lists.first_due_ns = std::min(lists.first_due_ns, DueOf(seen));
    if (!seen.ok) {
      ++failures;
      continue;
    }
    if (lists.last == nullptr || DueOf(seen) >= DueOf(*lists.last)) lists.last = &seen;
    AddSample(seen, lists);
  }
  Sheet sheet(out);
  out.row.successes = static_cast<std::int64_t>(lists.latency.size());
  out.row.failures = failures;
  sheet.Count("result_query_count", "Queries", static_cast<std::int64_t>(view.requests.size()));
  out.row.e2e_s = AddLatencies(sheet, lists.latency, "", "latency");
  out.row.ttft_s = AddLatencies(sheet, lists.first_token, "first_token_", "first token latency");
  out.row.tpot_s =
      AddLatencies(sheet, lists.tpot, "time_per_output_token_", "time to output token");
  AddRates(lists, context, sheet, out.row);
  AddNotes(lists, context, failures, sheet);
}

}  // namespace roofscape::metrics::foreign
