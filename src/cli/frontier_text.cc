#include "cli/frontier_text.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roofscape::cli {
namespace {

using analysis::Frontier;
using analysis::Series;
using analysis::SeriesPoint;
using spec::MetricInfo;
using Runs = std::span<const spec::RunResult>;

const spec::PointResult& PointOf(Runs runs, const SeriesPoint& p) {
  return runs[p.run].points[p.point];
}

/// "interactivity p50" in "tokens/s/user" as two lines of a column's head, as narrow as they go.
std::string Head(const MetricInfo& metric) {
  std::string unit = metric.unit;
  if (unit.starts_with("tokens")) unit = "tok" + unit.substr(6);
  if (unit == "s" || unit == "s/token") unit = "m" + unit;
  const std::string& title = metric.title;
  std::string best = title + "\n" + unit;
  std::size_t best_width = std::max(title.size(), unit.size());
  for (std::size_t at = title.find(' '); at != std::string::npos; at = title.find(' ', at + 1)) {
    const std::string second = title.substr(at + 1) + " " + unit;
    if (std::max(at, second.size()) >= best_width) continue;
    best_width = std::max(at, second.size());
    best = title.substr(0, at) + "\n" + second;
  }
  return best;
}

std::string Value(const MetricInfo& metric, std::optional<double> value) {
  return metric.unit == "s" || metric.unit == "s/token" ? FormatMillis(value) : FormatNumber(value);
}

/// Runs of a series in order of appearance.
std::vector<std::size_t> RunsOf(const Series& series) {
  std::set<std::size_t> runs;
  for (const SeriesPoint& p : series.points) runs.insert(p.run);
  return {runs.begin(), runs.end()};
}

std::string Heading(Runs runs, const Series& series, const Style& style) {
  const std::vector<std::size_t> used = RunsOf(series);
  std::string out = Bold(WithoutControls(series.label), style);
  if (used.size() == 1) return out + "  run " + WithoutControls(runs[used[0]].id) + "\n";
  out += "\n";
  for (std::size_t i = 0; i < used.size(); ++i) {
    out += fmt::format("  run {}: {}\n", i + 1, WithoutControls(runs[used[i]].id));
  }
  return out;
}

std::string State(const spec::PointResult& point, const std::string& way, const SeriesPoint& p) {
  if (p.excluded.empty() && way != "measured") return way;
  if (p.excluded.empty()) return std::string(spec::Name(point.verdict.instrument));
  return p.excluded == "instrument INVALID" ? "INVALID" : p.excluded;
}

/// TTFT is shown beside every frontier, unless it is an axis itself.
std::vector<const MetricInfo*> Columns(const Frontier& frontier) {
  std::vector<const MetricInfo*> columns = {frontier.axes.x, frontier.axes.y};
  for (const char* name : {"ttft_p50_s", "ttft_p99_s"}) {
    const MetricInfo* metric = *spec::FindMetric(name);
    if (metric != frontier.axes.x && metric != frontier.axes.y) columns.push_back(metric);
  }
  return columns;
}

std::string SeriesTable(Runs runs, const Frontier& frontier, const Series& series,
                        const Style& style) {
  const std::vector<std::size_t> used = RunsOf(series);
  const std::vector<const MetricInfo*> metrics = Columns(frontier);
  std::vector<Column> columns = {{"", Align::kLeft}, {"users", Align::kRight}};
  for (const MetricInfo* metric : metrics) columns.push_back({Head(*metric), Align::kRight});
  columns.push_back({"failed", Align::kRight});
  columns.push_back({"verdict", Align::kLeft, false});  // Why a point takes no part.
  if (used.size() > 1) columns.push_back({"run", Align::kRight});
  Table table(columns);
  for (const SeriesPoint& p : series.points) {
    const spec::PointResult& point = PointOf(runs, p);
    const spec::PointMetrics* m = analysis::MetricsOf(point, frontier.window);
    std::vector<std::string> row = {p.on_front ? "*" : "", spec::LoadMark(point)};
    for (const MetricInfo* metric : metrics) {
      row.push_back(m == nullptr ? "-" : Value(*metric, metric->value(*m)));
    }
    row.push_back(m == nullptr ? "-" : fmt::format("{}", m->failures));
    row.push_back(State(point, runs[p.run].way, p));
    if (used.size() > 1) {
      const auto place = std::find(used.begin(), used.end(), p.run) - used.begin();
      row.push_back(fmt::format("{}", place + 1));
    }
    table.AddRow(std::move(row));
  }
  return Heading(runs, series, style) + table.ToText(style);
}

std::string TargetText(const MetricInfo& x, double target) {
  const bool rising = x.direction == spec::Direction::kHigherIsBetter;
  return fmt::format("{} {} {}", x.title, rising ? ">=" : "<=", FormatWithUnit(target, x.unit));
}

Json Number(std::optional<double> value) { return value ? Json(*value) : Json(nullptr); }

/// The within-run interval of a metric of the point, or null.
Json IntervalJson(const spec::PointMetrics* metrics, const MetricInfo& metric) {
  if (metrics == nullptr) return nullptr;
  const auto found = metrics->intervals.find(metric.name);
  if (found == metrics->intervals.end()) return nullptr;
  return {{"low", found->second.low}, {"high", found->second.high}};
}

Json PointJson(Runs runs, const Frontier& frontier, const SeriesPoint& p) {
  const spec::PointResult& point = PointOf(runs, p);
  const spec::PointMetrics* m = analysis::MetricsOf(point, frontier.window);
  return {{"run", runs[p.run].id},
          {"point", point.index},
          {"concurrency", point.concurrency},
          {"rate_rps", point.rate_rps ? Json(*point.rate_rps) : Json(nullptr)},
          {"repeat", point.repeat},
          {"x", Number(p.x)},
          {"y", Number(p.y)},
          {"x_interval", IntervalJson(m, *frontier.axes.x)},
          {"y_interval", IntervalJson(m, *frontier.axes.y)},
          {"ttft_p50_s", m == nullptr ? Json(nullptr) : Number(m->ttft_s.p50)},
          {"ttft_p99_s", m == nullptr ? Json(nullptr) : Number(m->ttft_s.p99)},
          {"requests", m == nullptr ? Json(nullptr) : Json(m->requests)},
          {"failures", m == nullptr ? Json(nullptr) : Json(m->failures)},
          {"verdict", spec::Name(point.verdict.instrument)},
          {"on_frontier", p.on_front},
          {"excluded", p.excluded.empty() ? Json(nullptr) : Json(p.excluded)}};
}

/// A protocol may say that its figures are of the whole window.
bool OfAnotherWindow(Runs runs, const Frontier& frontier) {
  for (const Series& series : frontier.series) {
    for (const SeriesPoint& p : series.points) {
      const spec::PointResult& point = PointOf(runs, p);
      const auto* used = analysis::MetricsOf(point, frontier.window);
      if (frontier.window == analysis::WindowKind::kSteady && used == &point.whole) return true;
    }
  }
  return false;
}

}  // namespace

