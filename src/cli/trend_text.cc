#include "cli/trend_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/core/names.h"

namespace roofscape::cli {
namespace {

constexpr std::array<std::string_view, 5> kFields = {"chip", "engine", "model", "precision",
                                                     "speculative"};

std::string FieldOf(const spec::Row& row, std::string_view field) {
  const spec::Deployment& d = row.deployment;
  const std::array<const std::string*, kFields.size()> values = {&d.chip, &d.engine, &d.model,
                                                                 &d.precision, &d.speculative};
  const auto at = std::find(kFields.begin(), kFields.end(), field) - kFields.begin();
  return *values[static_cast<std::size_t>(at)];
}

std::string Day(const std::optional<catalog::Date>& day) { return day ? day->ToIso() : "-"; }

Json StepJson(std::span<const spec::Row> rows, const analysis::TrendStep& step) {
  const spec::Row& row = rows[step.row];
  return {{"from", step.from.ToIso()},
          {"value", step.value},
          {"at", step.at},
          {"model", row.deployment.model},
          {"chip", row.deployment.chip},
          {"engine", row.deployment.engine},
          {"precision", row.deployment.precision},
          {"speculative", row.deployment.speculative},
          {"layout", analysis::LayoutName(row.deployment)},
          {"concurrency", row.concurrency},
          {"run", analysis::OccasionOf(row).run}};
}

bool IsFinding(const analysis::CurveShift& shift) {
  return shift.shift.verdict == analysis::ShiftVerdict::kWorse ||
         shift.shift.verdict == analysis::ShiftVerdict::kBetter;
}

std::string KeyName(const analysis::RowCurve& curve) {
  std::string name;
  for (const std::string* part : {&curve.key.model, &curve.key.chip, &curve.key.engine,
                                  &curve.key.precision, &curve.key.speculative}) {
    if (!part->empty()) name += (name.empty() ? "" : " ") + *part;
  }
  return fmt::format("{} {} {}", name, spec::ShapeName(curve.key.workload), curve.layout);
}

}  // namespace

Result<std::vector<RowGroup>> GroupBy(std::span<const spec::Row> rows,
                                      std::span<const std::string> fields) {
  for (const std::string& field : fields) {
    if (std::find(kFields.begin(), kFields.end(), field) != kFields.end()) continue;
    return Error{ErrorCode::kInvalidArgument, "--by " + UnknownName(field, kFields)};
  }
  std::vector<RowGroup> groups;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<std::string> parts;
    for (const std::string& field : fields) parts.push_back(FieldOf(rows[i], field));
    std::string name = fmt::format("{}", fmt::join(parts, ", "));
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const RowGroup& known) { return known.name == name; });
    if (group == groups.end()) group = groups.insert(groups.end(), {std::move(name), {}});
    group->rows.push_back(i);
  }
  return groups;
}

std::string GroupNames() { return fmt::format("{}", fmt::join(kFields, ", ")); }

std::string SharedName(const analysis::RowSeriesKey& key) {
  return fmt::format("{}, {}, {} window{}", spec::ShapeName(key.workload), key.protocol, key.window,
                     key.way == "measured" ? "" : ", " + key.way);
}

std::string WhoOf(const spec::Row& row) {
  const spec::Deployment& d = row.deployment;
  std::string who;
  for (const std::string* part : {&d.chip, &d.engine, &d.precision, &d.speculative}) {
    if (!part->empty() && *part != "none") who += (who.empty() ? "" : " ") + *part;
  }
  return who;
}

