#include "results/store/recompute.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "domain/metrics/point_analysis.h"
#include "domain/metrics/repeats.h"

namespace roofscape::store {

Result<> RecomputeUnfinished(Store& store, spec::RunResult& run) {
  for (spec::PointResult& point : run.points) {
    if (point.complete || !(point.whole == spec::PointMetrics{})) continue;
    RS_ASSIGN_OR_RETURN(const spec::RequestLog log, store.LoadLog({run.id, point.index}));
    std::string reason = "interrupted before any request was stored";
    if (!log.requests.empty()) {
      metrics::AnalyzeInto(log, spec::ChipCount(run.plan.deployment),
                           run.plan.workload.prompt_cache, point);
      reason = fmt::format("interrupted: computed from the {} requests that were stored",
                           log.requests.size());
    }
    point.verdict.server_reasons.insert(point.verdict.server_reasons.begin(), std::move(reason));
  }
  run.repeats = metrics::BetweenRuns(run);
  return {};
}

}  // namespace roofscape::store
