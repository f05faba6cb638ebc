// show --as: the points of a run by other tools' definitions. Prints to stdout.
//
// Errors: the store's. Thread safety: none needed.

#pragma once

#include <string>

#include "base/core/result.h"
#include "cli/flags.h"
#include "domain/spec/run_result.h"
#include "results/store/store.h"

namespace roofscape::cli {

struct AsOptions {
  std::string tool;  // a name of metrics::AllTools, or "all"; empty: not asked for
  bool detailed = false;
};

/// Adds --as and --detailed. A misspelt name gets a suggestion.
void AddAsOptions(Command& command, AsOptions& options);

/// Prints every point of `run` in turn: text, or with `json` one line of JSON a point.
/// REQUIRES: options.tool is a known name.
Result<> ShowAs(store::Store& store, const spec::RunResult& run, const AsOptions& options,
                bool json);

}  // namespace roofscape::cli
