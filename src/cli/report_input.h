// Fills a report from stored runs: the metrics as they stand, distributions and courses from the
// request logs.
//
// Thread safety: as the store's.

#pragma once

#include <string>
#include <vector>

#include "base/core/result.h"
#include "domain/spec/request_log.h"
#include "results/report/report_input.h"
#include "results/store/store.h"

namespace roofscape::cli {

/// Distributions and courses of one point. Latencies are those of the steady window, or of the
/// whole where there is none.
report::PointDetail DetailOf(const spec::RequestLog& log, const spec::PointResult& point);

/// Details of every point whose log holds something. A log that cannot be read is left out and a
/// line about it added to `warnings`: the rest of the report does not depend on it.
std::vector<report::PointDetail> LoadDetails(store::Store& store,
                                             const std::vector<spec::RunResult>& runs,
                                             std::vector<std::string>& warnings);

}  // namespace roofscape::cli
