// What a run lacks that comes from the store: metrics of points that were cut off, computed from
// the part of their log that was stored, and what its repeats say about each other.
//
// Errors: the store's. Thread safety: as the store's.

#pragma once

#include "base/core/result.h"
#include "domain/spec/run_result.h"
#include "results/store/store.h"

namespace roofscape::store {

/// Fills in metrics and verdict of every incomplete point of `run` that has none. They stay
/// complete = false, and a server reason says that they are of a part. Fills in run.repeats.
Result<> RecomputeUnfinished(Store& store, spec::RunResult& run);

}  // namespace roofscape::store
