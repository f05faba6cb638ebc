// roofscape sweep-worker: does one job of a sweep. Executors start it; it is no command for people.

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/core/text.h"
#include "cli/bench_run.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/sweep_telemetry.h"
#include "measure/host/telemetry.h"
#include "results/store/store.h"
#include "service/fleet/executor.h"
#include "service/fleet/file.h"
#include "service/fleet/gate.h"
#include "service/fleet/job.h"
#include "service/fleet/kubernetes.h"
#include "service/fleet/process.h"
#include "service/fleet/worker.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription = "Do the job in a folder that `roofscape sweep` made.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape sweep-worker FOLDER\n\n"
    "Begun again in the same folder it does what is left.";

/// As `bench` has it: the key is in the environment of the job, never in its file.
load::Headers KeyHeader() {
  const char* const key = std::getenv("OPENAI_API_KEY");
  if (key == nullptr || *key == '\0') return {};
  return {{"Authorization", std::string("Bearer ") + key}};
}

/// What is sampled beside each point of a job; nothing where the plan does not want it, or nothing
/// of the kind is there.
struct Sampling {
  std::unique_ptr<host::Telemetry> telemetry;
  bool wanted = false;  // By more than the default.
};

Sampling SamplingOf(const std::string& folder, const Clock& clock) {
  Sampling sampling;
  // What is wrong with the file is for DoJob to say.
  const auto job = fleet::ReadJob(folder);
  if (!job || !job->telemetry.enabled) return sampling;
  host::TelemetrySettings settings = job->telemetry;
  sampling.wanted = !(settings == host::TelemetrySettings{});
  const auto given = job->start.env.find("CUDA_VISIBLE_DEVICES");
  const char* const inherited = std::getenv("CUDA_VISIBLE_DEVICES");
  const std::string visible = given != job->start.env.end() ? given->second
                              : inherited != nullptr        ? inherited
                                                            : "";
  if (settings.devices.empty()) settings.devices = Split(visible, ',');
  sampling.telemetry = std::make_unique<host::Telemetry>(settings, clock);
  if (!sampling.telemetry->any() && !sampling.wanted) sampling.telemetry.reset();
  return sampling;
}

Result<fleet::Measured> MeasureInto(const spec::Plan& plan, const std::string& database,
                                    Sampling& sampling, const Clock& clock) {
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(database, store::OpenMode::kReadWrite));
  if (sampling.telemetry) sampling.telemetry->Start();
  const auto bench_run = RunBench(plan, KeyHeader(), *store, Interrupted(), clock);
  const std::vector<host::TelemetrySample> samples =
      sampling.telemetry ? sampling.telemetry->Stop() : std::vector<host::TelemetrySample>();
  if (!bench_run) return bench_run.error();
  const BenchRun& bench = *bench_run;
  if (bench.aborted) return *bench.aborted;
  if (sampling.telemetry) {
    RS_RETURN_IF_ERROR(KeepTelemetry(bench.run.id, samples, sampling.wanted, *store, clock.Wall()));
  }
  fleet::Measured measured;
  measured.run = bench.run.id;
  if (bench.run.points.empty()) return measured;  // Stopped before the first.
  const spec::PointResult& point = bench.run.points.front();
  measured.instrument = point.verdict.instrument;
  measured.complete = point.complete;
  measured.successes = point.whole.successes;
  measured.reasons = point.verdict.server_reasons;
  return measured;
}

struct WorkerOptions {
  std::string folder;
  std::string input;
  std::string gate;
  double keep_s = 0;
};

/// Puts the job's file into its folder, unless it is there.
Result<> TakeInput(const WorkerOptions& options) {
  if (options.input.empty()) return {};
  const std::string place = options.folder + "/" + fleet::kJobFile;
  if (fleet::FileSize(place) > 0) return {};
  RS_ASSIGN_OR_RETURN(const std::string text, fleet::ReadFile(options.input));
  RS_RETURN_IF_ERROR(fleet::MakeFolder(options.folder));
  return fleet::WriteFile(place, text);
}

/// Keeps the folder there until somebody has what is in it.
void AwaitFetched(const WorkerOptions& options, const Clock& clock) {
  const std::string fetched = options.folder + "/" + fleet::kFetchedFile;
  const Instant until = clock.Now() + FromSeconds(options.keep_s);
  std::error_code ignored;
  while (!Interrupted() && clock.Now() < until && !std::filesystem::exists(fetched, ignored)) {
    fleet::Pause(std::chrono::milliseconds(200), Interrupted(), clock);
  }
}

int Work(const WorkerOptions& options, const Clock& clock) {
  CatchInterrupts();
  if (const Result<> taken = TakeInput(options); !taken) return Report(taken.error());
  Sampling sampling = SamplingOf(options.folder, clock);
  const fleet::Measure measure = [&](const spec::Plan& plan, const std::string& database) {
    return MeasureInto(plan, database, sampling, clock);
  };
  const auto failure = fleet::DoJob(options.folder, measure, Interrupted(), clock, options.gate);
  // The engine's container has nothing more to do, whatever became of the job.
  if (!options.gate.empty()) {
    const std::string over = options.gate + "/" + fleet::kGateOver;
    if (const Result<> told = fleet::WriteFile(over, ""); !told) return Report(told.error());
  }
  AwaitFetched(options, clock);
  if (!failure) return Report(failure.error());
  if (!*failure) return kDone;
  fmt::print(stderr, "roofscape: {}: {}. {}\n", (*failure)->kind, (*failure)->reason,
             (*failure)->cure);
  return kFailed;
}

}  // namespace

void AddSweepWorkerCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand(fleet::kWorkerCommand, kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<WorkerOptions>();
  command->AddOption("FOLDER", options->folder, "The job's folder")->Required();
  command->AddOption("--input", options->input, "The job's file, where FOLDER has none yet");
  command->AddOption("--gate", options->gate,
                     "Folder by which the server is started in another container");
  command->AddOption("--keep", options->keep_s,
                     "Seconds to wait in the end until the results were fetched");
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] { return Work(*options, *invocation.clock); };
  });
}

}  // namespace roofscape::cli
