// roofscape simulate: a deployment's requests one by one, in virtual time.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/request_csv.h"
#include "cli/simulate_options.h"
#include "cli/simulate_text.h"
#include "cli/write_file.h"
#include "domain/metrics/point_analysis.h"

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

// Beyond so many tokens a log of each would fill gigabytes.
constexpr double kMostTokenEvents = 3e7;

spec::PointResult ResultOf(const SimulateOptions& options, const SimulatedLoad& load,
                           std::int64_t index, double chips, const spec::RequestLog& log) {
  spec::PointResult result;
  result.index = index;
  result.concurrency = load.concurrency;
  result.rate_rps = load.rate_rps;
  // Of users who all begin at once the whole counts; of arrivals, the steady part.
  result.protocol = load.rate_rps ? "steady" : "inferencex";
  result.complete = true;
  metrics::AnalyzeInto(log, static_cast<std::int64_t>(chips), options.prefix_cache, result);
  return result;
}

struct Files {
  std::string requests = RequestCsvHeader();
  std::string series = SeriesCsvHeader();
};

SimulatedPoint SimulateOne(const SimulateOptions& options, const SimulatedDeployment& deployment,
                           const SimulatedLoad& load, const std::optional<workload::Trace>& trace,
                           std::int64_t index, Files& files) {
  const auto source = MakeSource(options, load, trace);
  sim::RunOptions run;
  run.seed = options.seed;
  if (TokensOf(options, load, trace) > kMostTokenEvents) run.detail = sim::Detail::kRequests;
  run.sample_ns = static_cast<std::int64_t>(options.series_interval_s * 1e9);
  SimulatedPoint point;
  run.sample = [&point](const sim::Snapshot& now) { point.series.push_back(now); };
  sim::LogWriter writer;
  point.end = sim::RunWorkload(deployment.cluster, *source, writer, run);
  const spec::RequestLog log = writer.Take();
  point.result = ResultOf(options, load, index, deployment.chips, log);
  point.load = trace ? "trace" : spec::LoadMark(point.result);
  point.stood_in = point.result.Primary() == nullptr;
  if (!options.requests_csv.empty()) files.requests += RequestCsvRows(index, log);
  if (!options.series.empty()) files.series += SeriesCsvRows(index, point.series);
  return point;
}

Result<> Simulate(SimulateOptions options) {
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
  RS_ASSIGN_OR_RETURN(const SimulatedDeployment deployment,
                      MakeDeployment(options, hashed ? trace->chunk_tokens : 1));
  Files files;
  std::vector<SimulatedPoint> points;
  for (const SimulatedLoad& load : loads) {
    points.push_back(SimulateOne(options, deployment, load, trace,
                                 static_cast<std::int64_t>(points.size()), files));
  }
  if (!options.requests_csv.empty()) {
    RS_RETURN_IF_ERROR(WriteWholeFile(options.requests_csv, files.requests));
  }
  if (!options.series.empty()) RS_RETURN_IF_ERROR(WriteWholeFile(options.series, files.series));
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
    invocation.run = [options] {
      const Result<> done = Simulate(*options);
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
