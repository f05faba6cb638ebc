// Steps of a model on wafers (perf/wafer.h), in the middle of what is known of them: the geometric
// mean of its bounds. Sequences follow one another through the layers, so that a step of many takes
// little longer than one until every layer has its own, and then as many times longer.
//
// Thread safety: const.

#pragma once

#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "model/perf/lowered.h"
#include "model/perf/wafer.h"
#include "model/sim/cluster.h"

namespace roofscape::sim {

class WaferStepModel final : public StepModel {
 public:
  WaferStepModel(const perf::Wafer& wafer, const perf::WaferLoad& load);

  /// The context does not count: the cache lies beside the arithmetic.
  double DecodeSeconds(double decode, double context) const override;
  /// Arithmetic of all wafers, and without sequences the way through all layers.
  double PromptSeconds(double decode, double context, double prefill, double pairs) const override;

 private:
  perf::Wafer wafer_;
  perf::WaferLoad load_;
};

/// A model on `wafers` of them; missing: as many as hold its weights in nine tenths of their
/// memory. What is left holds the cache. Errors: wafers that do not hold the weights; a chip whose
/// arithmetic is not known.
struct WaferDeployment {
  Cluster cluster;
  int wafers = 1;
};
Result<WaferDeployment> MakeWaferCluster(const perf::Wafer& wafer, const perf::Lowered& whole,
                                         double active_parameters, std::optional<int> wafers,
                                         const EnginePolicy& policy);

}  // namespace roofscape::sim
