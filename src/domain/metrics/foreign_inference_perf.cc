// inference-perf: reportgen/base.py and apis/streaming_parser.py, with its option
// use_server_output_tokens. See docs/reference/other-tools.md.

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "domain/metrics/foreign_common.h"
#include "domain/metrics/request_metrics.h"

namespace roofscape::metrics::foreign {
namespace {

using spec::EventKind;

constexpr std::array<StatName, 7> kStats = {{
    {"mean", StatOf::kMean},
    {"min", StatOf::kMin},
    {"max", StatOf::kMax},
    {"median", StatOf::kQuantile, 0.50},
    {"p90", StatOf::kQuantile, 0.90},
    {"p95", StatOf::kQuantile, 0.95},
    {"p99", StatOf::kQuantile, 0.99},
}};

struct Lists {
  std::vector<double> latency, ntpot, tpot, ttft, itl, schedule_delay, failed_latency;
  std::int64_t successes = 0;
  std::int64_t single = 0;     // successes of one token or none with text: in no token figure
  std::int64_t reasoning = 0;  // successes with reasoning
  double input_tokens = 0.0;
  double output_tokens = 0.0;
  double event_tokens = 0.0;  // of `output_tokens`, what the events say that they carry
};

// The share of tokens that events may leave out, as an end token without text, before gaps between
// tokens are those of something else: the bound of the verdict on token counts.
constexpr double kUntoldTokens = 0.01;

// The time of each token: all tokens of a chunk have the chunk's.
std::vector<std::int64_t> TokenTimes(const View& view, const Seen& seen) {
  std::vector<std::int64_t> times;
  for (const spec::Event& event : seen.events) {
    if (!view.HasText(event, EventKind::kAnswer)) continue;
    times.insert(times.end(), static_cast<std::size_t>(TokensIn(event)), event.time_ns);
  }
  return times;
}

void AddSuccess(const View& view, const Seen& seen, Lists& lists) {
  const auto tokens = static_cast<double>(OutputTokens(seen));
  const double latency_s = seen.Since(seen.end_ns);
  ++lists.successes;
  if (seen.Holds(EventKind::kReasoning)) ++lists.reasoning;
  lists.input_tokens += static_cast<double>(InputTokensCounted(seen));
  lists.output_tokens += tokens;
  for (const spec::Event& event : seen.events) {
    if (spec::CarriesTokens(event.kind)) {
      lists.event_tokens += static_cast<double>(TokensIn(event));
    }
  }
  lists.latency.push_back(latency_s);
  lists.ntpot.push_back(tokens > 0.0 ? latency_s / tokens : 0.0);
  const std::vector<std::int64_t> times = TokenTimes(view, seen);
  if (times.size() < 2) {
    ++lists.single;
    return;
  }
  lists.ttft.push_back(seen.Since(times.front()));
  if (tokens > 1.0) {
    lists.tpot.push_back(SecondsBetween(times.front(), times.back()) / (tokens - 1.0));
  }
  for (std::size_t i = 1; i < times.size(); ++i) {
    lists.itl.push_back(SecondsBetween(times[i - 1], times[i]));
  }
}

void AddRates(const View& view, const Lists& lists, Sheet& sheet, ForeignRow& row) {
  const double seconds = view.Seconds();
  row.duration_s = seconds;
  row.successes = lists.successes;
  row.failures = static_cast<std::int64_t>(view.requests.size()) - lists.successes;
  row.request_rps = RatePerSecond(static_cast<double>(lists.successes), seconds);
  row.output_tps = RatePerSecond(lists.output_tokens, seconds);
  row.total_tps = RatePerSecond(lists.input_tokens + lists.output_tokens, seconds);
  sheet.Add("successes.throughput.input_tokens_per_sec", "Input throughput", "tok/s",
            RatePerSecond(lists.input_tokens, seconds));
  sheet.Add("successes.throughput.output_tokens_per_sec", "Output throughput", "tok/s",
            row.output_tps);
  sheet.Add("successes.throughput.total_tokens_per_sec", "Total throughput", "tok/s",
            row.total_tps);
  sheet.Add("successes.throughput.requests_per_sec", "Request throughput", "req/s",
            row.request_rps);
  sheet.Count("successes.count", "Successes", row.successes);
  sheet.Count("failures.count", "Failures", row.failures);
  sheet.Add("benchmark_time_seconds", "Benchmark time", "s", seconds);
}

void AddItl(Lists& lists, Sheet& sheet, ForeignRow& row) {
  constexpr const char* kKey = "successes.latency.inter_token_latency";
  constexpr const char* kTitle = "Inter token latency";
  if (lists.event_tokens >= (1.0 - kUntoldTokens) * lists.output_tokens) {
    const Samples samples(std::move(lists.itl));
    AddDistribution(sheet, samples, kStats, kKey, kTitle, "s", 1.0, kCountedAsServer);
    row.itl_s = samples.Spread();
    return;
  }
  for (const StatName& stat : kStats) {
    sheet.Add(fmt::format("{}.{}", kKey, stat.key), fmt::format("{}, {}", kTitle, stat.key), "s",
              std::nullopt,
              fmt::format("it tokenises each chunk, and here events tell {:.0f} of {:.0f} tokens "
                          "(bench --token-counts chunk)",
                          lists.event_tokens, lists.output_tokens));
  }
}

void AddNotes(const Lists& lists, Sheet& sheet) {
  sheet.Note(
      "output tokens as with use_server_output_tokens; by default it tokenises the text. ITL "
      "takes the tokens of a chunk from the log, where it tokenises the chunk");
  sheet.Note("it ends a request after it has tokenised the answer: " + std::string(kOwnWaits) +
             ", so that its E2E is longer by them");
  if (lists.single > 0) {
    sheet.Note(fmt::format("{} answers of at most one token with text are in no TTFT, TPOT or ITL",
                           lists.single));
  }
  if (lists.reasoning > 0) {
    sheet.Note(
        fmt::format("TTFT, TPOT and ITL leave reasoning out, which {} hold; revisions differ "
                    "in this",
                    OfAnswers(lists.reasoning, lists.successes)));
  }
}

}  // namespace

void ComputeInferencePerf(const View& view, ForeignFigures& out) {
  Lists lists;
  for (const Seen& seen : view.requests) {
    if (seen.request->intended_ns != spec::kNoStamp) {
      lists.schedule_delay.push_back(SecondsBetween(seen.request->intended_ns, seen.start_ns));
    }
    if (seen.ok) {
      AddSuccess(view, seen, lists);
    } else {
      lists.failed_latency.push_back(seen.Since(seen.end_ns));
    }
  }
  Sheet sheet(out);
  const auto add = [&](const char* key, const char* title, std::vector<double>& values,
                       std::string_view note = "") {
    const Samples samples(std::move(values));
    AddDistribution(sheet, samples, kStats, key, title, "s", 1.0, note);
    return samples.Spread();
  };
  out.row.e2e_s = add("successes.latency.request_latency", "Request latency", lists.latency,
                      "without the tool's tokenising, which it adds");
  add("successes.latency.normalized_time_per_output_token", "Normalized TPOT", lists.ntpot,
      "without the tool's tokenising, which it adds");
  out.row.tpot_s =
      add("successes.latency.time_per_output_token", "Time per output token", lists.tpot);
  out.row.ttft_s = add("successes.latency.time_to_first_token", "Time to first token", lists.ttft);
  AddItl(lists, sheet, out.row);
  add("load_summary.schedule_delay", "Schedule delay", lists.schedule_delay);
  add("failures.request_latency", "Request latency of failures", lists.failed_latency);
  AddRates(view, lists, sheet, out.row);
  AddNotes(lists, sheet);
}

}  // namespace roofscape::metrics::foreign
