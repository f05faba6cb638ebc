#include "results/store/recompute.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "domain/metrics/point_analysis.h"
#include "domain/metrics/repeats.h"

namespace roofscape::store {
namespace {

void Fill(const spec::RequestLog& log, const spec::Plan& plan, spec::PointResult& point) {
  const metrics::PointContext context = {.concurrency = point.concurrency,
                                         .protocol = point.protocol,
                                         .chips = spec::ChipCount(plan.deployment),
                                         .prompt_cache_allowed = plan.workload.prompt_cache,
                                         .audit = point.audit};
  metrics::PointAnalysis analysis = metrics::Analyze(log, context);
  point.steady = std::move(analysis.steady);
  point.whole = std::move(analysis.whole);
  point.failures_by_kind = std::move(analysis.failures_by_kind);
  point.verdict = std::move(analysis.verdict);
}

}  // namespace

Result<> RecomputeUnfinished(Store& store, spec::RunResult& run) {
  for (spec::PointResult& point : run.points) {
    if (point.complete || !(point.whole == spec::PointMetrics{})) continue;
    RS_ASSIGN_OR_RETURN(const spec::RequestLog log, store.LoadLog({run.id, point.index}));
    std::string reason = "interrupted before any request was stored";
    if (!log.requests.empty()) {
      Fill(log, run.plan, point);
      reason = fmt::format("interrupted: computed from the {} requests that were stored",
                           log.requests.size());
    }
    point.verdict.server_reasons.insert(point.verdict.server_reasons.begin(), std::move(reason));
  }
  run.repeats = metrics::BetweenRuns(run);
  return {};
}

}  // namespace roofscape::store
