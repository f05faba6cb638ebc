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

namespace CLI {
class App;
}

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

/// Adds `--db PATH|postgresql://...` to a subcommand.
void AddDbOption(CLI::App& command, std::string& path);

void AddBenchCommand(CLI::App& app, Invocation& invocation);
void AddRunsCommand(CLI::App& app, Invocation& invocation);
void AddShowCommand(CLI::App& app, Invocation& invocation);
void AddFrontierCommand(CLI::App& app, Invocation& invocation);
void AddReportCommand(CLI::App& app, Invocation& invocation);
void AddCampaignsCommand(CLI::App& app, Invocation& invocation);
void AddCatalogCommand(CLI::App& app, Invocation& invocation);
void AddDbCommand(CLI::App& app, Invocation& invocation);
void AddDoctorCommand(CLI::App& app, Invocation& invocation);
void AddTwinCommand(CLI::App& app, Invocation& invocation);
void AddCompareCommand(CLI::App& app, Invocation& invocation);
void AddTrendCommand(CLI::App& app, Invocation& invocation);
void AddCostCommand(CLI::App& app, Invocation& invocation);
void AddImportCommand(CLI::App& app, Invocation& invocation);
void AddImportsCommand(CLI::App& app, Invocation& invocation);
void AddEvalsCommand(CLI::App& app, Invocation& invocation);
void AddExportCommand(CLI::App& app, Invocation& invocation);
void AddPredictCommand(CLI::App& app, Invocation& invocation);
void AddExploreCommand(CLI::App& app, Invocation& invocation);
void AddCodesignCommand(CLI::App& app, Invocation& invocation);
void AddSimulateCommand(CLI::App& app, Invocation& invocation);
void AddCheckAgreementCommand(CLI::App& app, Invocation& invocation);
void AddCalibrateCommand(CLI::App& app, Invocation& invocation);
void AddValidateCommand(CLI::App& app, Invocation& invocation);
void AddPublishCommand(CLI::App& app, Invocation& invocation);
void AddServeCommand(CLI::App& app, Invocation& invocation);
void AddProbeCommand(CLI::App& app, Invocation& invocation);
void AddMakeModelCommand(CLI::App& app, Invocation& invocation);

}  // namespace roofscape::cli
