// Where the studies of the co-design pages come from: a folder that a flag names, or the program.
//
// Thread safety: no shared state.

#pragma once

#include <string>
#include <vector>

#include "base/core/result.h"
#include "cli/flags.h"
#include "service/study/book.h"

namespace roofscape::cli {

/// Those of a folder that is laid out as examples/ is: codesign/studies.toml lists them. The
/// program's own where `folder` is empty.
Result<std::vector<study::Study>> LoadStudies(const std::string& folder);

/// Adds `--studies DIR` to a subcommand.
void AddStudiesOption(Command& command, std::string& folder);

}  // namespace roofscape::cli