std::string FrontierTables(Runs runs, const Frontier& frontier, const Style& style) {
  std::string out;
  for (const Series& series : frontier.series) {
    out += SeriesTable(runs, frontier, series, style) + "\n";
  }
  const std::string legend = fmt::format(
      "*: on the frontier of its series, {} window{}{}{}.", analysis::Name(frontier.window),
      OfAnotherWindow(runs, frontier) ? " (of the protocol inferencex: the whole)" : "",
      frontier.axes.note.empty() ? "" : "; throughput ", frontier.axes.note);
  return out + Wrap(legend, style.width, 3) + "\n";
}

std::string FrontierReadings(Runs runs, const Frontier& frontier, double target,
                             const Style& style) {
  std::string out = Bold("Best measured at " + TargetText(*frontier.axes.x, target), style) + "\n";
  for (const Series& series : frontier.series) {
    const auto best = analysis::BestAt(series, frontier.axes, target);
    std::string line = WithoutControls(series.label) + ": ";
    if (best) {
      const SeriesPoint& p = series.points[*best];
      line +=
          fmt::format("{} at {} ({} {}, run {})", FormatWithUnit(p.y, frontier.axes.y->unit),
                      spec::LoadName(PointOf(runs, p)), frontier.axes.x->title,
                      FormatWithUnit(p.x, frontier.axes.x->unit), WithoutControls(runs[p.run].id));
    } else {
      line += "no measured point meets it";
    }
    out += "  " + Wrap(line, style.width - 2, 4) + "\n";
  }
  return out;
}

std::string FrontierCsv(Runs runs, const Frontier& frontier) {
  // The axes' columns carry their own names; further columns that would repeat them stay away.
  const std::vector<const MetricInfo*> metrics = Columns(frontier);
  std::string out = "series,run,point,concurrency,rate_rps,repeat,protocol,window";
  for (const MetricInfo* metric : metrics) out += "," + metric->name;
  out += ",failures,verdict,on_frontier,excluded\n";
  for (const Series& series : frontier.series) {
    for (const SeriesPoint& p : series.points) {
      const spec::PointResult& point = PointOf(runs, p);
      const spec::PointMetrics* m = analysis::MetricsOf(point, frontier.window);
      out +=
          fmt::format("{},{},{},{},{},{},{},{}", CsvField(series.label), CsvField(runs[p.run].id),
                      point.index, point.concurrency, FormatExact(point.rate_rps), point.repeat,
                      CsvField(point.protocol), analysis::Name(frontier.window));
      for (const MetricInfo* metric : metrics) {
        out += "," + FormatExact(m == nullptr ? std::nullopt : metric->value(*m));
      }
      out += fmt::format(",{},{},{},{}\n", m == nullptr ? "" : fmt::format("{}", m->failures),
                         spec::Name(point.verdict.instrument), p.on_front ? 1 : 0,
                         CsvField(p.excluded));
    }
  }
  return out;
}

Json FrontierJson(Runs runs, const Frontier& frontier, std::optional<double> target) {
  Json all = Json::array();
  for (const Series& series : frontier.series) {
    Json points = Json::array();
    for (const SeriesPoint& p : series.points) points.push_back(PointJson(runs, frontier, p));
    Json one = {{"label", series.label},           {"model", series.key.model},
                {"engine", series.key.engine},     {"workload", spec::ToJson(series.key.workload)},
                {"protocol", series.key.protocol}, {"way", series.key.way},
                {"points", std::move(points)}};
    if (target) {
      const auto best = analysis::BestAt(series, frontier.axes, *target);
      one["at"] = best ? PointJson(runs, frontier, series.points[*best]) : Json(nullptr);
    }
    all.push_back(std::move(one));
  }
  Json out = {{"x", frontier.axes.x->name},
              {"y", frontier.axes.y->name},
              {"window", analysis::Name(frontier.window)},
              {"note", frontier.axes.note}};
  if (target) out["target"] = *target;
  out["series"] = std::move(all);
  return out;
}

}  // namespace roofscape::cli
