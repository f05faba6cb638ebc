// What was best at each date, at a fixed interactivity: a step function over the days on which it
// changed, each step with the row that set it. Nothing is filled forward as if it were measured
// again, nothing is removed by a later, partial run, and nothing is interpolated.
//
// A day counts for the day on which it was measured; a row published later changes the days from
// its measurement on, which is why a step names its row. Rows of different protocol, window or
// workload never meet in one trend; model, chip, engine, precision and the rest may.
//
// Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/analysis/curve.h"
#include "domain/catalog/date.h"
#include "domain/spec/row.h"

namespace roofscape::analysis {

/// What must be met, and what is wanted best. The axis of `best` may depend on a fixed day: a cost
/// at the prices of one day shows progress of the systems, one at each row's own day that of the
/// market with it.
struct TrendQuery {
  RowAxis floor;        // interactivity_p50_tps, usually.
  double target = 0.0;  // At least it, or at most where less is better.
  RowAxis best;
};

struct TrendStep {
  catalog::Date from;  // Best from this day until the next step.
  double value = 0.0;
  std::size_t row = 0;  // Which set it.
  double at = 0.0;      // Its value on the floor's axis.
};

struct Trend {
  RowSeriesKey key;  // Protocol, window, workload and way; the rest empty where they vary.
  std::vector<TrendStep> steps;  // By rising day; each strictly better than the one before.
  std::size_t undated = 0;       // Rows that meet the target but have no day.
};

/// One trend for each protocol, window, workload and way among the rows, in order of appearance;
/// without steps where nothing meets the target. Of two equally good rows of one day the first
/// counts.
std::vector<Trend> TrendsOf(std::span<const spec::Row> rows, const TrendQuery& query);

/// What was best on that day; missing before the first step.
std::optional<TrendStep> BestOn(const Trend& trend, catalog::Date day);

}  // namespace roofscape::analysis
