#include "cli/trend_text.h"

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/row_name.h"

namespace roofscape::cli {
namespace {

using analysis::IntelligencePoint;
using analysis::IntelligenceQuery;
using Rows = std::span<const spec::Row>;

/// "8192/1024", without the spread.
std::string NominalShape(const spec::Workload& workload) {
  return fmt::format("{}/{}", workload.input.tokens, workload.output.tokens);
}

/// The model of all steps, or nothing where they differ.
std::string CommonModel(Rows rows, const analysis::Trend& trend) {
  std::string model;
  for (const analysis::TrendStep& step : trend.steps) {
    const std::string& own = rows[step.row].deployment.model;
    if (!model.empty() && model != own) return "";
    model = own;
  }
  return model;
}

Table StepTable(Rows rows, const analysis::Trend& trend, const analysis::TrendQuery& query,
                bool with_model) {
  std::vector<Column> columns = {{"from", Align::kLeft, false}, {query.best.unit}, {"at"}};
  if (with_model) columns.push_back({"model", Align::kLeft});
  for (Column& column : SystemColumns()) columns.push_back(std::move(column));
  columns.push_back({"run", Align::kLeft});
  Table table(columns);
  for (const analysis::TrendStep& step : trend.steps) {
    const spec::Row& row = rows[step.row];
    std::vector<std::string> cells = {step.from.ToIso(), FormatNumber(step.value),
                                      FormatNumber(step.at)};
    if (with_model) cells.push_back(row.deployment.model);
    for (std::string& cell : SystemCells(row.deployment)) cells.push_back(std::move(cell));
    cells.push_back(ShortRun(analysis::OccasionOf(row).run));
    table.AddRow(std::move(cells));
  }
  return table;
}

Json Number(std::optional<double> value) { return value ? Json(*value) : Json(nullptr); }

Json SolvedJson(const std::optional<analysis::Solved>& solved) {
  if (!solved) return nullptr;
  return {{"value", solved->value}, {"low", Number(solved->low)}, {"high", Number(solved->high)}};
}

std::string SolvedText(const analysis::Solved& solved) {
  std::string text = FormatNumber(solved.value);
  if (solved.low && solved.high) {
    text += fmt::format(" ({} - {})", FormatNumber(*solved.low), FormatNumber(*solved.high));
  }
  return text;
}

}  // namespace

std::string TrendTables(Rows rows, std::span<const analysis::Trend> trends,
                        const analysis::TrendQuery& query, const Style& style) {
  const bool rising = query.floor.direction == spec::Direction::kHigherIsBetter;
  std::string out = Bold(fmt::format("Best {} at {} {} {}", query.best.name, query.floor.name,
                                     rising ? ">=" : "<=", FormatNumber(query.target)),
                         style) +
                    "\n";
  for (const analysis::Trend& trend : trends) {
    const std::string model = CommonModel(rows, trend);
    out += "\n" + SharedName(model, trend.key) + "\n";
    if (trend.steps.empty()) {
      out += "  no dated point meets the target\n";
    } else {
      out += StepTable(rows, trend, query, model.empty()).ToText(style);
    }
    if (trend.undated > 0) out += fmt::format("  {} points have no day\n", trend.undated);
  }
  return out;
}

Json TrendJson(Rows rows, std::span<const analysis::Trend> trends,
               const analysis::TrendQuery& query) {
  Json all = Json::array();
  for (const analysis::Trend& trend : trends) {
    Json steps = Json::array();
    for (const analysis::TrendStep& step : trend.steps) {
      const spec::Row& row = rows[step.row];
      steps.push_back({{"from", step.from.ToIso()},
                       {"value", step.value},
                       {"at", step.at},
                       {"row", row.origin.key},
                       {"model", row.deployment.model},
                       {"chip", row.deployment.chip},
                       {"engine", row.deployment.engine},
                       {"precision", row.deployment.precision},
                       {"speculative", row.deployment.speculative},
                       {"layout", analysis::LayoutName(row.deployment)},
                       {"run", analysis::OccasionOf(row).run}});
    }
    all.push_back({{"workload", spec::ShapeName(trend.key.workload)},
                   {"protocol", trend.key.protocol},
                   {"window", trend.key.window},
                   {"way", trend.key.way},
                   {"undated", trend.undated},
                   {"steps", std::move(steps)}});
  }
  return {{"floor", query.floor.name},
          {"target", query.target},
          {"best", query.best.name},
          {"trends", std::move(all)}};
}

std::string IntelligenceTable(Rows rows, std::span<const IntelligencePoint> points,
                              const IntelligenceQuery& query, const Style& style) {
  Table table({{"weights", Align::kLeft},
               {"score", Align::kRight},
               {"chip", Align::kLeft},
               {"prec.", Align::kLeft, false},
               {"shape", Align::kLeft},
               {"solved a USD", Align::kRight},
               {"a kWh", Align::kRight}});
  for (const IntelligencePoint& point : points) {
    const catalog::Score& score = query.eval->scores[point.score];
    const spec::Row& row = rows[point.row];
    table.AddRow({score.weights, fmt::format("{:.3f}", score.score), row.deployment.chip,
                  row.deployment.precision, NominalShape(row.workload), SolvedText(point.per_usd),
                  point.per_kwh ? FormatNumber(point.per_kwh->value) : "-"});
  }
  std::string legend = fmt::format(
      "{}; at least {} tokens/s/user; tier {}, prices of {}; energy at the {} boundary. In "
      "brackets "
      "the 95 % interval of the eval alone.",
      query.eval->entry.name, FormatNumber(query.interactivity_floor),
      catalog::Name(query.pricing.tier), query.pricing.date.ToIso(),
      analysis::Name(query.boundary));
  if (!points.empty()) {
    legend += fmt::format(" Input tokens of a question: {} ({}).",
                          FormatNumber(points.front().input_tokens),
                          points.front().input_assumed ? "assumed" : "counted");
  }
  return table.ToText(style) + Wrap(legend, style.width, 2) + "\n";
}

Json IntelligenceJson(Rows rows, std::span<const IntelligencePoint> points,
                      const IntelligenceQuery& query) {
  Json all = Json::array();
  for (const IntelligencePoint& point : points) {
    const catalog::Score& score = query.eval->scores[point.score];
    const spec::Row& row = rows[point.row];
    all.push_back({{"weights", score.weights},
                   {"mode", score.mode},
                   {"score", score.score},
                   {"input_tokens", point.input_tokens},
                   {"input_assumed", point.input_assumed},
                   {"output_tokens", point.output_tokens},
                   {"chip", row.deployment.chip},
                   {"row", row.origin.key},
                   {"protocol", row.protocol},
                   {"usd_per_question", point.usd_per_question.value},
                   {"book", point.usd_per_question.price.book},
                   {"solved_per_usd", SolvedJson(point.per_usd)},
                   {"solved_per_kwh", SolvedJson(point.per_kwh)}});
  }
  return {{"eval", query.eval->entry.id},
          {"tier", catalog::Name(query.pricing.tier)},
          {"prices_of", query.pricing.date.ToIso()},
          {"boundary", analysis::Name(query.boundary)},
          {"interactivity_floor", query.interactivity_floor},
          {"points", std::move(all)}};
}

std::string GainText(const analysis::AnnualGain& gain) {
  if (!gain.factor) return fmt::format("{} ({} records)", gain.why, gain.points);
  return fmt::format("x {} a year (95 %: {} to {}, from {} records)", FormatNumber(*gain.factor),
                     FormatNumber(gain.low), FormatNumber(gain.high), gain.points);
}

Json GainJson(const analysis::AnnualGain& gain) {
  const auto number = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  return {{"records", gain.points},
          {"factor", number(gain.factor)},
          {"low", number(gain.low)},
          {"high", number(gain.high)},
          {"why", gain.why}};
}

}  // namespace roofscape::cli
