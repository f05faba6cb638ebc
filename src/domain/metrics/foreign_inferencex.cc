// InferenceX: utils/bench_serving (an early vLLM client) and utils/process_result.py. See
// docs/reference/other-tools.md.

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "domain/metrics/foreign_common.h"

namespace roofscape::metrics::foreign {
namespace {

constexpr std::array<double, 3> kPercents = {90, 99, 99.9};

// Interactivity is the inverse of TPOT's statistic, so p99 is the slow tail.
void AddInteractivity(Sheet& sheet, const Samples& tpot) {
  const auto add = [&](std::string_view stat, std::string_view title,
                       std::optional<double> seconds) {
    std::optional<double> inverse;
    if (seconds && *seconds > 0.0) inverse = 1.0 / *seconds;
    sheet.Add(fmt::format("{}_intvty", stat), fmt::format("{} interactivity", title), "tok/s/user",
              inverse);
  };
  add("mean", "Mean", tpot.Mean());
  add("median", "Median", tpot.Quantile(0.5));
  for (const double percent : kPercents) {
    add(fmt::format("p{:g}", percent), fmt::format("P{:g}", percent),
        tpot.Quantile(percent / 100.0));
  }
}

// A split deployment divides input by its prefill chips and output by its decode chips.
void AddPerChip(Sheet& sheet, const ForeignRow& row, const ForeignContext& context) {
  const bool split = context.prefill_chips && context.decode_chips;
  const auto add = [&](const char* key, const char* title, std::optional<double> rate,
                       std::optional<std::int64_t> chips) {
    const bool known = rate && chips && *chips > 0;
    sheet.Add(key, title, "tok/s/GPU",
              known ? std::optional<double>(*rate / static_cast<double>(*chips)) : std::nullopt,
              known ? "" : "the number of chips is unknown");
  };
  std::optional<double> input_tps;
  if (row.total_tps && row.output_tps) input_tps = *row.total_tps - *row.output_tps;
  add("tput_per_gpu", "Token throughput per GPU", row.total_tps, context.chips);
  add("output_tput_per_gpu", "Output token throughput per GPU", row.output_tps,
      split ? context.decode_chips : context.chips);
  add("input_tput_per_gpu", "Input token throughput per GPU", input_tps,
      split ? context.prefill_chips : context.chips);
}

// This client reads line by line and takes every one for JSON.
void FailOnComments(const View& view, ForeignFigures& out, Sheet& sheet) {
  std::int64_t comments = 0;
  for (std::size_t i = 0; i < out.requests.size(); ++i) {
    if (!out.requests[i].success || !view.requests[i].Holds(spec::EventKind::kComment)) continue;
    out.requests[i].success = false;
    out.requests[i].error = "a comment line is no JSON";
    ++comments;
  }
  if (comments == 0) return;
  sheet.Note(
      fmt::format("{} answers hold a keep-alive comment, on which this client fails", comments));
}

}  // namespace

void ComputeInferencex(const spec::RequestLog& log, const View& view, const ForeignContext& context,
                       ForeignFigures& out) {
  Sheet sheet(out);
  const bool chat = !IsCompletions(context.api);
  const ChunkRule rule{false, chat};
  for (const Seen& seen : view.requests) {
    ForeignRequest request = ChunkRequest(log, seen, rule);
    request.input_tokens = InputTokensAsked(seen);
    out.requests.push_back(std::move(request));
  }
  FailOnComments(view, out, sheet);
  const Pooled pooled = Pool(out.requests);
  FillFamilyRow(pooled, view.Seconds(), out.row);
  sheet.Count("completed", "Successful requests", pooled.completed);
  sheet.Add("duration", "Benchmark duration", "s", view.Seconds());
  sheet.Count("total_input_tokens", "Total input tokens", pooled.input_tokens);
  sheet.Count("total_output_tokens", "Total generated tokens", pooled.output_tokens);
  sheet.Add("request_throughput", "Request throughput", "req/s", out.row.request_rps);
  sheet.Add("output_throughput", "Output token throughput", "tok/s", out.row.output_tps);
  sheet.Add("total_token_throughput", "Total Token throughput", "tok/s", out.row.total_tps);
  AddFamilyBlock(sheet, "ttft", "TTFT", pooled.ttft, kPercents);
  AddFamilyBlock(sheet, "tpot", "TPOT", pooled.tpot, kPercents);
  AddFamilyBlock(sheet, "itl", "ITL", pooled.itl, kPercents);
  AddFamilyBlock(sheet, "e2el", "E2EL", pooled.e2e, kPercents);
  AddInteractivity(sheet, pooled.tpot);
  AddPerChip(sheet, out.row, context);
  NoteChunks(sheet, view, rule);
  NoteUncounted(sheet, out.requests);
  if (chat) sheet.Note("E2EL, and with it TPOT, end at the usage chunk");
  sheet.Note(
      "input tokens are the lengths asked for; it connects anew for each request, which is "
      "in its times and not in a log of kept connections");
  NoteTruncated(sheet, view);
}

}  // namespace roofscape::metrics::foreign
