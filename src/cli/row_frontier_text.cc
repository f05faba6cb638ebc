#include "cli/row_frontier_text.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "domain/analysis/days.h"

namespace roofscape::cli {
namespace {

std::string DayText(const spec::Row& row) {
  const auto day = analysis::DayOf(row.measured);
  return day ? day->ToIso() : "-";
}

std::string Load(const spec::Row& row) {
  if (row.concurrency > 0) return std::to_string(row.concurrency);
  return row.rate_rps ? FormatNumber(row.rate_rps) + "/s" : "-";
}

Table FrontTable(std::span<const spec::Row> rows, const RowFrontiers& frontiers,
                 const SeriesFrontier& one) {
  Table table({{frontiers.x.unit},
               {frontiers.y.unit},
               {"load"},
               {"measured", Align::kLeft, false},
               {"layout", Align::kLeft}});
  for (const std::size_t place : one.frontier.front) {
    const analysis::RowPoint& point = one.frontier.points[place];
    const spec::Row& row = rows[point.row];
    table.AddRow({FormatNumber(point.x), FormatNumber(point.y), Load(row), DayText(row),
                  analysis::LayoutName(row.deployment)});
  }
  return table;
}

std::string ReadingText(std::span<const spec::Row> rows, const RowFrontiers& frontiers,
                        const SeriesFrontier& one, double target) {
  const auto best = analysis::StepAt(one.frontier, frontiers.x, frontiers.y, target);
  if (!best) return fmt::format("at {}: no point\n", FormatNumber(target));
  const analysis::RowPoint& point = one.frontier.points[*best];
  return fmt::format("at {}: {} {} (load {}, {})\n", FormatNumber(target), FormatNumber(point.y),
                     frontiers.y.unit, Load(rows[point.row]), FormatNumber(point.x));
}

Json PointJson(std::span<const spec::Row> rows, const analysis::RowPoint& point) {
  const spec::Row& row = rows[point.row];
  return {{"x", point.x ? Json(*point.x) : Json(nullptr)},
          {"y", point.y ? Json(*point.y) : Json(nullptr)},
          {"on_front", point.on_front},
          {"excluded", point.excluded},
          {"concurrency", row.concurrency},
          {"rate_rps", row.rate_rps ? Json(*row.rate_rps) : Json(nullptr)},
          {"measured", DayText(row)},
          {"layout", analysis::LayoutName(row.deployment)},
          {"run", analysis::OccasionOf(row).run}};
}

}  // namespace

RowFrontiers RowFrontiersOf(std::span<const spec::Row> rows, analysis::RowAxis x,
                            analysis::RowAxis y, bool all) {
  RowFrontiers out{std::move(x), std::move(y), {}};
  for (analysis::RowSeries& series : analysis::GroupIntoSeries(rows)) {
    analysis::RowFrontier frontier = analysis::FrontierOf(rows, series.rows, out.x, out.y, all);
    out.series.push_back({std::move(series), std::move(frontier)});
  }
  return out;
}

std::string RowFrontiersText(std::span<const spec::Row> rows, const RowFrontiers& frontiers,
                             std::optional<double> target, const Style& style) {
  std::string out;
  for (const SeriesFrontier& one : frontiers.series) {
    out += fmt::format("{}{}\n", out.empty() ? "" : "\n",
                       Bold(Wrap(analysis::Label(one.series.key), style.width, 2), style));
    if (target) {
      out += ReadingText(rows, frontiers, one, *target);
      continue;
    }
    out += FrontTable(rows, frontiers, one).ToText(style);
    out += fmt::format("{} of {} points are on the frontier\n", one.frontier.front.size(),
                       one.frontier.points.size());
  }
  return out;
}

std::string RowFrontiersCsv(std::span<const spec::Row> rows, const RowFrontiers& frontiers) {
  std::string out =
      fmt::format("series,{},{},on_front,excluded,concurrency,rate_rps,measured,layout,run\n",
                  frontiers.x.name, frontiers.y.name);
  for (const SeriesFrontier& one : frontiers.series) {
    const std::string label = CsvField(analysis::Label(one.series.key));
    for (const analysis::RowPoint& point : one.frontier.points) {
      const spec::Row& row = rows[point.row];
      out += fmt::format("{},{},{},{},{},{},{},{},{},{}\n", label, FormatExact(point.x),
                         FormatExact(point.y), point.on_front ? 1 : 0, CsvField(point.excluded),
                         row.concurrency, FormatExact(row.rate_rps), DayText(row),
                         CsvField(analysis::LayoutName(row.deployment)),
                         CsvField(analysis::OccasionOf(row).run));
    }
  }
  return out;
}

Json RowFrontiersJson(std::span<const spec::Row> rows, const RowFrontiers& frontiers,
                      std::optional<double> target) {
  Json all = Json::array();
  for (const SeriesFrontier& one : frontiers.series) {
    Json points = Json::array();
    for (const analysis::RowPoint& point : one.frontier.points) {
      points.push_back(PointJson(rows, point));
    }
    Json series = {{"label", analysis::Label(one.series.key)}, {"points", std::move(points)}};
    if (target) {
      const auto best = analysis::StepAt(one.frontier, frontiers.x, frontiers.y, *target);
      series["reading"] = best ? PointJson(rows, one.frontier.points[*best]) : Json(nullptr);
    }
    all.push_back(std::move(series));
  }
  return {{"x", frontiers.x.name},
          {"y", frontiers.y.name},
          {"target", target ? Json(*target) : Json(nullptr)},
          {"series", std::move(all)}};
}

}  // namespace roofscape::cli
