// Rows in shapes that other programs read.
//
// Thread safety: pure functions.

#pragma once

#include <span>
#include <string>

#include "base/core/json.h"
#include "domain/spec/row.h"

namespace roofscape::cli {

/// One line a row: what served, what was asked, then every metric that some row has, by its name in
/// docs/reference/metrics.md. RFC 4180; missing values are empty.
std::string RowsCsv(std::span<const spec::Row> rows);

/// One JSON object a line: everything a row holds.
std::string RowsJsonLines(std::span<const spec::Row> rows);

/// InferenceX's answer to /api/v1/benchmarks, as its readers expect it, its denominators included:
/// of a disaggregated row the output is per decode chip, the input per prefill chip.
Json InferencexRows(std::span<const spec::Row> rows);

}  // namespace roofscape::cli
