// roofscape simulate: a deployment's requests one by one, in virtual time.

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/live_progress.h"
#include "cli/simulate_files.h"
#include "cli/simulate_options.h"
#include "cli/simulate_text.h"
#include "cli/write_file.h"
#include "domain/metrics/point_analysis.h"
#include "model/sim/log_writer.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Simulate a deployment request by request: queues, batches, caches and tails.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape simulate --model llama-3.1-70b --chip h200-sxm --engine vllm --precision fp8 \\\n"
    "    --tp 4 --concurrency 1,16,64\n"
    "  roofscape simulate --model llama-3.1-70b --chip h200-sxm --engine vllm --precision fp8 \\\n"
    "    --tp 4 --replicas 2 --rate 2,4 --duration 120 --fail 0:30:20\n\n"
    "Without --rate and --trace the load is InferenceX's: all users at once, 10 requests each,\n"
    "lengths 0.8 to 1.0 of what is given, figures of the whole run. Steps take what the\n"
    "performance model says, corrected by measured rows as in predict.\n\n"
    "  roofscape simulate --run last --replicas 2      what if the run had had twice the chips";

// Of so many requests the log has each; beyond, an even sample, so that memory does not grow.
constexpr std::size_t kMostRows = 262'144;
// Beyond so many tokens a log of each would fill gigabytes.
constexpr double kMostTokenEvents = 1.2e7;

void Analyze(const SimulateOptions& options, double chips, const spec::RequestLog& log,
             SimulatedPoint& point) {
  // Of users who all begin at once the whole counts; of arrivals, the steady part.
  point.result.protocol = point.result.rate_rps ? "steady" : "inferencex";
  point.result.complete = true;
  const double each = log.requests.empty() ? 1.0
                                           : static_cast<double>(point.end.requests) /
                                                 static_cast<double>(log.requests.size());
  metrics::AnalyzeInto(log, static_cast<std::int64_t>(chips), options.prefix_cache, point.result,
                       each);
}

/// Times between tokens, where the log has the first and the last of each request alone.
void DropTokenGaps(spec::PointResult& result) {
  for (spec::PointMetrics* m : {&result.whole, result.steady ? &*result.steady : nullptr}) {
    if (m == nullptr) continue;
    m->itl_s = m->icl_s = {};
    m->intervals.erase("itl_mean_s");
    m->intervals.erase("itl_p50_s");
  }
}

std::string TitleOf(const SimulatedLoad& load, const std::optional<workload::Trace>& trace) {
  if (trace) return "trace";
  return load.rate_rps ? fmt::format("{}/s", *load.rate_rps)
                       : fmt::format("{} users", load.concurrency);
}

/// Writes the log, and counts for who watches.
class CountingWriter final : public sim::Observer {
 public:
  explicit CountingWriter(load::PointProgress& progress) : progress_(progress), log_(kMostRows) {}
  void OnTokens(std::int64_t id, std::span<const sim::TokenEvent> events) override {
    log_.OnTokens(id, events);
  }
  void OnCompletion(const sim::Completion& completion) override {
    log_.OnCompletion(completion);
    (completion.refused ? progress_.failed : progress_.succeeded)
        .fetch_add(1, std::memory_order_relaxed);
    progress_.tokens.fetch_add(completion.output, std::memory_order_relaxed);
  }
  sim::LogWriter& log() { return log_; }

 private:
  load::PointProgress& progress_;
  sim::LogWriter log_;
};

