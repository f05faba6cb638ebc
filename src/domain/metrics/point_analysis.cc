#include "domain/metrics/point_analysis.h"

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

}  // namespace roofscape::metrics
