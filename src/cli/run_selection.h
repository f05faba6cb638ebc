// The runs that a command is about: named, picked by label, or the last one.
//
// Thread safety: as the store's.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "cli/flags.h"
#include "domain/spec/run_result.h"
#include "results/store/store.h"

namespace roofscape::cli {

struct RunSelection {
  std::string db;
  std::vector<std::string> names;   // Ids, beginnings of ids, or "last".
  std::vector<std::string> labels;  // NAME=VALUE
};

/// Adds the positional RUN..., --label and --db.
void AddRunSelection(Command& command, RunSelection& selection);

/// "site=lab" -> {"site": "lab"}; a label without '=' or name is wrong use.
Result<std::map<std::string, std::string>> ParseLabels(const std::vector<std::string>& labels);

/// Makes the campaign where there is none of that name. kInvalidArgument for a purpose or labels of
/// one that is there: they cannot be changed.
Result<> EnterCampaign(store::Store& store, const std::string& name, WallTime now,
                       const std::string& purpose = "",
                       const std::vector<std::string>& labels = {});

/// The named runs, each once, in the order named; with labels instead every run that has them all,
/// oldest first; with neither the last one. Points that a killed run left without metrics get those
/// of their stored part.
Result<std::vector<spec::RunResult>> LoadRuns(store::Store& store, const RunSelection& selection);

}  // namespace roofscape::cli
