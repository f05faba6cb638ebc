// Where a command's catalog comes from: a folder that a flag names, or the program itself.
//
// Thread safety: no shared state.

#pragma once

#include <string>
#include <vector>

#include "base/core/result.h"
#include "cli/flags.h"
#include "domain/catalog/catalog.h"

namespace roofscape::cli {

/// The files of the folder: DIR/chips/*.toml and so on, sorted; the embedded ones if `folder` is
/// empty. kInvalidArgument when the folder is none, or holds no catalog.
Result<std::vector<catalog::CatalogFile>> CatalogFiles(const std::string& folder);

/// Most of the catalog's text is published scores; a command that needs none starts sooner without.
enum class Scores { kRead, kLeaveOut };

/// The same, parsed. The first error if a file cannot be read.
Result<catalog::Catalog> LoadCatalog(const std::string& folder, Scores scores = Scores::kRead);

/// Adds `--catalog DIR` to a subcommand.
void AddCatalogOption(Command& command, std::string& folder);

}  // namespace roofscape::cli