std::string TrendsText(std::span<const spec::Row> rows, const analysis::TrendQuery& query,
                       std::span<const NamedTrend> trends, const Style& style) {
  std::string out;
  for (const NamedTrend& named : trends) {
    const analysis::Trend& trend = named.trend;
    out += fmt::format("{}{}\n", out.empty() ? "" : "\n",
                       Bold(fmt::format("{}{}{}", named.group, named.group.empty() ? "" : ": ",
                                        SharedName(trend.key)),
                            style));
    if (trend.steps.empty()) {
      out += fmt::format("no point with {} {} {}\n", query.floor.name,
                         query.floor.direction == spec::Direction::kHigherIsBetter ? ">=" : "<=",
                         FormatNumber(query.target));
      continue;
    }
    Table table({{"best from", Align::kLeft, false},
                 {query.best.unit},
                 {"at " + query.floor.unit},
                 {"conc."},
                 {"model", Align::kLeft},
                 {"on", Align::kLeft},
                 {"layout", Align::kLeft}});
    for (const analysis::TrendStep& step : trend.steps) {
      const spec::Row& row = rows[step.row];
      table.AddRow({step.from.ToIso(), FormatNumber(step.value), FormatNumber(step.at),
                    std::to_string(row.concurrency), row.deployment.model, WhoOf(row),
                    analysis::LayoutName(row.deployment)});
    }
    out += table.ToText(style);
    if (trend.undated > 0) out += fmt::format("{} points without a day\n", trend.undated);
  }
  return out;
}

Json TrendsJson(std::span<const spec::Row> rows, const analysis::TrendQuery& query,
                std::span<const NamedTrend> trends) {
  Json all = Json::array();
  for (const NamedTrend& named : trends) {
    Json steps = Json::array();
    for (const analysis::TrendStep& step : named.trend.steps) steps.push_back(StepJson(rows, step));
    all.push_back({{"group", named.group},
                   {"workload", spec::ToJson(named.trend.key.workload)},
                   {"protocol", named.trend.key.protocol},
                   {"window", named.trend.key.window},
                   {"way", named.trend.key.way},
                   {"undated", named.trend.undated},
                   {"steps", std::move(steps)}});
  }
  return {{"x", query.floor.name},
          {"target", query.target},
          {"y", query.best.name},
          {"unit", query.best.unit},
          {"trends", std::move(all)}};
}

std::string ShiftsText(std::span<const analysis::RowCurve> curves,
                       std::span<const analysis::CurveShift> shifts, const std::string& metric,
                       const Style& style) {
  Table table({{"day", Align::kLeft, false},
               {"change"},
               {"smallest\nfinding"},
               {"loads"},
               {"before"},
               {"curve", Align::kLeft}});
  std::size_t judged = 0;
  for (const analysis::CurveShift& shift : shifts) {
    if (shift.shift.verdict != analysis::ShiftVerdict::kTooFew) ++judged;
    if (!IsFinding(shift)) continue;
    const analysis::RowCurve& curve = curves[shift.curve];
    table.AddRow({Day(curve.occasion.day), fmt::format("{:+.1f} %", shift.shift.change * 100),
                  fmt::format("{:.1f} %", shift.shift.smallest * 100),
                  std::to_string(shift.shift.loads), std::to_string(shift.shift.history),
                  KeyName(curve)});
  }
  std::string out =
      fmt::format("{}: {} curves, {} with an earlier one of the same configuration, {} changed\n",
                  metric, curves.size(), judged, table.row_count());
  if (table.row_count() > 0) out += table.ToText(style);
  return out;
}

Json ShiftsJson(std::span<const analysis::RowCurve> curves,
                std::span<const analysis::CurveShift> shifts) {
  Json all = Json::array();
  for (const analysis::CurveShift& shift : shifts) {
    const analysis::RowCurve& curve = curves[shift.curve];
    all.push_back({{"curve", KeyName(curve)},
                   {"run", curve.occasion.run},
                   {"day", curve.occasion.day ? Json(curve.occasion.day->ToIso()) : Json(nullptr)},
                   {"verdict", analysis::Name(shift.shift.verdict)},
                   {"change", shift.shift.change},
                   {"smallest_finding", shift.shift.smallest},
                   {"loads", shift.shift.loads},
                   {"history", shift.shift.history},
                   {"own_noise", shift.shift.own_noise}});
  }
  return {{"curves", curves.size()}, {"shifts", std::move(all)}};
}

}  // namespace roofscape::cli
