// What each series of an archive gives at a target: the best measured point that meets it (step),
// and, where asked, the value read between measured points with its band (interpolate.h).
//
// Ownership: places in the span of rows given. Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/analysis/curve.h"
#include "domain/analysis/interpolate.h"
#include "domain/spec/row.h"

namespace roofscape::analysis {

struct ReadingQuery {
  RowAxis x;  // interactivity_p50_tps, usually.
  RowAxis y;  // A rate a chip, for costs and energy.
  double target = 0.0;
  bool interpolate = false;
  bool all = false;  // Also unfit and unfinished points.
};

struct Reading {
  RowSeriesKey key;
  std::size_t points = 0;          // Of the series that take part.
  std::optional<std::size_t> row;  // The step; missing: no measured point meets the target.
  std::optional<double> x, y;      // Its values.
  /// Between two knots of one layout and run; missing where none has knots on both sides.
  std::optional<Interpolated> between;
  std::optional<std::size_t> like;  // A row of the curve that was read between.
};

struct Readings {
  std::vector<Reading> series;  // In order of first appearance.
  Bend bend;                    // What the interpolation used; fitted to all curves of the rows.
};

/// kInvalidArgument where interpolation is asked of axes of which not both are better when higher:
/// costs and latencies are derived from rates, never interpolated.
Result<Readings> ReadAt(std::span<const spec::Row> rows, const ReadingQuery& query);

}  // namespace roofscape::analysis
