// llmperf: token_benchmark_ray.py and openai_chat_completions_client.py. See
// docs/reference/other-tools.md.

#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "domain/metrics/foreign_common.h"

namespace roofscape::metrics::foreign {
namespace {

constexpr std::array<StatName, 10> kStats = {{
    {"mean", StatOf::kMean},
    {"min", StatOf::kMin},
    {"max", StatOf::kMax},
    {"stddev", StatOf::kSampleDeviation},
    {"p25", StatOf::kQuantile, 0.25},
    {"p50", StatOf::kQuantile, 0.50},
    {"p75", StatOf::kQuantile, 0.75},
    {"p90", StatOf::kQuantile, 0.90},
    {"p95", StatOf::kQuantile, 0.95},
    {"p99", StatOf::kQuantile, 0.99},
}};

struct Lists {
  std::vector<double> itl, ttft, e2e, throughput, input, output;
  std::int64_t completed = 0;
  std::int64_t comments = 0;
  double output_tokens = 0.0;
};

void AddAnswer(const View& view, const Seen& seen, Lists& lists) {
  const std::vector<std::int64_t> texts = view.TextTimes(seen, false);
  const auto tokens = static_cast<double>(ContentTokens(view, seen));
  const double e2e_s = seen.Since(seen.end_ns);
  ++lists.completed;
  lists.output_tokens += tokens;
  lists.ttft.push_back(texts.empty() ? 0.0 : seen.Since(texts.front()));
  // The sum of TTFT and all gaps, which is the time to the last text.
  lists.itl.push_back(tokens > 0.0 && !texts.empty() ? seen.Since(texts.back()) / tokens : 0.0);
  lists.e2e.push_back(e2e_s);
  lists.throughput.push_back(e2e_s > 0.0 ? tokens / e2e_s : 0.0);
  lists.input.push_back(static_cast<double>(InputTokensAsked(seen)));
  lists.output.push_back(tokens);
}

void AddCounts(const View& view, const Lists& lists, Sheet& sheet, ForeignRow& row) {
  const double seconds = view.Seconds();
  const auto started = static_cast<std::int64_t>(view.requests.size());
  const auto completed = static_cast<double>(lists.completed);
  row.successes = lists.completed;
  row.failures = started - lists.completed;
  row.duration_s = seconds;
  row.request_rps = RatePerSecond(completed, seconds);
  row.output_tps = RatePerSecond(lists.output_tokens, seconds);
  sheet.Count("num_requests_started", "Requests started", started);
  sheet.Count("number_errors", "Number Of Errored Requests", row.failures);
  sheet.Add("error_rate", "Error rate", "",
            started == 0 ? std::nullopt
                         : std::optional<double>(static_cast<double>(row.failures) /
                                                 static_cast<double>(started)));
  sheet.Add("mean_output_throughput_token_per_s", "Overall Output Throughput", "tok/s",
            row.output_tps, std::string(kCountedAsServer));
  sheet.Count("num_completed_requests", "Number Of Completed Requests", lists.completed);
  sheet.Add("num_completed_requests_per_min", "Completed Requests Per Minute", "req/min",
            RatePerSecond(60.0 * completed, seconds));
}

}  // namespace

void ComputeLlmperf(const View& view, ForeignFigures& out) {
  Lists lists;
  for (const Seen& seen : view.requests) {
    if (!seen.ok) continue;
    if (seen.Holds(spec::EventKind::kComment)) {
      ++lists.comments;
    } else {
      AddAnswer(view, seen, lists);
    }
  }
  Sheet sheet(out);
  const auto add = [&](const char* key, const char* title, const char* unit,
                       std::vector<double>& values, std::string_view note = "") {
    const Samples samples(std::move(values));
    AddDistribution(sheet, samples, kStats, key, title, unit, 1.0, note);
    return samples.Spread();
  };
  out.row.itl_s =
      add("inter_token_latency_s", "Inter token latency", "s", lists.itl, kCountedAsServer);
  out.row.ttft_s = add("ttft_s", "Time to first token", "s", lists.ttft);
  out.row.e2e_s = add("end_to_end_latency_s", "End to end latency", "s", lists.e2e);
  add("request_output_throughput_token_per_s", "Output throughput of a request", "tok/s",
      lists.throughput, kCountedAsServer);
  add("number_input_tokens", "Input tokens", "tokens", lists.input);
  add("number_output_tokens", "Output tokens", "tokens", lists.output, kCountedAsServer);
  AddCounts(view, lists, sheet, out.row);
  sheet.Note("it tokenises the text; figures of tokens hold " + std::string(kCountedAsServer));
  sheet.Note("its ITL is the time from the call to the last text by the tokens: TTFT is in it");
  sheet.Note("it connects anew for each request and waits for whole batches: " +
             std::string(kOwnWaits));
  if (lists.comments > 0) {
    sheet.Note(fmt::format("{} answers hold a keep-alive comment, on which this client fails",
                           lists.comments));
  }
}

}  // namespace roofscape::metrics::foreign
