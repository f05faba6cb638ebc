// Metrics of points that a killed run left without any, from the part of their log that was stored.
//
// Errors: the store's. Thread safety: as the store's.

#pragma once

#include "base/core/result.h"
#include "domain/spec/run_result.h"
#include "results/store/store.h"

namespace roofscape::cli {

/// Fills in metrics and verdict of every incomplete point of `run` that has none. They stay
/// complete = false, and a server reason says that they are of a part.
Result<> RecomputeUnfinished(store::Store& store, spec::RunResult& run);

}  // namespace roofscape::cli
