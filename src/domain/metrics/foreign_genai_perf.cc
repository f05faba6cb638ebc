// GenAI-Perf: profile_data_parser/llm_profile_data_parser.py and metrics/statistics.py, over what
// perf_analyzer records. See docs/reference/other-tools.md.

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "domain/metrics/foreign_common.h"
#include "domain/metrics/request_metrics.h"

namespace roofscape::metrics::foreign {
namespace {

struct Lists {
  std::vector<double> latency, ttft, ttst, itl, per_request, osl, isl;
  std::int64_t requests = 0;  // answered, with text or without
  std::int64_t empty = 0;
  double output_tokens = 0.0;
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
};

// Events that one read brought are one response to it. Only text of the answer counts.
std::vector<std::int64_t> Responses(const View& view, const Seen& seen) {
  std::vector<std::int64_t> times;
  std::optional<std::uint32_t> read;
  for (const spec::Event& event : seen.events) {
    if (!view.HasText(event, spec::EventKind::kAnswer)) continue;
    const bool same = read == event.read && times.back() == event.time_ns;
    if (!same) times.push_back(event.time_ns);
    read = event.read;
  }
  return times;
}

void AddAnswer(const View& view, const Seen& seen, Lists& lists) {
  const std::vector<std::int64_t> responses = Responses(view, seen);
  ++lists.requests;
  if (responses.empty()) {
    ++lists.empty;
    return;
  }
  const bool first = lists.latency.empty();
  lists.begin_ns = first ? seen.start_ns : std::min(lists.begin_ns, seen.start_ns);
  lists.end_ns = first ? responses.back() : std::max(lists.end_ns, responses.back());
  const double latency_s = seen.Since(responses.back());
  const double ttft_s = seen.Since(responses.front());
  const auto tokens = static_cast<double>(ContentTokens(view, seen));
  lists.latency.push_back(latency_s);
  lists.ttft.push_back(ttft_s);
  lists.osl.push_back(tokens);
  lists.isl.push_back(static_cast<double>(InputTokensCounted(seen)));
  lists.output_tokens += tokens;
  if (responses.size() > 1) lists.ttst.push_back(SecondsBetween(responses[0], responses[1]));
  if (latency_s > 0.0) lists.per_request.push_back(tokens / latency_s);
  // It rounds to whole nanoseconds.
  if (tokens > 1.0) {
    lists.itl.push_back(1e-9 * std::round(1e9 * (latency_s - ttft_s) / (tokens - 1.0)));
  }
}

}  // namespace

void ComputeGenaiPerf(const View& view, ForeignFigures& out) {
  Lists lists;
  for (const Seen& seen : view.requests) {
    if (seen.ok) AddAnswer(view, seen, lists);
  }
  const double seconds = SecondsBetween(lists.begin_ns, lists.end_ns);
  ForeignRow& row = out.row;
  row.successes = lists.requests;
  row.failures = static_cast<std::int64_t>(view.requests.size()) - lists.requests;
  row.duration_s = seconds;
  row.request_rps = RatePerSecond(static_cast<double>(lists.requests), seconds);
  row.output_tps = RatePerSecond(lists.output_tokens, seconds);

  Sheet sheet(out);
  const auto add = [&](const char* key, const char* title, const char* unit, double scale,
                       std::vector<double>& values, std::string_view note = "") {
    const Samples samples(std::move(values));
    AddDistribution(sheet, samples, kNvidiaStats, key, title, unit, scale, note);
    return samples.Spread();
  };
  constexpr double kMs = 1e3;
  row.ttft_s = add("time_to_first_token", "Time To First Token", "ms", kMs, lists.ttft);
  add("time_to_second_token", "Time To Second Token", "ms", kMs, lists.ttst);
  row.e2e_s = add("request_latency", "Request Latency", "ms", kMs, lists.latency);
  row.itl_s =
      add("inter_token_latency", "Inter Token Latency", "ms", kMs, lists.itl, kCountedAsServer);
  add("output_token_throughput_per_request", "Output Token Throughput Per Request", "tokens/sec",
      1.0, lists.per_request, kCountedAsServer);
  add("output_sequence_length", "Output Sequence Length", "tokens", 1.0, lists.osl,
      kCountedAsServer);
  add("input_sequence_length", "Input Sequence Length", "tokens", 1.0, lists.isl, kCountedAsServer);
  sheet.Add("output_token_throughput", "Output Token Throughput", "tokens/sec", row.output_tps,
            std::string(kCountedAsServer));
  sheet.Add("request_throughput", "Request Throughput", "requests/sec", row.request_rps);
  sheet.Count("request_count", "Request Count", lists.requests);
  sheet.Note("it tokenises the text; figures of tokens hold " + std::string(kCountedAsServer));
  sheet.Note(
      "its ITL is one value a request, what others call TPOT; text of one read is one "
      "response to it, and its reads are not ours");
  if (lists.empty > 0) {
    sheet.Note(fmt::format("{} answers without text count in the request rate alone", lists.empty));
  }
}

}  // namespace roofscape::metrics::foreign
