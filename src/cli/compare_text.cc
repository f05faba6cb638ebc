#include "cli/compare_text.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/row_name.h"

namespace roofscape::cli {
namespace {

using analysis::Comparison;
using analysis::CurveShift;
using analysis::Match;
using analysis::ShiftVerdict;

/// "+12.3 %"; a change has a sign.
std::string Change(double fraction) { return fmt::format("{:+.1f} %", 100 * fraction); }

std::string Interval(std::optional<double> low, std::optional<double> high) {
  if (!low || !high) return "-";
  return fmt::format("{} to {}", Change(*low), Change(*high));
}

std::string Value(double value, const std::string& unit) {
  return unit == "s" || unit == "s/token" ? FormatMillis(value) : FormatNumber(value);
}

std::string UnitHead(const std::string& unit) {
  return unit == "s" || unit == "s/token" ? "m" + unit : unit;
}

Json Number(std::optional<double> value) { return value ? Json(*value) : Json(nullptr); }

std::string Summary(const Comparison& c) {
  std::string text = fmt::format("All {} together: b against a {}", c.matches.size(),
                                 c.change ? Change(*c.change) : "-");
  if (c.low) text += fmt::format(" (95 %: {})", Interval(c.low, c.high));
  text += fmt::format(", {}.", analysis::Name(c.finding));
  if (!c.low && c.floor) {
    text += fmt::format(
        " One run a side decides nothing: differences under {:.0f} % cannot be shown, as re-runs "
        "of "
        "one configuration differ by so much. Measure again with --repeat.",
        100 * *c.floor);
  } else if (!c.low) {
    text += " One run a side decides nothing, and no noise of this metric is known.";
  }
  if (!c.differs.empty()) {
    text += fmt::format(" The sides differ in {}.", fmt::join(c.differs, ", "));
  }
  if (c.only_a + c.only_b > 0) {
    text += fmt::format(" Without counterpart: {} of a, {} of b.", c.only_a, c.only_b);
  }
  return text;
}

}  // namespace

std::string ComparisonTable(const Comparison& comparison, const std::string& at,
                            const Style& style) {
  const std::string unit = UnitHead(comparison.metric.unit);
  Table table({{at, Align::kRight},
               {"a", Align::kRight},
               {"b", Align::kRight},
               {"change", Align::kRight},
               {"95 % interval", Align::kRight},
               {"runs", Align::kRight},
               {"finding", Align::kLeft, false},
               {"layout", Align::kLeft}});
  for (const Match& match : comparison.matches) {
    table.AddRow({fmt::format("{:g}", match.at), Value(match.value_a, comparison.metric.unit),
                  Value(match.value_b, comparison.metric.unit), Change(match.change),
                  Interval(match.low, match.high),
                  fmt::format("{}/{}", match.a.size(), match.b.size()),
                  std::string(analysis::Name(match.finding)), match.layout});
  }
  return Bold(comparison.metric.name + ", " + unit, style) + "\n" + table.ToText(style) +
         Wrap(Summary(comparison), style.width, 2) + "\n";
}

Json ComparisonJson(const Comparison& comparison, const std::string& at) {
  Json matches = Json::array();
  for (const Match& match : comparison.matches) {
    matches.push_back({{"at", match.at},
                       {"layout", match.layout},
                       {"a", match.value_a},
                       {"b", match.value_b},
                       {"runs_a", match.a.size()},
                       {"runs_b", match.b.size()},
                       {"change", match.change},
                       {"low", Number(match.low)},
                       {"high", Number(match.high)},
                       {"finding", analysis::Name(match.finding)}});
  }
  return {{"metric", comparison.metric.name},    {"matched_by", at},
          {"matches", std::move(matches)},       {"only_a", comparison.only_a},
          {"only_b", comparison.only_b},         {"floor", Number(comparison.floor)},
          {"change", Number(comparison.change)}, {"low", Number(comparison.low)},
          {"high", Number(comparison.high)},     {"finding", analysis::Name(comparison.finding)},
          {"differs", comparison.differs}};
}

std::string ShiftTable(std::span<const spec::Row> rows, std::span<const analysis::RowCurve> curves,
                       std::span<const CurveShift> shifts, const Style& style) {
  std::vector<const CurveShift*> found;
  std::size_t judged = 0;
  for (const CurveShift& shift : shifts) {
    if (shift.shift.verdict == ShiftVerdict::kTooFew) continue;
    ++judged;
    if (shift.shift.verdict != ShiftVerdict::kUnchanged) found.push_back(&shift);
  }
  std::stable_sort(found.begin(), found.end(), [](const CurveShift* a, const CurveShift* b) {
    return a->shift.change < b->shift.change;
  });
  std::vector<Column> columns = {
      {"verdict", Align::kLeft, false}, {"change"}, {"noise"}, {"day", Align::kLeft, false}};
  for (Column& column : SystemColumns()) columns.push_back(std::move(column));
  columns.push_back({"shape, layout", Align::kLeft});
  Table table(columns);
  for (const CurveShift* shift : found) {
    const analysis::RowCurve& curve = curves[shift->curve];
    std::vector<std::string> cells = {
        std::string(analysis::Name(shift->shift.verdict)), Change(shift->shift.change),
        fmt::format("{:.1f} %{}", 100 * shift->shift.sigma, shift->shift.own_noise ? "" : "*"),
        curve.occasion.day ? curve.occasion.day->ToIso() : "-"};
    for (std::string& cell : SystemCells(rows[curve.rows.front()].deployment)) {
      cells.push_back(std::move(cell));
    }
    cells.push_back(spec::ShapeName(curve.key.workload) + " " + curve.layout);
    table.AddRow(std::move(cells));
  }
  const std::string legend = fmt::format(
      "{} of {} curves shifted against those of the {} days before. noise: of one curve, from its "
      "own repeats, or (*) as known of re-runs in general.",
      found.size(), judged, analysis::kHistoryDays);
  return (found.empty() ? "" : table.ToText(style)) + Wrap(legend, style.width, 2) + "\n";
}

}  // namespace roofscape::cli
