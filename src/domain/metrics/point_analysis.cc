#include "domain/metrics/point_analysis.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/core/text.h"
#include "domain/metrics/failures.h"
#include "domain/metrics/point_metrics.h"
#include "domain/metrics/request_metrics.h"
#include "domain/metrics/verdict.h"
#include "domain/metrics/window.h"

namespace roofscape::metrics {
namespace {

// What is left out of a steady window is told when its tail is so many times that of the window: a
// warm-up, perhaps; a stall, perhaps. A small part only where the tail of the whole is, too.
constexpr double kLeftOutFraction = 0.10;
constexpr double kLeftOutFactor = 2.0;

std::optional<std::string> JudgeLeftOut(const spec::RequestLog& log,
                                        const spec::PointMetrics& whole,
                                        const spec::PointMetrics& steady) {
  const std::int64_t first_ns = whole.window.begin_ns;
  const double sending_s = SecondsBetween(first_ns, steady.window.end_ns);
  const double left_out_s = SecondsBetween(first_ns, steady.window.begin_ns);
  if (left_out_s <= 0.0) return std::nullopt;
  const bool large = left_out_s > kLeftOutFraction * sending_s;
  const spec::PointMetrics before =
      ComputePoint(log, {first_ns, steady.window.begin_ns}, std::nullopt);
  const struct {
    const char* name;
    std::optional<double> there, inside, whole;
  } tails[] = {{"TTFT", before.ttft_s.p99, steady.ttft_s.p99, whole.ttft_s.p99},
               {"E2E", before.e2e_s.p99, steady.e2e_s.p99, whole.e2e_s.p99}};
  for (const auto& tail : tails) {
    if (!tail.there || !tail.inside || *tail.there <= kLeftOutFactor * *tail.inside) continue;
    if (!large && tail.whole.value_or(0.0) <= kLeftOutFactor * *tail.inside) continue;
    return fmt::format(
        "{:.1f} of {:.1f} s of sending are left out of the steady window as unsettled; {} p99 "
        "there {}, inside {} (bound {:.0f} times): if that was no warm-up but a stall, read the "
        "whole window, and run this point longer",
        left_out_s, sending_s, tail.name, HumanSeconds(*tail.there), HumanSeconds(*tail.inside),
        kLeftOutFactor);
  }
  return std::nullopt;
}

}  // namespace

PointAnalysis Analyze(const spec::RequestLog& log, const PointContext& context) {
  PointAnalysis analysis;
  if (const auto whole = WholeWindow(log)) {
    analysis.whole = ComputePoint(log, *whole, context.chips, RatesOf::kMeasured);
  }
  const SteadySearch search = FindSteadyWindow(log, context.concurrency, context.requests_each);
  if (search.window) analysis.steady = ComputePoint(log, *search.window, context.chips);

  for (const auto& [outcome, failure] : FailuresByKind(log, spec::Phase::kMeasure)) {
    analysis.failures_by_kind[std::string(spec::Name(outcome))] =
        std::llround(static_cast<double>(failure.count) * context.requests_each);
  }
  const bool steady_counts = context.protocol == "steady";
  const bool judge_steady = steady_counts && analysis.steady;
  analysis.verdict.instrument =
      JudgeInstrument(log, judge_steady ? *analysis.steady : analysis.whole, context.audit,
                      analysis.verdict.instrument_reasons);
  analysis.verdict.server_reasons = ServerReasons(log, context.audit, context.prompt_cache_allowed);
  if (steady_counts && !search.window) {
    // Who ended a point needs no advice on how long it must be.
    analysis.verdict.server_reasons.push_back(
        context.complete || !search.seconds_needed
            ? search.reason
            : "no steady state: this point was ended before it had one");
  }
  if (judge_steady) {
    auto left_out = JudgeLeftOut(log, analysis.whole, *analysis.steady);
    if (left_out) analysis.verdict.server_reasons.push_back(*std::move(left_out));
  }
  if (context.requests_each != 1.0) {
    ScaleCounts(context.requests_each, analysis.whole);
    if (analysis.steady) ScaleCounts(context.requests_each, *analysis.steady);
  }
  return analysis;
}

void AnalyzeInto(const spec::RequestLog& log, std::optional<std::int64_t> chips,
                 bool prompt_cache_allowed, spec::PointResult& point, double requests_each) {
  PointAnalysis analysis = Analyze(log, {.concurrency = point.concurrency,
                                         .protocol = point.protocol,
                                         .chips = chips,
                                         .prompt_cache_allowed = prompt_cache_allowed,
                                         .complete = point.complete,
                                         .requests_each = requests_each,
                                         .audit = point.audit});
  point.steady = std::move(analysis.steady);
  point.whole = std::move(analysis.whole);
  point.failures_by_kind = std::move(analysis.failures_by_kind);
  point.verdict = std::move(analysis.verdict);
}

}  // namespace roofscape::metrics
