// roofscape recipe: a point of a sweep as a script that measures it again elsewhere.

#include <memory>
#include <string>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/version.h"
#include "cli/write_file.h"
#include "results/store/store.h"
#include "service/fleet/prepare.h"
#include "service/fleet/recipe.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Write a script that measures a point of a sweep again, elsewhere, from its file alone.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape recipe last -o recipe.sh\n"
    "  sh recipe.sh\n"
    "  roofscape verify recipe.sh last\n\n"
    "RUN is a run of `roofscape sweep`: for others the server is not ours to start.";

struct Options {
  std::string run;
  std::string db;
  std::string out = "-";
  std::int64_t repeats = 3;
};

Result<std::string> ScriptOf(const Options& options) {
  const std::string path = StorePath(options.db);
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(path, store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(const spec::RunResult run, store->LoadRun(options.run));
  const auto campaign = run.plan.labels.find("campaign");
  if (campaign == run.plan.labels.end() || !run.plan.labels.contains("recipe")) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("run {}: was not made by 'roofscape sweep', so nothing tells how its "
                             "server was started: measure the deployment by a plan first",
                             run.id)};
  }
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::SweepLog> log,
                      store::OpenSweepLog(path, store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(const fleet::CampaignState state,
                      fleet::LoadCampaign(campaign->second, *log));
  const fleet::PointState* point = fleet::PointOfRun(state, run.id);
  if (point == nullptr) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("run {}: campaign '{}' of this database has no such run: name the "
                             "database of the sweep with --db",
                             run.id, campaign->second)};
  }
  return fleet::RecipeScript(*point, state.layouts().at(point->layout), run.id, options.repeats,
                             std::string(kVersion));
}

int Run(const Options& options) {
  const auto script = ScriptOf(options);
  if (!script) return Report(script.error());
  if (options.out == "-") {
    fmt::print("{}", *script);
    return kDone;
  }
  const auto written = WriteWholeFile(options.out, *script);
  return written ? kDone : Report(written.error());
}

}  // namespace

void AddRecipeCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("recipe", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  command->AddOption("RUN", options->run, "A run, by id, beginning of an id, or 'last'")
      ->Required();
  command->AddOption("-o,--out", options->out, "Where the script goes; - is stdout")->ShowDefault();
  command->AddOption("--repeats", options->repeats, "How often it measures the point")
      ->Check(InRange(std::int64_t{1}, std::int64_t{1000}))
      ->ShowDefault();
  AddDbOption(*command, options->db);
  command->OnChosen(
      [options, &invocation] { invocation.run = [options] { return Run(*options); }; });
}

}  // namespace roofscape::cli
