// How a subcommand plugs into main(): each file src/cli/<name>.cc has one AddXCommand that declares
// its flags and says what to run. Exit statuses are those of the CLI contract
// (docs/reference/cli.md).
//
// Data goes to stdout, progress and messages to stderr; only cli/ prints.

#pragma once

#include <functional>
#include <string>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "cli/flags.h"

namespace roofscape::cli {

enum ExitStatus : int {
  kDone = 0,
  kFailed = 1,
  kWrongUse = 2,
  kInstrumentInvalid = 3,  // Measured, but the instrument was INVALID.
  kRegression = 4,
};

/// What main() hands to the chosen subcommand.
struct Invocation {
  const Clock* clock = nullptr;
  std::function<int()> run;  // Set by the parsed subcommand; main() calls it.
};

/// Prints "roofscape: <message>" to stderr and returns the exit status that fits the code:
/// kInvalidArgument is wrong use (2), everything else a failure (1).
int Report(const Error& error);

/// The store's path, or URL with its secrets (not to be shown: store.path() is): `flag` if given,
/// else $ROOFSCAPE_DB, else $XDG_DATA_HOME/roofscape/roofscape.db, else
/// ~/.local/share/roofscape/roofscape.db.
std::string StorePath(const std::string& flag);

/// The same for a command that writes: makes the folders of the path that nobody named.
std::string StorePathToWrite(const std::string& flag);

/// Adds `--db PATH|postgresql://...` to a subcommand.
void AddDbOption(Command& command, std::string& path);

void AddBenchCommand(Command& app, Invocation& invocation);
void AddRunsCommand(Command& app, Invocation& invocation);
void AddShowCommand(Command& app, Invocation& invocation);
void AddFrontierCommand(Command& app, Invocation& invocation);
void AddReportCommand(Command& app, Invocation& invocation);
void AddCampaignsCommand(Command& app, Invocation& invocation);
void AddCatalogCommand(Command& app, Invocation& invocation);
void AddDbCommand(Command& app, Invocation& invocation);
void AddDoctorCommand(Command& app, Invocation& invocation);
void AddTwinCommand(Command& app, Invocation& invocation);
void AddCompareCommand(Command& app, Invocation& invocation);
void AddTrendCommand(Command& app, Invocation& invocation);
void AddCostCommand(Command& app, Invocation& invocation);
void AddImportCommand(Command& app, Invocation& invocation);
void AddImportsCommand(Command& app, Invocation& invocation);
void AddEvalsCommand(Command& app, Invocation& invocation);
void AddExportCommand(Command& app, Invocation& invocation);
void AddPredictCommand(Command& app, Invocation& invocation);
void AddExploreCommand(Command& app, Invocation& invocation);
void AddCodesignCommand(Command& app, Invocation& invocation);
void AddSimulateCommand(Command& app, Invocation& invocation);
void AddCheckAgreementCommand(Command& app, Invocation& invocation);
void AddCalibrateCommand(Command& app, Invocation& invocation);
void AddValidateCommand(Command& app, Invocation& invocation);
void AddPublishCommand(Command& app, Invocation& invocation);
void AddServeCommand(Command& app, Invocation& invocation);
void AddSweepCommand(Command& app, Invocation& invocation);
void AddSweepWorkerCommand(Command& app, Invocation& invocation);
void AddDaemonCommand(Command& app, Invocation& invocation);
void AddRecipeCommand(Command& app, Invocation& invocation);
void AddVerifyCommand(Command& app, Invocation& invocation);
void AddProbeCommand(Command& app, Invocation& invocation);
void AddMakeModelCommand(Command& app, Invocation& invocation);

}  // namespace roofscape::cli
