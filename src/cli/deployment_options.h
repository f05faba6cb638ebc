// The flags that say what serves, as `predict` and `simulate` share them.
//
// Thread safety: plain values; functions read files.

#pragma once

#include <string>

#include "base/core/result.h"
#include "cli/flags.h"
#include "domain/catalog/catalog.h"
#include "domain/spec/deployment.h"
#include "model/calibrate/wish.h"

namespace roofscape::cli {

struct DeploymentOptions : calibrate::Wish {
  std::string deployment;  // A file; flags count more.
  std::string params;
  std::string catalog;
};

void AddDeploymentOptions(Command& command, DeploymentOptions& options);
/// Fills what no flag says from `--deployment`, and what that does not say from `known`, e.g. the
/// deployment of a stored run; model and chip must be known then. Errors name file and field.
Result<> CompleteDeployment(DeploymentOptions& options, const spec::Deployment& known = {});
/// `--threads`, `--slots`: of an engine on a processor.
void AddProcessorOptions(Command& command, DeploymentOptions& options);
/// `--params`.
void AddParamsOption(Command& command, DeploymentOptions& options);

/// The catalog that the flags name, with what `--model` and `--chip` name as files and with
/// `--fabric` in the place of the chip's links, after a check that the layout does not contradict
/// itself.
Result<catalog::Catalog> LoadDeploymentCatalog(const DeploymentOptions& options);

}  // namespace roofscape::cli
