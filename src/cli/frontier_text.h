// A frontier as text: a table a series, a small chart, step readings, CSV and JSON.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/core/json.h"
#include "cli/table.h"
#include "domain/analysis/frontier.h"

namespace roofscape::cli {

/// One table a series; points on the frontier are marked '*', those that take no part say why.
std::string FrontierTables(std::span<const spec::RunResult> runs,
                           const analysis::Frontier& frontier, const Style& style);

/// A scatter chart of letters, one a series, capital on the frontier; "" when there is nothing to
/// draw.
std::string FrontierChart(const analysis::Frontier& frontier, const Style& style);

/// One line a series: the best point whose x meets the target, or that none does.
std::string FrontierReadings(std::span<const spec::RunResult> runs,
                             const analysis::Frontier& frontier, double target, const Style& style);

/// One row a point, with all digits.
std::string FrontierCsv(std::span<const spec::RunResult> runs, const analysis::Frontier& frontier);

/// The same as one object; with a target also the step reading of each series (null: none).
Json FrontierJson(std::span<const spec::RunResult> runs, const analysis::Frontier& frontier,
                  std::optional<double> target);

}  // namespace roofscape::cli
