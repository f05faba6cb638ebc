// Trends, and intelligence per dollar and per watt, as text.
//
// Thread safety: pure functions.

#pragma once

#include <span>
#include <string>

#include "base/core/json.h"
#include "cli/table.h"
#include "domain/analysis/intelligence.h"
#include "domain/analysis/trend.h"

namespace roofscape::cli {

/// One table a trend: the day, the value, and which row set it.
std::string TrendTables(std::span<const spec::Row> rows, std::span<const analysis::Trend> trends,
                        const analysis::TrendQuery& query, const Style& style);

Json TrendJson(std::span<const spec::Row> rows, std::span<const analysis::Trend> trends,
               const analysis::TrendQuery& query);

/// One row a pair of weights and chip, best first, then what the figures are of.
std::string IntelligenceTable(std::span<const spec::Row> rows,
                              std::span<const analysis::IntelligencePoint> points,
                              const analysis::IntelligenceQuery& query, const Style& style);

Json IntelligenceJson(std::span<const spec::Row> rows,
                      std::span<const analysis::IntelligencePoint> points,
                      const analysis::IntelligenceQuery& query);

/// "x 12.3 a year (95 %: 8.1 to 18.6, from 7 records)", or why there is none.
std::string GainText(const analysis::AnnualGain& gain);
Json GainJson(const analysis::AnnualGain& gain);

}  // namespace roofscape::cli
