// Trends and regressions as text and JSON.
//
// Thread safety: pure functions.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"
#include "cli/table.h"
#include "domain/analysis/regression.h"
#include "domain/analysis/trend.h"

namespace roofscape::cli {

/// Rows that agree in the fields asked for; `name` says in what: "b200, sglang".
struct RowGroup {
  std::string name;
  std::vector<std::size_t> rows;
};

/// In order of first appearance; one group without a name where no field is asked for.
/// kInvalidArgument for a field that is none of GroupNames().
Result<std::vector<RowGroup>> GroupBy(std::span<const spec::Row> rows,
                                      std::span<const std::string> fields);

/// "chip, engine, model, precision, speculative".
std::string GroupNames();

struct NamedTrend {
  std::string group;
  analysis::Trend trend;  // Its rows are places among all rows.
};

std::string TrendsText(std::span<const spec::Row> rows, const analysis::TrendQuery& query,
                       std::span<const NamedTrend> trends, const Style& style);
Json TrendsJson(std::span<const spec::Row> rows, const analysis::TrendQuery& query,
                std::span<const NamedTrend> trends);

/// What got worse or better, and of how many curves that could be judged.
std::string ShiftsText(std::span<const analysis::RowCurve> curves,
                       std::span<const analysis::CurveShift> shifts, const std::string& metric,
                       const Style& style);
Json ShiftsJson(std::span<const analysis::RowCurve> curves,
                std::span<const analysis::CurveShift> shifts);

/// "8192/1024, inferencex, whole window": what a trend's or a series' rows share.
std::string SharedName(const analysis::RowSeriesKey& key);

/// Who a row is: "b200 sglang fp8 mtp", what is empty left out.
std::string WhoOf(const spec::Row& row);

}  // namespace roofscape::cli
