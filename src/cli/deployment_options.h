// The flags that say what serves, as `predict` and `simulate` share them.
//
// Thread safety: plain values; functions read files.

#pragma once

#include <string>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "model/calibrate/wish.h"

namespace CLI {
class App;
}

namespace roofscape::cli {

struct DeploymentOptions : calibrate::Wish {
  std::string params;
  std::string catalog;
};

void AddDeploymentOptions(CLI::App& command, DeploymentOptions& options);
/// `--params`.
void AddParamsOption(CLI::App& command, DeploymentOptions& options);

/// The catalog that the flags name, with `--fabric` in the chip's place, after a check that the
/// layout does not contradict itself.
Result<catalog::Catalog> LoadDeploymentCatalog(const DeploymentOptions& options);

}  // namespace roofscape::cli
