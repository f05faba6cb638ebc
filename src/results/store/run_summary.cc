#include "results/store/run_summary.h"

#include <nlohmann/json.hpp>

namespace roofscape::store {

std::string_view StateOf(const RunSummary& run) {
  if (!run.ended) return "no end";
  return run.status == spec::RunStatus::kComplete ? "complete" : "stopped";
}

Json SummaryFacts(const RunSummary& run) {
  return {{"started", run.started.ToIso()},
          {"ended", run.ended ? Json(run.ended->ToIso()) : Json(nullptr)},
          {"way", run.way},
          {"version", run.version},
          {"model", run.model},
          {"engine", run.engine},
          {"engine_version", run.engine_version},
          {"precision", run.precision},
          {"chip", run.chip},
          {"chips", run.chips ? Json(*run.chips) : Json(nullptr)},
          {"workload", run.workload},
          {"points_asked", run.points_asked},
          {"points_begun", run.points_begun},
          {"points_done", run.points_done},
          {"valid", run.valid},
          {"degraded", run.degraded},
          {"invalid", run.invalid},
          {"labels", Json(run.labels)}};
}

}  // namespace roofscape::store
