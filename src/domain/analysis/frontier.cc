#include "domain/analysis/frontier.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/core/check.h"
#include "base/core/text.h"
#include "domain/analysis/pareto.h"

namespace roofscape::analysis {
namespace {

constexpr std::string_view kDefaultX = "interactivity_p50_tps";
constexpr std::string_view kDefaultY = "total_tps_per_chip";
constexpr std::string_view kFallbackY = "total_tps";

Result<const spec::MetricInfo*> AxisMetric(std::string_view name, std::string_view axis) {
  auto metric = spec::FindMetric(name);
  if (!metric) return metric.error().In(fmt::format("{} axis", axis));
  if ((*metric)->direction == spec::Direction::kNeither) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{} axis: of '{}' neither more nor less is better, so it has no "
                             "frontier; take a latency or a rate, e.g. {}",
                             axis, name, axis == "x" ? "ttft_p50_s" : kFallbackY)};
  }
  return metric;
}

// Closed loop by rising concurrency, then open loop by rising rate.
std::pair<std::int64_t, double> LoadOrder(const spec::PointResult& point) {
  const bool open = point.concurrency == 0;
  return {open ? std::numeric_limits<std::int64_t>::max() : point.concurrency,
          point.rate_rps.value_or(0.0)};
}

std::optional<double> Finite(std::optional<double> value) {
  return value && std::isfinite(*value) ? value : std::nullopt;
}

/// `way`: a prediction sent no requests, and none of them failed.
std::string WhyExcluded(const spec::PointResult& point, const std::string& way,
                        const SeriesPoint& place, const Query& query) {
  const spec::PointMetrics* metrics = MetricsOf(point, query.window);
  if (metrics == nullptr) return "unsteady";
  if (!query.all) {
    if (!point.complete) return "stopped halfway";
    if (point.verdict.instrument == spec::Fitness::kInvalid) return "instrument INVALID";
  }
  if (metrics->successes == 0 && way != "predicted") return "no request succeeded";
  if (!place.x) return fmt::format("no {}", query.axes.x->name);
  if (!place.y) return fmt::format("no {}", query.axes.y->name);
  return {};
}

SeriesPoint MakePoint(std::span<const spec::RunResult> runs, std::size_t run, std::size_t index,
                      const Query& query) {
  const spec::PointResult& point = runs[run].points[index];
  SeriesPoint place;
  place.run = run;
  place.point = index;
  if (const spec::PointMetrics* metrics = MetricsOf(point, query.window)) {
    place.x = Finite(query.axes.x->value(*metrics));
    place.y = Finite(query.axes.y->value(*metrics));
  }
  place.excluded = WhyExcluded(point, runs[run].way, place, query);
  return place;
}

Series& FindOrAdd(std::vector<Series>& all, const SeriesKey& key) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Series& s) { return s.key == key; });
  if (found != all.end()) return *found;
  all.emplace_back().key = key;
  return all.back();
}

void MarkFront(Series& series, const Axes& axes) {
  std::vector<Position> positions;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const SeriesPoint& p = series.points[i];
    if (!p.excluded.empty()) continue;
    positions.push_back({*p.x, *p.y});
    places.push_back(i);
  }
  for (const std::size_t i : ParetoFront(positions, axes.x->direction, axes.y->direction)) {
    series.points[places[i]].on_front = true;
    series.front.push_back(places[i]);
  }
}

SeriesKey OnlyWhatAlwaysSeparates(const SeriesKey& key) {
  SeriesKey joined;
  joined.protocol = key.protocol;
  joined.way = key.way;
  return joined;
}

void JoinedLabels(const std::vector<SeriesKey>& keys, std::vector<std::string>& labels) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    labels[i] = keys.size() == 1 ? "all" : fmt::format("all {}, {}", keys[i].way, keys[i].protocol);
  }
}

}  // namespace

std::string_view Name(WindowKind window) {
  return window == WindowKind::kSteady ? "steady" : "whole";
}

Result<WindowKind> ParseWindow(std::string_view name) {
  static const std::array<std::string, 2> kNames = {"steady", "whole"};
  if (name == kNames[0]) return WindowKind::kSteady;
  if (name == kNames[1]) return WindowKind::kWhole;
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("window '{}': no such window.{} Take steady or whole",
                           Printable(name, 40), DidYouMean(name, kNames))};
}

const spec::PointMetrics* MetricsOf(const spec::PointResult& point, WindowKind window) {
  return window == WindowKind::kSteady ? point.Primary() : &point.whole;
}

Result<Axes> ChooseAxes(std::span<const spec::RunResult> runs, std::string_view x,
                        std::string_view y) {
  Axes axes;
  RS_ASSIGN_OR_RETURN(axes.x, AxisMetric(x.empty() ? kDefaultX : x, "x"));
  if (!y.empty()) {
    RS_ASSIGN_OR_RETURN(axes.y, AxisMetric(y, "y"));
    return axes;
  }
  // One axis for all: rates of one chip and of a whole deployment do not belong on one chart.
  const bool chips_known = std::all_of(runs.begin(), runs.end(), [](const spec::RunResult& run) {
    return spec::ChipCount(run.plan.deployment).has_value();
  });
  RS_ASSIGN_OR_RETURN(axes.y, AxisMetric(chips_known ? kDefaultY : kFallbackY, "y"));
  if (!chips_known) {
    axes.note = "per deployment, as the number of chips is not known (--chip NAME --chips N)";
  }
  return axes;
}

Frontier ComputeFrontier(std::span<const spec::RunResult> runs, const Query& query) {
  RS_CHECK(query.axes.x != nullptr && query.axes.y != nullptr);
  Frontier frontier;
  frontier.axes = query.axes;
  frontier.window = query.window;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    for (std::size_t i = 0; i < runs[r].points.size(); ++i) {
      SeriesKey key = KeyOf(runs[r], runs[r].points[i]);
      if (query.join) key = OnlyWhatAlwaysSeparates(key);
      FindOrAdd(frontier.series, key).points.push_back(MakePoint(runs, r, i, query));
    }
  }
  std::vector<SeriesKey> keys;
  for (Series& series : frontier.series) {
    std::stable_sort(series.points.begin(), series.points.end(),
                     [&](const SeriesPoint& a, const SeriesPoint& b) {
                       return LoadOrder(runs[a.run].points[a.point]) <
                              LoadOrder(runs[b.run].points[b.point]);
                     });
    MarkFront(series, query.axes);
    keys.push_back(series.key);
  }
  std::vector<std::string> labels = Labels(keys);
  if (query.join) JoinedLabels(keys, labels);
  for (std::size_t i = 0; i < labels.size(); ++i) frontier.series[i].label = labels[i];
  return frontier;
}

std::optional<std::size_t> BestAt(const Series& series, const Axes& axes, double target) {
  const bool rising = axes.x->direction == spec::Direction::kHigherIsBetter;
  std::optional<std::size_t> best;
  for (const std::size_t i : series.front) {
    const double x = *series.points[i].x;
    if (rising ? x < target : x > target) continue;
    // Along a front y gets worse as x gets better, so the best is the last to just meet the target.
    if (!best || (rising ? x < *series.points[*best].x : x > *series.points[*best].x)) best = i;
  }
  return best;
}

}  // namespace roofscape::analysis
