// Between-run intervals: what the repeats of a point say about each other.
//
// Thread safety: pure function.

#pragma once

#include <vector>

#include "domain/spec/run_result.h"

namespace roofscape::metrics {

/// The groups of points of `run` that differ in nothing but `repeat`, in order of their first
/// point; for each headline figure of their primary windows the mean and its 95 % Student t
/// interval. Points that did not end, have no primary window or an INVALID instrument take no part;
/// a figure that one of the rest lacks is left out. Groups of fewer than two points are none.
std::vector<spec::RepeatGroup> BetweenRuns(const spec::RunResult& run);

}  // namespace roofscape::metrics
