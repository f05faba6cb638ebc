// Rows of the archive sorted into what may be compared: a series holds what may share a frontier,
// a curve the points of one series that one run measured on one layout of the chips.
//
//   series: the same model, precision, engine, speculative decoding, chip, workload, protocol,
//           window and way. Points that differ in any of them never share a frontier.
//   curve:  further the same layout (roles and degrees of parallelism), engine version, run, day.
//
// Ownership: places in the span of rows given. Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "domain/catalog/date.h"
#include "domain/spec/metric_registry.h"
#include "domain/spec/row.h"

namespace roofscape::analysis {

/// Everything in which two rows of one series agree.
struct RowSeriesKey {
  std::string model, precision, engine, speculative, chip;
  spec::Workload workload;  // Without its name, but where the name is all there is of it.
  std::string protocol, window, way;

  friend bool operator==(const RowSeriesKey&, const RowSeriesKey&) = default;
};

RowSeriesKey SeriesKeyOf(const spec::Row& row);

/// The key in words, different for different keys: "dsr1 fp4, sglang, b200-sxm, ...".
std::string Label(const RowSeriesKey& key);

/// The same for grouping: equal exactly where the keys are, which no text for people can promise.
std::string ExactKey(const RowSeriesKey& key);

/// How the chips are laid out, different for different layouts: "serve 1x8 tp8 ep8".
std::string LayoutName(const spec::Deployment& deployment);

/// Whether a row may be judged by: it was measured to its end by an instrument that was fit.
bool TakesPart(const spec::Row& row);

/// Where and when it was measured: the run and the day.
struct Occasion {
  std::string run;  // Its url, else its source.
  std::optional<catalog::Date> day;

  friend bool operator==(const Occasion&, const Occasion&) = default;
};

Occasion OccasionOf(const spec::Row& row);

struct RowSeries {
  RowSeriesKey key;
  std::vector<std::size_t> rows;  // In the order given.
};

struct RowCurve {
  RowSeriesKey key;
  std::string layout;
  std::string engine_version;
  Occasion occasion;
  std::vector<std::size_t> rows;  // By rising concurrency, then rate.
};

/// Both in order of first appearance.
std::vector<RowSeries> GroupIntoSeries(std::span<const spec::Row> rows);
std::vector<RowCurve> SplitIntoCurves(std::span<const spec::Row> rows);

/// What a row is read for: a metric of the registry, or a figure derived from one, as a cost.
struct RowAxis {
  std::string name;
  std::string unit;
  spec::Direction direction = spec::Direction::kNeither;
  std::function<std::optional<double>(const spec::Row&)> value;
};

/// The metric of that name; refuses unknown ones and those of which neither more nor less is
/// better.
Result<RowAxis> MetricAxis(const std::string& name);

struct RowPoint {
  std::size_t row = 0;
  std::optional<double> x, y;
  std::string excluded;  // Why it takes no part; empty: it does.
  bool on_front = false;
};

struct RowFrontier {
  std::vector<RowPoint> points;    // In the order given.
  std::vector<std::size_t> front;  // Places in `points`, by rising x.
};

/// The frontier of those rows. Rows without x or y, unfit ones (instrument INVALID) and those that
/// were stopped halfway take no part, the last two unless `all`.
/// REQUIRES: the rows are of one series; places are in range.
RowFrontier FrontierOf(std::span<const spec::Row> rows, std::span<const std::size_t> places,
                       const RowAxis& x, const RowAxis& y, bool all = false);

/// The step reading: the place in frontier.points of the best y among the measured points whose x
/// meets the target; missing when none does. It never promises more than was measured.
std::optional<std::size_t> StepAt(const RowFrontier& frontier, const RowAxis& x, const RowAxis& y,
                                  double target);

}  // namespace roofscape::analysis
