// The flags that say what serves, as `predict` and `simulate` share them, and the case that the
// performance model makes of them.
//
// Thread safety: plain values; functions read files.

#pragma once

#include <optional>
#include <string>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "model/calibrate/case.h"

namespace CLI {
class App;
}

namespace roofscape::cli {

struct DeploymentOptions {
  std::string model, chip, fabric, engine, precision;
  std::optional<double> chips, workers, threads, slots;
  std::optional<double> tp, ep, dp, pp;
  std::optional<double> prefill_tp, prefill_ep, prefill_dp, prefill_workers;
  std::string params;
  std::string catalog;

  bool Disaggregated() const { return prefill_tp || prefill_ep || prefill_dp || prefill_workers; }
};

void AddDeploymentOptions(CLI::App& command, DeploymentOptions& options);
/// `--params`.
void AddParamsOption(CLI::App& command, DeploymentOptions& options);

/// The deployment as a row without load; nominal lengths are the caller's.
calibrate::ServingRow RowOf(const DeploymentOptions& options);

/// The catalog that the flags name, with `--fabric` in the chip's place, after a check that the
/// layout does not contradict itself.
Result<catalog::Catalog> LoadDeploymentCatalog(const DeploymentOptions& options);

/// Refuses weights that leave no room for a cache.
Result<> CheckFits(const calibrate::Case& c);

}  // namespace roofscape::cli
