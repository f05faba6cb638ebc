// Evals as a table and as CSV.
//
// Thread safety: pure functions.

#pragma once

#include <span>
#include <string>

#include "cli/table.h"
#include "domain/spec/eval_row.h"

namespace roofscape::cli {

/// A table a task, a line a score, in per cent with its 95 % interval.
std::string EvalTable(std::span<const spec::EvalRow> rows, const Style& style);

/// The same with all digits, as shares, and everything that tells deployments apart.
std::string EvalCsv(std::span<const spec::EvalRow> rows);

}  // namespace roofscape::cli
