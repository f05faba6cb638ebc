// SGLang's bench_serving: python/sglang/benchmark/serving.py. See docs/reference/other-tools.md.
//
// It has three clients: of chat, of completions, and, its default, of SGLang's own /generate.

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "domain/metrics/foreign_common.h"
#include "domain/metrics/request_metrics.h"

namespace roofscape::metrics::foreign {
namespace {

using spec::EventKind;

constexpr std::array<double, 3> kPercents = {90, 95, 99};

// The count of a usage that this client reads: for completions only one beside text, for it does
// not ask for a chunk of its own. Without one it takes the length it asked for.
std::int64_t Output(const Seen& seen, spec::Api api, ForeignRequest& request) {
  const spec::TokenSource source = seen.request->token_source;
  const bool read = source == spec::TokenSource::kChunkUsage ||
                    (!IsCompletions(api) && seen.request->output_tokens >= 0 &&
                     (api == spec::Api::kSglang || seen.Holds(EventKind::kUsage)));
  request.counted_by_server = read;
  if (read || seen.request->output_tokens_asked < 0) return OutputTokens(seen);
  return seen.request->output_tokens_asked;
}

// A gap between texts is one value.
void AddTexts(const View& view, const Seen& seen, bool reasoning, ForeignRequest& out) {
  std::int64_t last_ns = spec::kNoStamp;
  for (const std::int64_t time_ns : view.TextTimes(seen, reasoning)) {
    if (last_ns == spec::kNoStamp) {
      out.ttft_s = seen.Since(time_ns);
    } else {
      out.itl_s.push_back(SecondsBetween(last_ns, time_ns));
    }
    last_ns = time_ns;
  }
}

// Of /generate a gap is as many values as its event has new tokens, each its share of it. The text
// is everything so far, so that from the first one on an event that adds none still has one.
void AddGenerated(const View& view, const Seen& seen, ForeignRequest& out) {
  std::int64_t last_ns = spec::kNoStamp;
  for (const spec::Event& event : seen.events) {
    if (event.kind != EventKind::kAnswer) continue;
    if (last_ns == spec::kNoStamp) {
      if (!view.HasText(event, EventKind::kAnswer)) continue;
      out.ttft_s = seen.Since(event.time_ns);
    } else {
      if (event.tokens == 0) continue;
      const double share_s =
          SecondsBetween(last_ns, event.time_ns) / static_cast<double>(event.tokens);
      out.itl_s.insert(out.itl_s.end(), event.tokens, share_s);
    }
    last_ns = event.time_ns;
  }
}

ForeignRequest LineRequest(const spec::RequestLog& log, const View& view, const Seen& seen,
                           spec::Api api) {
  ForeignRequest out;
  out.start_s = SecondsBetween(0, seen.start_ns);
  out.text = log.StringAt(seen.request->text);
  const bool native = api == spec::Api::kSglang;
  const bool chat = !native && !IsCompletions(api);
  if (native) {
    AddGenerated(view, seen, out);
  } else {
    AddTexts(view, seen, /*reasoning=*/chat, out);
  }
  // Every line moves the end, [DONE] too.
  out.latency_s = seen.events.empty() ? 0.0 : seen.Since(seen.events.back().time_ns);
  const bool passed_over = (chat || native) && seen.request->outcome == spec::Outcome::kServerError;
  out.success = (seen.ok || passed_over) && !seen.Holds(EventKind::kComment);
  if (!out.success) {
    out.error = seen.ok ? "a comment line is no JSON" : log.StringAt(seen.request->message);
    if (out.error.empty()) out.error = "failed";
  }
  out.output_tokens = Output(seen, api, out);
  out.input_tokens = InputTokensAsked(seen);
  return out;
}

void AddNotes(Sheet& sheet, const View& view, spec::Api api, const ForeignFigures& out) {
  std::int64_t asked = 0, comments = 0, shorter = 0;
  for (std::size_t i = 0; i < out.requests.size(); ++i) {
    const Seen& seen = view.requests[i];
    const ForeignRequest& request = out.requests[i];
    if (request.success && !request.counted_by_server) ++asked;
    if (request.success && request.counted_by_server &&
        request.output_tokens != seen.request->output_tokens_asked) {
      ++shorter;
    }
    if (seen.ok && seen.Holds(EventKind::kComment)) ++comments;
  }
  if (asked > 0) {
    sheet.Note(
        fmt::format("output tokens are the length asked for in {}: this client asks for no "
                    "usage",
                    OfAnswers(asked, out.row.successes)));
  }
  if (shorter > 0 && api != spec::Api::kSglang) {
    sheet.Note(fmt::format(
        "output tokens are the server's count, and not the length asked for, in {}: this client "
        "reads a usage chunk but asks for none, and takes the length where a server sends none",
        OfAnswers(shorter, out.row.successes)));
  }
  if (comments > 0) {
    sheet.Note(
        fmt::format("{} answers hold a keep-alive comment, on which this client fails", comments));
  }
  sheet.Note(
      "E2E and with it TPOT end at the last line, [DONE]; it connects anew for each request, "
      "which is in its times and not in a log of kept connections");
  NoteTruncated(sheet, view);
}

}  // namespace

void ComputeSglang(const spec::RequestLog& log, const View& view, const ForeignContext& context,
                   ForeignFigures& out) {
  for (const Seen& seen : view.requests) {
    out.requests.push_back(LineRequest(log, view, seen, context.api));
  }
  const Pooled pooled = Pool(out.requests);
  const double seconds = view.Seconds();
  FillFamilyRow(pooled, seconds, out.row);
  Sheet sheet(out);
  sheet.Count("completed", "Successful requests", pooled.completed);
  sheet.Add("duration", "Benchmark duration", "s", seconds);
  sheet.Count("total_input_tokens", "Total input tokens", pooled.input_tokens);
  sheet.Count("total_output_tokens", "Total generated tokens", pooled.output_tokens);
  sheet.Add("total_output_tokens_retokenized", "Total generated tokens (retokenized)", "",
            std::nullopt, std::string(kNeedsText));
  sheet.Add("request_throughput", "Request throughput", "req/s", out.row.request_rps);
  sheet.Add("input_throughput", "Input token throughput", "tok/s",
            RatePerSecond(static_cast<double>(pooled.input_tokens), seconds));
  sheet.Add("output_throughput", "Output token throughput", "tok/s", out.row.output_tps);
  sheet.Add("total_throughput", "Total token throughput", "tok/s", out.row.total_tps);
  sheet.Add("concurrency", "Concurrency", "", RatePerSecond(pooled.e2e.Sum(), seconds));
  AddFamilyBlock(sheet, "e2e_latency", "E2E Latency", pooled.e2e, kPercents);
  AddFamilyBlock(sheet, "ttft", "TTFT", pooled.ttft, kPercents);
  AddFamilyBlock(sheet, "tpot", "TPOT", pooled.tpot, kPercents);
  AddFamilyBlock(sheet, "itl", "ITL", pooled.itl, kPercents);
  AddNotes(sheet, view, context.api, out);
}

}  // namespace roofscape::metrics::foreign
