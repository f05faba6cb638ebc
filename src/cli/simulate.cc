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

std::string TitleOf(const SimulatedLoad& load, const std::optional<workload::Trace>& trace) {
  if (trace) return "trace";
  return load.rate_rps ? fmt::format("{}/s", *load.rate_rps)
                       : fmt::format("{} users", load.concurrency);
}

/// Writes the log, and counts for who watches.
class CountingWriter final : public sim::Observer {
 public:
  explicit CountingWriter(load::PointProgress& progress) : progress_(progress) {}
  void OnTokens(std::int64_t id, std::span<const sim::TokenEvent> events) override {
    log_.OnTokens(id, events);
  }
  void OnCompletion(const sim::Completion& completion) override {
    log_.OnCompletion(completion);
    (completion.refused ? progress_.failed : progress_.succeeded)
        .fetch_add(1, std::memory_order_relaxed);
    progress_.tokens.fetch_add(completion.output, std::memory_order_relaxed);
  }
  spec::RequestLog Take() { return log_.Take(); }

 private:
  load::PointProgress& progress_;
  sim::LogWriter log_;
};

SimulatedPoint SimulateOne(const SimulateOptions& options, const SimulatedDeployment& deployment,
                           const SimulatedLoad& load, const std::optional<workload::Trace>& trace,
                           std::int64_t index, const Clock& clock, Files& files) {
  const auto source = MakeSource(options, load, trace);
  sim::RunOptions run;
  run.seed = options.seed;
  if (TokensOf(options, load, trace) > kMostTokenEvents) run.detail = sim::Detail::kRequests;
  run.sample_ns = static_cast<std::int64_t>(options.series_interval_s * 1e9);
  SimulatedPoint point;
  load::PointProgress progress;
  run.sample = [&](const sim::Snapshot& now) {
    point.series.push_back(now);
    progress.in_flight.store(now.waiting + now.admitted, std::memory_order_relaxed);
  };
  CountingWriter writer(progress);
  {
    const auto expected = static_cast<std::int64_t>(RequestsOf(options, load, trace));
    const LiveProgress live(TitleOf(load, trace), std::max<std::int64_t>(expected, 1), std::nullopt,
                            progress, clock);
    point.end = sim::RunWorkload(deployment.cluster, *source, writer, run);
  }
  const spec::RequestLog log = writer.Take();
  point.result = ResultOf(options, load, index, deployment.chips, log);
  point.load = trace ? "trace" : spec::LoadMark(point.result);
  point.stood_in = point.result.Primary() == nullptr;
  if (!options.requests_csv.empty()) files.requests += RequestCsvRows(index, log);
  if (!options.series.empty()) files.series += SeriesCsvRows(index, point.series);
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
  Files files;
  std::vector<SimulatedPoint> points;
  for (const SimulatedLoad& load : loads) {
    points.push_back(SimulateOne(options, deployment, load, trace,
                                 static_cast<std::int64_t>(points.size()), clock, files));
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
    invocation.run = [options, clock = invocation.clock] {
      const Result<> done = Simulate(*options, *clock);
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
