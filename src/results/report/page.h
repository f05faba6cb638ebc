// What the sections of a report share: the input, and what was worked out of it once.
//
// Ownership: a Page points into the ReportInput, which must outlive it. Thread safety: plain
// values.

#pragma once

#include <string>
#include <vector>

#include "domain/analysis/frontier.h"
#include "results/report/report_input.h"
#include "results/report/svg_chart.h"

namespace roofscape::report {

struct Page {
  const ReportInput* input = nullptr;
  /// The window that is shown. `whole` stands in when no point has a steady state.
  analysis::WindowKind window = analysis::WindowKind::kSteady;
  bool no_steady_point = false;
  bool chips_known = false;  // Of every run: then rates are per chip.
  /// Throughput (total) against interactivity: names the series, their order and their colours.
  analysis::Frontier frontier;

  const spec::RunResult& Run(std::size_t run) const { return input->runs[run]; }
  const spec::PointResult& Point(const analysis::SeriesPoint& p) const {
    return input->runs[p.run].points[p.point];
  }
  /// The metrics of the shown window, or nullptr.
  const spec::PointMetrics* Metrics(const analysis::SeriesPoint& p) const {
    return analysis::MetricsOf(Point(p), window);
  }
  /// The unit of throughput for headings: "tokens/s/chip" or "tokens/s".
  std::string RateUnit() const { return chips_known ? "tokens/s/chip" : "tokens/s"; }
};

Page MakePage(const ReportInput& input);

/// Shape of a run's marks by its way: measured circles, simulated squares, predicted diamonds.
MarkShape ShapeOf(const std::string& way);

/// The distinct non-empty values, in order of appearance, joined by commas; an en dash for none.
std::string Distinct(const std::vector<std::string>& values);

/// "2026-11-23 19:02 UTC".
std::string Minute(WallTime time);

// The sections, each as HTML.
std::string HeaderSection(const Page& page);
std::string ThroughputSection(const Page& page);
std::string LatencySection(const Page& page);
std::string TableSection(const Page& page);
std::string RepeatsSection(const Page& page);  // "" without repeats
std::string ChecksSection(const Page& page);
std::string DistributionSection(const Page& page);
std::string SettingsSection(const Page& page);
std::string DefinitionSection(const Page& page);

}  // namespace roofscape::report
