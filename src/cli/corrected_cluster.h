// What measured rows teach, put into a simulated deployment.
//
// Thread safety: one thread at a time for one `kernels`.

#pragma once

#include "base/core/result.h"
#include "cli/model_source.h"
#include "domain/catalog/catalog.h"
#include "model/calibrate/model.h"
#include "model/calibrate/rows.h"
#include "model/sim/cluster.h"

namespace roofscape::cli {

/// Makes steps, and what precedes them, as long as the rows nearest to this deployment say, so that
/// a steady load gives what `predict` does. Steps move with the correction of TPOT at the load that
/// fills such a batch; the time before the engine so that a lone request's TTFT is the predicted
/// one. `row`: the deployment; its concurrency does not count.
Result<> CorrectCluster(const catalog::Catalog& catalog, calibrate::ServingRow row,
                        const calibrate::Model& model, Kernels& kernels, sim::Cluster& cluster);

}  // namespace roofscape::cli
