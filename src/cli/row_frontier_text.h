// The frontiers of rows, imported and own, as text, CSV and JSON: one a series.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "cli/table.h"
#include "domain/analysis/curve.h"

namespace roofscape::cli {

struct SeriesFrontier {
  analysis::RowSeries series;
  analysis::RowFrontier frontier;
};

struct RowFrontiers {
  analysis::RowAxis x, y;
  std::vector<SeriesFrontier> series;
};

/// REQUIRES: both axes say which way is better.
RowFrontiers RowFrontiersOf(std::span<const spec::Row> rows, analysis::RowAxis x,
                            analysis::RowAxis y, bool all);

/// The points on each frontier; with a target the step reading of each.
std::string RowFrontiersText(std::span<const spec::Row> rows, const RowFrontiers& frontiers,
                             std::optional<double> target, const Style& style);
/// Every point, with whether it is on its frontier.
std::string RowFrontiersCsv(std::span<const spec::Row> rows, const RowFrontiers& frontiers);
Json RowFrontiersJson(std::span<const spec::Row> rows, const RowFrontiers& frontiers,
                      std::optional<double> target);

}  // namespace roofscape::cli
