// A run and its points as text for people and as CSV: what `show` prints, and `bench` at its end.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "cli/table.h"
#include "domain/spec/run_result.h"

namespace roofscape::cli {

enum class WindowChoice {
  kSteady,  // The whole window stands in, marked '*', where no steady state was found.
  kWhole,
};

/// What was measured, where and how: the lines above the table.
std::string RunHeader(const spec::RunResult& run, const Style& style);

/// One row a point, and under it a line for each reason of a verdict.
std::string PointTable(const spec::RunResult& run, WindowChoice window, const Style& style);

/// Everything about one point: verdict, the instrument's own numbers, all metrics of both windows.
std::string PointDetails(const spec::PointResult& point, const Style& style);

/// All metrics of all points, one row a point, under their flat names.
std::string PointsCsv(const spec::RunResult& run, WindowChoice window);

}  // namespace roofscape::cli
