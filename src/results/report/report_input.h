// What a report is made from: runs as stored, and, where the request log is at hand, distributions
// and courses of single points. Plain numbers, so that the report needs neither store nor log.
//
// Ownership: plain values. Thread safety: plain values.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "domain/analysis/frontier.h"
#include "domain/spec/run_result.h"

namespace roofscape::report {

/// Counts between edges; edges_s has one more entry than counts, rising, all > 0 [s].
struct ChartHistogram {
  std::vector<double> edges_s;
  std::vector<std::int64_t> counts;
};

/// values[i] holds over [start_s + i * step_s, start_s + (i + 1) * step_s) of the point's clock.
struct ChartCourse {
  double start_s = 0;
  double step_s = 1;
  std::vector<double> values;
};

/// What the request log of one point adds to its metrics.
struct PointDetail {
  std::size_t run = 0;    // Place in ReportInput::runs.
  std::size_t point = 0;  // Place in that run's points.
  std::optional<ChartHistogram> ttft, itl, e2e;
  std::optional<ChartCourse> output_tps;  // [tokens/s]
  std::optional<ChartCourse> in_flight;   // [requests]
};

struct ReportInput {
  std::string title;  // Empty: model and engine.
  std::vector<spec::RunResult> runs;
  std::vector<PointDetail> details;
  analysis::WindowKind window = analysis::WindowKind::kSteady;
  WallTime generated;
  std::string version;  // Of Roofscape, that made the report.
};

}  // namespace roofscape::report
