#include "cli/run_selection.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command.h"
#include "results/store/recompute.h"

namespace roofscape::cli {
namespace {

Result<std::vector<std::string>> NamesWithLabels(store::Store& store,
                                                 const RunSelection& selection) {
  store::RunFilter filter;
  RS_ASSIGN_OR_RETURN(filter.labels, ParseLabels(selection.labels));
  RS_ASSIGN_OR_RETURN(const std::vector<store::RunSummary> found, store.Runs(filter));
  std::vector<std::string> names;
  for (const store::RunSummary& run : found) names.push_back(run.id);
  std::reverse(names.begin(), names.end());
  if (names.empty()) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("database '{}': no run has the label {}. See what there is: roofscape "
                             "runs --limit 0",
                             store.path(), fmt::join(selection.labels, " and "))};
  }
  return names;
}

}  // namespace

void AddRunSelection(Command& command, RunSelection& selection) {
  command.AddOption("RUN", selection.names,
                    "Runs by id or the beginning of one (default: the last)");
  command
      .AddOption("--label", selection.labels,
                 "All runs with this label, NAME=VALUE; may stand several times")
      ->AllowExtraArgs(false);
  AddDbOption(command, selection.db);
}

Result<std::map<std::string, std::string>> ParseLabels(const std::vector<std::string>& labels) {
  std::map<std::string, std::string> parsed;
  for (const std::string& label : labels) {
    const std::size_t equals = label.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("--label '{}': must be NAME=VALUE, e.g. --label site=lab", label)};
    }
    const std::string name = label.substr(0, equals);
    if (!parsed.emplace(name, label.substr(equals + 1)).second) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("--label '{}': {} has a value already, and one label has one: leave "
                               "one of the two out",
                               label, name)};
    }
  }
  return parsed;
}

Result<> EnterCampaign(store::Store& store, const std::string& name, WallTime now,
                       const std::string& purpose, const std::vector<std::string>& labels) {
  store::Campaign campaign{name, purpose, now, {}, 0, 0};
  RS_ASSIGN_OR_RETURN(campaign.labels, ParseLabels(labels));
  RS_ASSIGN_OR_RETURN(const std::vector<store::Campaign> all, store.Campaigns());
  const bool there = std::any_of(all.begin(), all.end(),
                                 [&](const store::Campaign& other) { return other.name == name; });
  // The store refuses to change one.
  if (there && purpose.empty() && labels.empty()) return {};
  return store.MakeCampaign(campaign);
}

Result<std::vector<spec::RunResult>> LoadRuns(store::Store& store, const RunSelection& selection) {
  if (!selection.names.empty() && !selection.labels.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "runs are named and picked by --label at once: leave one of the two away"};
  }
  std::vector<std::string> names = selection.names;
  if (!selection.labels.empty()) {
    RS_ASSIGN_OR_RETURN(names, NamesWithLabels(store, selection));
  }
  if (names.empty()) names.push_back("last");
  std::vector<spec::RunResult> runs;
  for (const std::string& name : names) {
    RS_ASSIGN_OR_RETURN(spec::RunResult run, store.LoadRun(name));
    RS_RETURN_IF_ERROR(store::RecomputeUnfinished(store, run));
    const bool known = std::any_of(
        runs.begin(), runs.end(), [&](const spec::RunResult& other) { return other.id == run.id; });
    if (!known) runs.push_back(std::move(run));
  }
  return runs;
}

}  // namespace roofscape::cli
