// `vllm bench serve`: vllm/benchmarks/serve.py (calculate_metrics) and
// lib/endpoint_request_func.py. See docs/reference/other-tools.md.

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "domain/metrics/foreign_common.h"

namespace roofscape::metrics::foreign {
namespace {

constexpr std::array<double, 3> kPercents = {90, 99, 99.9};

struct Peaks {
  double tokens_per_s = 0.0;  // it counts chunks
  std::int64_t in_flight = 0;
};

// Chunks in whole seconds from the first success's start on.
double PeakChunks(const std::vector<ForeignRequest>& requests, double begin_s) {
  std::vector<double> buckets;
  const auto add = [&](double time_s) {
    const auto second = static_cast<std::size_t>(std::max(0.0, time_s - begin_s));
    if (second >= buckets.size()) buckets.resize(second + 1, 0.0);
    buckets[second] += 1.0;
  };
  for (const ForeignRequest& request : requests) {
    if (!request.success) continue;
    double time_s = request.start_s + request.ttft_s;
    add(time_s);
    for (const double gap_s : request.itl_s) add(time_s += gap_s);
  }
  return buckets.empty() ? 0.0 : *std::max_element(buckets.begin(), buckets.end());
}

// Successes in flight at once over half-open intervals: a leaving one makes room first.
std::int64_t PeakInFlight(const std::vector<ForeignRequest>& requests) {
  std::vector<std::pair<double, int>> steps;
  for (const ForeignRequest& request : requests) {
    if (!request.success) continue;
    steps.emplace_back(request.start_s, 1);
    steps.emplace_back(request.start_s + request.latency_s, -1);
  }
  std::sort(steps.begin(), steps.end());
  std::int64_t now = 0;
  std::int64_t peak = 0;
  for (const auto& [time_s, step] : steps) peak = std::max(peak, now += step);
  return peak;
}

Peaks PeaksOf(const std::vector<ForeignRequest>& requests) {
  double begin_s = 0.0;
  bool any = false;
  for (const ForeignRequest& request : requests) {
    if (!request.success) continue;
    begin_s = any ? std::min(begin_s, request.start_s) : request.start_s;
    any = true;
  }
  return {PeakChunks(requests, begin_s), PeakInFlight(requests)};
}

// Of a chat it knows one spelling, and a log does not hold which one the server had.
void NoteReasoning(Sheet& sheet, const View& view, const ForeignContext& context) {
  if (context.api != spec::Api::kChat) return;
  std::int64_t answers = 0, holders = 0;
  for (const Seen& seen : view.requests) {
    if (!seen.ok) continue;
    ++answers;
    if (seen.Holds(spec::EventKind::kReasoning)) ++holders;
  }
  if (holders == 0) return;
  sheet.Note(
      fmt::format("reasoning, in {}, counts here; this client knows it by the name `reasoning` and "
                  "passes over `reasoning_content`",
                  OfAnswers(holders, answers)));
}

}  // namespace

void ComputeVllm(const spec::RequestLog& log, const View& view, const ForeignContext& context,
                 ForeignFigures& out) {
  // Since 0.33 a chat's opening role chunk and an empty finish chunk count no more. Of Responses
  // it counts the deltas alone.
  const ChunkRule rule{!IsCompletions(context.api), false};
  for (const Seen& seen : view.requests) {
    ForeignRequest request = ChunkRequest(log, seen, rule);
    request.input_tokens =
        seen.Holds(spec::EventKind::kUsage) ? InputTokensCounted(seen) : InputTokensAsked(seen);
    out.requests.push_back(std::move(request));
  }
  const Pooled pooled = Pool(out.requests);
  FillFamilyRow(pooled, view.Seconds(), out.row);
  const Peaks peaks = PeaksOf(out.requests);
  Sheet sheet(out);
  sheet.Count("completed", "Successful requests", pooled.completed);
  sheet.Count("failed", "Failed requests", pooled.failed);
  sheet.Add("duration", "Benchmark duration", "s", view.Seconds());
  sheet.Count("total_input_tokens", "Total input tokens", pooled.input_tokens);
  sheet.Count("total_output_tokens", "Total generated tokens", pooled.output_tokens);
  sheet.Add("request_throughput", "Request throughput", "req/s", out.row.request_rps);
  sheet.Add("output_throughput", "Output token throughput", "tok/s", out.row.output_tps);
  sheet.Add("max_output_tokens_per_s", "Peak output token throughput", "tok/s", peaks.tokens_per_s);
  sheet.Count("max_concurrent_requests", "Peak concurrent requests", peaks.in_flight);
  sheet.Add("total_token_throughput", "Total token throughput", "tok/s", out.row.total_tps);
  AddFamilyBlock(sheet, "ttft", "TTFT", pooled.ttft, kPercents);
  AddFamilyBlock(sheet, "tpot", "TPOT", pooled.tpot, kPercents);
  AddFamilyBlock(sheet, "itl", "ITL", pooled.itl, kPercents);
  AddFamilyBlock(sheet, "e2el", "E2EL", pooled.e2e, kPercents);
  sheet.Add("mean_client_queue_time_ms", "Mean Client Queue Time", "ms", std::nullopt,
            std::string(kOwnWaits));
  NoteChunks(sheet, view, rule);
  NoteUncounted(sheet, out.requests);
  NoteTruncated(sheet, view);
  NoteReasoning(sheet, view, context);
  if (context.concurrency == 0 && context.rate_rps) {
    sheet.Note("its run begins one gap of the schedule before the first request");
  }
}

}  // namespace roofscape::metrics::foreign
