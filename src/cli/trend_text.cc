#include "cli/trend_text.h"

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roofscape::cli {
namespace {

using analysis::IntelligencePoint;
using analysis::IntelligenceQuery;
using Rows = std::span<const spec::Row>;

std::string SystemName(const spec::Deployment& d) {
  std::string name = d.chip;
  for (const std::string& part : {d.engine, d.engine_version, d.precision}) {
    if (!part.empty()) name += " " + part;
  }
  if (!d.speculative.empty() && d.speculative != "none") name += " " + d.speculative;
  return WithoutControls(name);
}

std::string Shape(const analysis::RowSeriesKey& key) {
  return fmt::format("{}, {} {}, {}", spec::ShapeName(key.workload), key.protocol, key.window,
                     key.way);
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
    out += "\n" + WithoutControls(Shape(trend.key)) + "\n";
    if (trend.steps.empty()) {
      out += "  no dated point meets the target\n";
    } else {
      Table table({{"from", Align::kLeft, false},
                   {query.best.unit, Align::kRight},
                   {"at", Align::kRight},
                   {"model", Align::kLeft},
                   {"system", Align::kLeft},
                   {"run", Align::kLeft}});
      for (const analysis::TrendStep& step : trend.steps) {
        const spec::Row& row = rows[step.row];
        table.AddRow({step.from.ToIso(), FormatNumber(step.value), FormatNumber(step.at),
                      row.deployment.model, SystemName(row.deployment),
                      analysis::OccasionOf(row).run});
      }
      out += table.ToText(style);
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
               {"system", Align::kLeft},
               {"shape", Align::kLeft, false},
               {"solved a USD", Align::kRight},
               {"solved a kWh", Align::kRight}});
  for (const IntelligencePoint& point : points) {
    const catalog::Score& score = query.eval->scores[point.score];
    const spec::Row& row = rows[point.row];
    table.AddRow({score.weights, fmt::format("{:.3f}", score.score), SystemName(row.deployment),
                  spec::ShapeName(row.workload), SolvedText(point.per_usd),
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

}  // namespace roofscape::cli
