// A point by other tools' definitions as text: one tool in full, or all of them side by side.
//
// Thread safety: pure functions.

#pragma once

#include <string>
#include <vector>

#include "cli/table.h"
#include "domain/metrics/foreign.h"
#include "domain/spec/run_result.h"

namespace roofscape::cli {

/// What a point's run knows beside its log.
metrics::ForeignContext ForeignContextOf(const spec::RunResult& run,
                                         const spec::PointResult& point);

/// Every figure of one tool, and its notes below.
std::string ForeignText(const spec::PointResult& point, const metrics::ForeignFigures& figures,
                        const Style& style);

/// One row a tool, ours first, in three tables; below them where the definitions differ.
std::string ForeignTables(const spec::PointResult& point,
                          const std::vector<metrics::ForeignFigures>& tools, const Style& style);

}  // namespace roofscape::cli
