// Comparisons and shifts of curves against their history, as text.
//
// Thread safety: pure functions.

#pragma once

#include <span>
#include <string>

#include "base/core/json.h"
#include "cli/table.h"
#include "domain/analysis/compare.h"
#include "domain/analysis/regression.h"

namespace roofscape::cli {

/// One row a match with effect, interval and finding; then all together, in what the sides differ,
/// and what cannot be shown without repeats. `at` heads the first column: "users", "tok/s/user".
std::string ComparisonTable(const analysis::Comparison& comparison, const std::string& at,
                            const Style& style);

Json ComparisonJson(const analysis::Comparison& comparison, const std::string& at);

/// The curves that became worse or better than their history, largest loss first; "" for none. Then
/// how many curves were judged.
std::string ShiftTable(std::span<const spec::Row> rows, std::span<const analysis::RowCurve> curves,
                       std::span<const analysis::CurveShift> shifts, const Style& style);

}  // namespace roofscape::cli
