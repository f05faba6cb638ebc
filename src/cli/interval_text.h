// Intervals as text: beside a figure, and the table of the repeats of a run.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/table.h"
#include "domain/spec/run_result.h"

namespace roofscape::cli {

/// "835 ± 12": the figure and half of its within-run interval, to two digits; the figure
/// alone where the window has no interval of that name.
std::string WithInterval(std::optional<double> figure, const spec::PointMetrics& metrics,
                         std::string_view name);

/// "± 0.012", or "" where the window has no interval of that name.
std::string HalfWidth(const spec::PointMetrics& metrics, std::string_view name);

/// Under the table of points: percentiles with failures as infinitely late, "" where none failed.
std::string AttemptedText(const spec::PointMetrics& metrics);

/// Mean and between-run interval of the headline figures, one row a group of repeats, with the
/// sentence what they are for; "" when the run has no repeats.
std::string RepeatTable(const spec::RunResult& run, const Style& style);

}  // namespace roofscape::cli
