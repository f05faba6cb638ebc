// Small multiples: the distribution and the course of one point, each a drawing of 200 x 56.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <string>

#include "results/report/report_input.h"

namespace roofscape::report {

/// A range of durations shared by the histograms that are to be compared, on a log scale [s].
struct TimeRange {
  double low_s = 0;
  double high_s = 0;
};

/// The range of the counts that are not 0, widened to hold `range` if given; missing when every
/// count is 0.
std::optional<TimeRange> RangeOf(const ChartHistogram& histogram, std::optional<TimeRange> range);

/// A histogram over `range` with lines at the median and at p99 where given. `title` says whose.
std::string RenderHistogram(const ChartHistogram& histogram, const TimeRange& range,
                            std::optional<double> p50_s, std::optional<double> p99_s,
                            const std::string& title);

/// A course over time from 0 to `high`, the window [begin_s, end_s) shaded where given.
std::string RenderCourse(const ChartCourse& course, double high,
                         std::optional<double> window_begin_s, std::optional<double> window_end_s,
                         const std::string& title);

}  // namespace roofscape::report
