// A stored run's requests through a deployment: the one that was measured, or another.

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "cli/agreement_text.h"
#include "cli/command.h"
#include "cli/replay.h"
#include "cli/run_selection.h"
#include "cli/simulate_files.h"
#include "cli/simulate_options.h"
#include "cli/simulate_text.h"
#include "domain/metrics/point_analysis.h"
#include "results/store/store.h"

namespace roofscape::cli {
namespace {

constexpr const char* kMeasured = "measured";

/// The run's prompts and answers, for what depends on nominal lengths.
void TakeLengths(const spec::Plan& plan, SimulateOptions& options) {
  options.input = plan.workload.input.tokens;
  options.output = plan.workload.output.tokens;
}

spec::PointResult Judged(const spec::RequestLog& log, const spec::PointResult& measured,
                         double chips) {
  spec::PointResult point;
  point.index = measured.index;
  point.concurrency = measured.concurrency;
  point.rate_rps = measured.rate_rps;
  point.protocol = measured.protocol;
  point.complete = true;
  metrics::AnalyzeInto(log, static_cast<std::int64_t>(chips), false, point);
  return point;
}

struct Replays {
  std::vector<AgreementRow> rows;
  std::vector<SimulatedPoint> points;
};

Result<Replays> ReplayRun(store::Store& store, const spec::RunResult& run,
                          const SimulateOptions& options, const SimulatedDeployment& deployment,
                          SimulateFiles& files) {
  Replays out;
  for (const spec::PointResult& measured : run.points) {
    RS_ASSIGN_OR_RETURN(const spec::RequestLog log, store.LoadLog({run.id, measured.index}));
    sim::RunOptions settings;
    settings.seed = options.seed;
    SimulatedPoint point;
    settings.sample_ns = static_cast<std::int64_t>(options.series_interval_s * 1e9);
    settings.sample = [&](const sim::Snapshot& now) {
      point.means.Add(now);
      files.WriteSnapshot(measured.index, now);
    };
    const Replayed replayed =
        ReplayLog(log, measured.concurrency > 0, deployment.cluster, settings);
    AgreementRow before = RowOfPoint(measured, kMeasured);
    if (replayed.left_out > 0) {
      before.remark =
          fmt::format("{} requests without a length left out", WithCommas(replayed.left_out));
    }
    out.rows.push_back(std::move(before));
    if (replayed.log.requests.empty()) continue;
    point.result = Judged(replayed.log, measured, deployment.chips);
    point.load = spec::LoadMark(point.result);
    point.end = replayed.end;
    out.rows.push_back(RowOfPoint(point.result, "simulated"));
    files.WriteRequests(measured.index, replayed.log);
    out.points.push_back(std::move(point));
  }
  return out;
}

}  // namespace

Result<> SimulateRun(SimulateOptions options) {
  if (!options.concurrency.empty() || !options.rates.empty() || !options.trace.empty() ||
      !options.arrivals.empty() || options.requests || options.duration_s) {
    return Error{ErrorCode::kInvalidArgument,
                 "--run has its own load: leave out --concurrency, --rate, --trace, --arrivals, "
                 "--requests and --duration"};
  }
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(StorePath(options.db), store::OpenMode::kReadOnly));
  RunSelection selection;
  selection.names = {options.run};
  RS_ASSIGN_OR_RETURN(const std::vector<spec::RunResult> runs, LoadRuns(*store, selection));
  const spec::RunResult& run = runs.front();
  RS_RETURN_IF_ERROR(CompleteDeployment(options, run.plan.deployment));
  TakeLengths(run.plan, options);
  RS_ASSIGN_OR_RETURN(const SimulatedDeployment deployment,
                      MakeDeployment(options, /*chunk_tokens=*/1));
  RS_ASSIGN_OR_RETURN(SimulateFiles files,
                      SimulateFiles::Create(options.requests_csv, options.series));
  RS_ASSIGN_OR_RETURN(const Replays replays, ReplayRun(*store, run, options, deployment, files));
  RS_RETURN_IF_ERROR(files.Commit());
  if (options.json) {
    const Json json = {{"schema", "roofscape-replay-1"},
                       {"run", run.id},
                       {"model", options.model},
                       {"chip", options.chip},
                       {"deployment", ClusterJson(deployment.cluster, deployment.chips)},
                       {"rows", AgreementJson(replays.rows, kMeasured)},
                       {"points", SimulationJson(replays.points)}};
    fmt::print("{}\n", json.dump(2));
    return {};
  }
  const Style style = StyleOf(stdout);
  fmt::print("requests of run {}\n{}\n{}", run.id,
             ClusterText(deployment.cluster, deployment.chips, style),
             AgreementTable(replays.rows, kMeasured, style));
  return {};
}

}  // namespace roofscape::cli
