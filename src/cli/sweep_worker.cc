// roofscape sweep-worker: does one job of a sweep. Executors start it; it is no command for people.

#include <cstdlib>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "cli/bench_run.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "results/store/store.h"
#include "service/fleet/executor.h"
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

Result<fleet::Measured> MeasureInto(const spec::Plan& plan, const std::string& database,
                                    const Clock& clock) {
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(database, store::OpenMode::kReadWrite));
  RS_ASSIGN_OR_RETURN(const BenchRun bench,
                      RunBench(plan, KeyHeader(), *store, Interrupted(), clock));
  if (bench.aborted) return *bench.aborted;
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

int Work(const std::string& folder, const Clock& clock) {
  CatchInterrupts();
  const fleet::Measure measure = [&clock](const spec::Plan& plan, const std::string& database) {
    return MeasureInto(plan, database, clock);
  };
  const auto failure = fleet::DoJob(folder, measure, Interrupted(), clock);
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
  const auto folder = std::make_shared<std::string>();
  command->AddOption("FOLDER", *folder, "The job's folder")->Required();
  command->OnChosen([folder, &invocation] {
    invocation.run = [folder, &invocation] { return Work(*folder, *invocation.clock); };
  });
}

}  // namespace roofscape::cli
