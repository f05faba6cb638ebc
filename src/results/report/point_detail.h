// Distributions and courses of one point from its request log.
//
// Thread safety: pure functions.

#pragma once

#include "domain/spec/request_log.h"
#include "domain/spec/run_result.h"
#include "results/report/report_input.h"

namespace roofscape::report {

/// Latencies are those of the point's own window, or of the whole where there is none. Places are
/// left to the caller.
PointDetail DetailOf(const spec::RequestLog& log, const spec::PointResult& point);

}  // namespace roofscape::report
