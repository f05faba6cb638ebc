#include "cli/foreign_text.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace roofscape::cli {
namespace {

using metrics::ForeignFigure;
using metrics::ForeignFigures;
using metrics::ForeignRow;
using metrics::ForeignSpread;

// Four significant digits: tools are compared by percents.
std::string Digits(std::optional<double> value) {
  constexpr double kGrouped = 1000.0;
  if (!value) return "-";
  return *value < kGrouped ? fmt::format("{:.4g}", *value) : FormatNumber(*value);
}

std::string Millis(std::optional<double> seconds) {
  if (!seconds) return "-";
  return Digits(*seconds * 1e3);
}

ForeignSpread SpreadOf(const spec::Summary& summary) {
  return {summary.mean, summary.p50, summary.p99};
}

ForeignRow RowOf(const spec::PointMetrics& ours) {
  ForeignRow row;
  row.ttft_s = SpreadOf(ours.ttft_s);
  row.itl_s = SpreadOf(ours.itl_s);
  row.tpot_s = SpreadOf(ours.tpot_s);
  row.e2e_s = SpreadOf(ours.e2e_s);
  row.request_rps = ours.request_rps;
  row.output_tps = ours.output_tps;
  row.total_tps = ours.total_tps;
  row.successes = ours.successes;
  row.failures = ours.failures;
  row.duration_s = static_cast<double>(ours.window.end_ns - ours.window.begin_ns) * 1e-9;
  return row;
}

struct NamedRow {
  std::string name;
  ForeignRow row;
};

std::vector<NamedRow> RowsOf(const spec::PointResult& point,
                             const std::vector<ForeignFigures>& tools) {
  std::vector<NamedRow> rows;
  if (point.steady) rows.push_back({"ours, steady", RowOf(*point.steady)});
  rows.push_back({"ours, whole", RowOf(point.whole)});
  for (const ForeignFigures& tool : tools) {
    rows.push_back({std::string(metrics::Name(tool.tool)), tool.row});
  }
  return rows;
}

// "TTFT ms" over mean, p50 and p99, twice side by side.
std::string SpreadTable(const std::vector<NamedRow>& rows, const std::string& left,
                        ForeignSpread ForeignRow::* left_member, const std::string& right,
                        ForeignSpread ForeignRow::* right_member, const Style& style) {
  Table table({{"\nby the rules of", Align::kLeft, false},
               {left + " ms\nmean"},
               {"\np50"},
               {"\np99"},
               {right + " ms\nmean"},
               {"\np50"},
               {"\np99"}});
  for (const NamedRow& named : rows) {
    std::vector<std::string> cells = {named.name};
    for (const ForeignSpread& spread : {named.row.*left_member, named.row.*right_member}) {
      for (const std::optional<double>& value : {spread.mean, spread.p50, spread.p99}) {
        cells.push_back(Millis(value));
      }
    }
    table.AddRow(std::move(cells));
  }
  return table.ToText(style);
}

std::string RateTable(const std::vector<NamedRow>& rows, const Style& style) {
  Table table({{"\nby the rules of", Align::kLeft, false},
               {"\nok"},
               {"\nfailed"},
               {"\nseconds"},
               {"requests\n/s"},
               {"output\ntok/s"},
               {"total\ntok/s"}});
  for (const NamedRow& named : rows) {
    const ForeignRow& row = named.row;
    table.AddRow({named.name, Digits(static_cast<double>(row.successes)),
                  Digits(static_cast<double>(row.failures)), Digits(row.duration_s),
                  Digits(row.request_rps), Digits(row.output_tps), Digits(row.total_tps)});
  }
  return table.ToText(style);
}

/// Six significant digits, all of them before the point, and no power of ten: figures are looked up
/// beside what the tool itself printed.
std::string Plain(double value) {
  if (value == 0.0 || !std::isfinite(value)) return fmt::format("{}", value);
  const int whole = static_cast<int>(std::floor(std::log10(std::abs(value)))) + 1;
  std::string text = fmt::format("{:.{}f}", value, std::clamp(6 - whole, 0, 15));
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string Heading(const spec::PointResult& point, std::string_view what, const Style& style) {
  return fmt::format("{} ({}) {}\n", Bold(fmt::format("Point {}", point.index), style),
                     spec::LoadName(point), what);
}

}  // namespace

metrics::ForeignContext ForeignContextOf(const spec::RunResult& run,
                                         const spec::PointResult& point) {
  metrics::ForeignContext context;
  context.api = run.plan.target.api;
  context.concurrency = point.concurrency;
  context.rate_rps = point.rate_rps;
  context.chips = spec::ChipCount(run.plan.deployment);
  for (const spec::Role& role : run.plan.deployment.roles) {
    const std::int64_t chips = role.workers * role.chips_per_worker;
    if (role.name == "prefill") context.prefill_chips = context.prefill_chips.value_or(0) + chips;
    if (role.name == "decode") context.decode_chips = context.decode_chips.value_or(0) + chips;
  }
  return context;
}

std::string ForeignText(const spec::PointResult& point, const ForeignFigures& figures,
                        const Style& style) {
  Table table({{"figure", Align::kLeft}, {"value"}, {"unit", Align::kLeft}, {"note"}});
  std::vector<std::string> notes;
  for (const ForeignFigure& figure : figures.figures) {
    std::string mark;
    if (!figure.note.empty()) {
      auto known = std::find(notes.begin(), notes.end(), figure.note);
      if (known == notes.end()) known = notes.insert(notes.end(), figure.note);
      mark = fmt::format("[{}]", known - notes.begin() + 1);
    }
    table.AddRow(
        {figure.title, figure.value ? Plain(*figure.value) : "-", figure.unit, std::move(mark)});
  }
  std::string text =
      Heading(point, fmt::format("by the definitions of {}", metrics::Name(figures.tool)), style);
  text += table.ToText(style);
  for (std::size_t i = 0; i < notes.size(); ++i) {
    text += Wrap(fmt::format("[{}] {}", i + 1, notes[i]), style.width, 4) + "\n";
  }
  for (const std::string& note : figures.notes) {
    text += Wrap("- " + note, style.width, 2) + "\n";
  }
  return text;
}

std::string ForeignTables(const spec::PointResult& point, const std::vector<ForeignFigures>& tools,
                          const Style& style) {
  const std::vector<NamedRow> rows = RowsOf(point, tools);
  std::string text = Heading(point, "by every definition", style);
  text += SpreadTable(rows, "TTFT", &ForeignRow::ttft_s, "E2E", &ForeignRow::e2e_s, style) + "\n";
  text += SpreadTable(rows, "ITL", &ForeignRow::itl_s, "TPOT", &ForeignRow::tpot_s, style) + "\n";
  text += RateTable(rows, style) + "\n";
  text +=
      Wrap(
          "-: the tool has no such figure, or no request has one. The clock of all but ours and "
          "mlperf begins at their own call, not when the request was due; their rates count the "
          "measured requests alone, ours all that the server put out in the window.",
          style.width, 2) +
      "\n";
  for (const ForeignFigures& tool : tools) {
    for (const std::string& note : tool.notes) {
      text += Wrap(fmt::format("{}: {}", metrics::Name(tool.tool), note), style.width, 2) + "\n";
    }
  }
  return text;
}

}  // namespace roofscape::cli
