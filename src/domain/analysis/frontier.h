// The frontier of throughput against interactivity, or of any two metrics, over stored points.
//
// Points are grouped into series (series.h), and each series has its own frontier; only points of
// the same protocol and window ever share one. A reading at a target is a step: the best measured
// point that meets the target. Nothing is interpolated or extrapolated.
//
// Ownership: a Frontier names runs and points by their place in the span it was made from, and
// points to constant metric infos. Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "domain/analysis/series.h"
#include "domain/spec/metric_registry.h"

namespace roofscape::analysis {

/// Which of a point's two windows is read.
enum class WindowKind { kSteady, kWhole };

std::string_view Name(WindowKind window);
Result<WindowKind> ParseWindow(std::string_view name);

/// The metrics over one window, or nullptr where a point has no steady state.
const spec::PointMetrics* MetricsOf(const spec::PointResult& point, WindowKind window);

struct Axes {
  const spec::MetricInfo* x = nullptr;
  const spec::MetricInfo* y = nullptr;
  /// Says so when y fell back from "per chip" to "per deployment".
  std::string note;
};

/// The axes of those names. An empty x is interactivity_p50_tps; an empty y is total_tps_per_chip,
/// or total_tps, with a note, when some run does not say how many chips served it. Refuses unknown
/// names and metrics of which neither more nor less is better.
Result<Axes> ChooseAxes(std::span<const spec::RunResult> runs, std::string_view x,
                        std::string_view y);

struct Query {
  Axes axes;
  WindowKind window = WindowKind::kSteady;
  /// Also points whose instrument was INVALID and points that were stopped halfway.
  bool all = false;
  /// One frontier over all models, deployments and workloads. Protocol and way still separate.
  bool join = false;
};

struct SeriesPoint {
  std::size_t run = 0;    // Place in the span of runs.
  std::size_t point = 0;  // Place in that run's points.
  std::optional<double> x, y;
  std::string
      excluded;  // Why it takes no part, e.g. "unsteady" (no steady state); empty: it takes part.
  bool on_front = false;
};

struct Series {
  SeriesKey key;
  std::string label;                // Differs from every other series'.
  std::vector<SeriesPoint> points;  // By rising concurrency; excluded ones too.
  std::vector<std::size_t> front;   // Places in `points`, by rising x.
};

struct Frontier {
  Axes axes;
  WindowKind window = WindowKind::kSteady;
  std::vector<Series> series;  // In the order in which the runs show them.
};

/// REQUIRES: the query's axes come from ChooseAxes.
Frontier ComputeFrontier(std::span<const spec::RunResult> runs, const Query& query);

/// The point with the best y among those whose x meets the target (at least it where more is
/// better, at most it where less is); missing when none does. The place in series.points.
std::optional<std::size_t> BestAt(const Series& series, const Axes& axes, double target);

}  // namespace roofscape::analysis