SimulatedPoint SimulateOne(const SimulateOptions& options, const SimulatedDeployment& deployment,
                           const SimulatedLoad& load, const std::optional<workload::Trace>& trace,
                           std::int64_t index, const Clock& clock, SimulateFiles& files) {
  const auto source = MakeSource(options, load, trace);
  sim::RunOptions run;
  run.seed = options.seed;
  if (TokensOf(options, load, trace) > kMostTokenEvents) run.detail = sim::Detail::kRequests;
  run.sample_ns = static_cast<std::int64_t>(options.series_interval_s * 1e9);
  SimulatedPoint point;
  load::PointProgress progress;
  run.sample = [&](const sim::Snapshot& now) {
    point.means.Add(now);
    files.WriteSnapshot(index, now);
    progress.in_flight.store(now.waiting + now.admitted, std::memory_order_relaxed);
  };
  CountingWriter writer(progress);
  if (files.wants_requests()) {
    writer.log().on_row = [&](const spec::RequestLog& row) { files.WriteInOrder(index, row); };
  }
  {
    const auto expected = static_cast<std::int64_t>(RequestsOf(options, load, trace));
    const LiveProgress live(TitleOf(load, trace), std::max<std::int64_t>(expected, 1), std::nullopt,
                            progress, clock);
    point.end = sim::RunWorkload(deployment.cluster, *source, writer, run);
  }
  files.EndPoint();
  point.result.index = index;
  point.result.concurrency = load.concurrency;
  point.result.rate_rps = load.rate_rps;
  point.every = writer.log().every();
  Analyze(options, deployment.chips, writer.log().Take(), point);
  if (run.detail == sim::Detail::kRequests) DropTokenGaps(point.result);
  point.load = trace ? "trace" : spec::LoadMark(point.result);
  point.stood_in = point.result.Primary() == nullptr;
  return point;
}

Result<> Simulate(SimulateOptions options, const Clock& clock) {
  if (!options.run.empty()) return SimulateRun(std::move(options));
  RS_RETURN_IF_ERROR(CompleteDeployment(options));
  RS_ASSIGN_OR_RETURN(const std::vector<SimulatedLoad> loads, LoadsOf(options));
  std::optional<workload::Trace> trace;
  if (!options.trace.empty()) {
    RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("--trace", options.trace));
    auto parsed = workload::ParseTrace(text);
    if (!parsed) return parsed.error().In(fmt::format("--trace {}", options.trace));
    trace = *std::move(parsed);
  }
  const bool hashed = trace && !trace->hashes.empty();
  if (options.prefix_cache && !hashed) {
    return Error{ErrorCode::kInvalidArgument,
                 "--prefix-cache: no prompts begin alike but those of a --trace with hashes, as "
                 "Mooncake's; leave it out"};
  }
  RS_ASSIGN_OR_RETURN(const SimulatedDeployment deployment,
                      MakeDeployment(options, hashed ? trace->chunk_tokens : 1));
  RS_ASSIGN_OR_RETURN(SimulateFiles files,
                      SimulateFiles::Create(options.requests_csv, options.series));
  std::vector<SimulatedPoint> points;
  for (const SimulatedLoad& load : loads) {
    points.push_back(SimulateOne(options, deployment, load, trace,
                                 static_cast<std::int64_t>(points.size()), clock, files));
  }
  RS_RETURN_IF_ERROR(files.Commit());
  if (options.json) {
    const Json json = {{"schema", "roofscape-simulation-1"},
                       {"model", options.model},
                       {"chip", options.chip},
                       {"engine", options.engine},
                       {"seed", options.seed},
                       {"deployment", ClusterJson(deployment.cluster, deployment.chips)},
                       {"points", SimulationJson(points)}};
    fmt::print("{}\n", json.dump(2));
    return {};
  }
  const Style style = StyleOf(stdout);
  fmt::print("{}\n{}", ClusterText(deployment.cluster, deployment.chips, style),
             SimulationTable(points, style));
  return {};
}

}  // namespace

void AddSimulateCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("simulate", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<SimulateOptions>();
  AddDeploymentOptions(*command, *options);
  AddProcessorOptions(*command, *options);
  AddPolicyOptions(*command, *options);
  AddWorkloadOptions(*command, *options);
  command->AddOption("--requests-csv", options->requests_csv, "Write each request here");
  command->AddOption("--series", options->series, "Write queue, batch and cache over time here");
  command
      ->AddOption("--series-interval", options->series_interval_s,
                  "Seconds of virtual time between its rows")
      ->Check(InRange(1e-4, 1e6))
      ->ShowDefault();
  command->AddOption("--run", options->run,
                     "Replay the requests of this stored run, an id or 'last'");
  AddDbOption(*command, options->db);
  AddParamsOption(*command, *options);
  command->AddFlag("--json", options->json, "Print one object");
  AddCatalogOption(*command, options->catalog);
  command->OnChosen([options, &invocation] {
    invocation.run = [options, clock = invocation.clock] {
      const Result<> done = Simulate(*options, *clock);
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
