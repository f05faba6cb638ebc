#include "domain/metrics/point_analysis.h"

#include <utility>

#include "domain/metrics/failures.h"
#include "domain/metrics/point_metrics.h"
#include "domain/metrics/verdict.h"
#include "domain/metrics/window.h"

namespace roofscape::metrics {

PointAnalysis Analyze(const spec::RequestLog& log, const PointContext& context) {
  PointAnalysis analysis;
  if (const auto whole = WholeWindow(log)) {
    analysis.whole = ComputePoint(log, *whole, context.chips);
  }
  const SteadySearch search = FindSteadyWindow(log, context.concurrency);
  if (search.window) analysis.steady = ComputePoint(log, *search.window, context.chips);

  for (const auto& [outcome, failure] : FailuresByKind(log, spec::Phase::kMeasure)) {
    analysis.failures_by_kind[std::string(spec::Name(outcome))] = failure.count;
  }
  const bool steady_counts = context.protocol == "steady";
  const bool judge_steady = steady_counts && analysis.steady;
  analysis.verdict.instrument =
      JudgeInstrument(log, judge_steady ? *analysis.steady : analysis.whole, context.audit,
                      analysis.verdict.instrument_reasons);
  analysis.verdict.server_reasons = ServerReasons(log, context.audit, context.prompt_cache_allowed);
  if (steady_counts && !search.window) {
    analysis.verdict.server_reasons.push_back(search.reason);
  }
  return analysis;
}

void AnalyzeInto(const spec::RequestLog& log, std::optional<std::int64_t> chips,
                 bool prompt_cache_allowed, spec::PointResult& point) {
  PointAnalysis analysis = Analyze(log, {.concurrency = point.concurrency,
                                         .protocol = point.protocol,
                                         .chips = chips,
                                         .prompt_cache_allowed = prompt_cache_allowed,
                                         .audit = point.audit});
  point.steady = std::move(analysis.steady);
  point.whole = std::move(analysis.whole);
  point.failures_by_kind = std::move(analysis.failures_by_kind);
  point.verdict = std::move(analysis.verdict);
}

}  // namespace roofscape::metrics
