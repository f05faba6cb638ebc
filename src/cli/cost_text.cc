#include "cli/cost_text.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "cli/trend_text.h"

namespace roofscape::cli {
namespace {

using analysis::TokenKind;

std::optional<double> ValueOf(const auto& result) {
  return result ? std::optional<double>(result->value) : std::nullopt;
}

/// The curves of one series, a layout each, as the interpolation wants them.
std::vector<std::vector<analysis::Knot>> KnotsOf(std::span<const spec::Row> rows,
                                                 const analysis::RowSeries& series) {
  std::map<std::string, std::vector<analysis::Knot>> by_layout;
  for (const std::size_t place : series.rows) {
    const auto x = rows[place].values.Get("interactivity_p50_tps");
    const auto y = analysis::RatePerChip(rows[place], TokenKind::kTotal);
    if (x && y) by_layout[analysis::LayoutName(rows[place].deployment)].push_back({*x, *y});
  }
  std::vector<std::vector<analysis::Knot>> curves;
  for (const auto& [layout, points] : by_layout) curves.push_back(analysis::FrontierKnots(points));
  return curves;
}

void AddCosts(const spec::Row& row, const CostQuery& query, CostReading& reading) {
  reading.usd_total = ValueOf(analysis::UsdPerMtok(row, TokenKind::kTotal, query.pricing));
  reading.usd_input = ValueOf(analysis::UsdPerMtok(row, TokenKind::kInput, query.pricing));
  reading.usd_output = ValueOf(analysis::UsdPerMtok(row, TokenKind::kOutput, query.pricing));
  const auto price = analysis::ChipPrice(row.deployment.chip, query.pricing);
  if (price) reading.price = *price;
  const analysis::PowerContext power{query.pricing.catalog, query.pricing.date, {}, {}};
  using analysis::Boundary;
  reading.tps_per_mw =
      ValueOf(analysis::TpsPerMw(row, TokenKind::kTotal, Boundary::kProvisioned, power));
  reading.provisioned_j =
      ValueOf(analysis::JoulesPerToken(row, TokenKind::kTotal, Boundary::kProvisioned, power));
  reading.device_j =
      ValueOf(analysis::JoulesPerToken(row, TokenKind::kTotal, Boundary::kDevice, power));
  if (query.megawatts) {
    const auto fleet = analysis::FleetFromPower(row, *query.megawatts, query.pricing);
    if (fleet) reading.fleet = *fleet;
  } else if (query.users) {
    const auto fleet = analysis::FleetFromUsers(row, *query.users, query.pricing);
    if (fleet) reading.fleet = *fleet;
  }
}

/// A rate between two measured points changes the cost by what it changes the rate.
void UseInterpolation(const CostQuery& query, const std::vector<std::vector<analysis::Knot>>& knots,
                      const analysis::Bend& bend, CostReading& reading) {
  const auto between = analysis::InterpolateBest(knots, query.at, bend);
  // A measured point that is better than the line stays.
  if (!between || between->value.y <= reading.tps_per_chip) return;
  const double ratio = reading.tps_per_chip / between->value.y;
  for (std::optional<double>* cost :
       {&reading.usd_total, &reading.usd_input, &reading.usd_output, &reading.provisioned_j}) {
    if (*cost) **cost *= ratio;
  }
  if (reading.tps_per_mw) *reading.tps_per_mw /= ratio;
  reading.device_j.reset();  // Power was not measured there.
  reading.between = between->value;
}

std::string Usd(const std::optional<double>& value) {
  return value ? fmt::format("{:.3f}", *value) : "-";
}

std::string Price(const CostReading& reading) {
  if (!reading.price) return "-";
  return fmt::format("{:.2f}{}", reading.price->value, reading.price->placeholder ? "?" : "");
}

Table CostTable(const CostQuery& query, std::span<const spec::Row> rows,
                const std::vector<const CostReading*>& readings) {
  std::vector<Column> columns = {{"model", Align::kLeft}, {"on", Align::kLeft}, {"at\ntok/s/user"},
                                 {"tok/s\n/chip"},        {"USD/Mtok\ntotal"},  {"\noutput"},
                                 {"tok/s\n/MW"},          {"USD/h\n/chip"}};
  if (query.interpolate) columns.insert(columns.begin() + 4, {"80 % band"});
  const bool fleet = query.megawatts || query.users;
  if (fleet) {
    for (const char* title : {"chips", "users", "MW", "USD\n/month"}) columns.push_back({title});
  }
  Table table(columns);
  for (const CostReading* reading : readings) {
    const spec::Row& row = rows[reading->row];
    const auto& between = reading->between;
    std::vector<std::string> cells = {row.deployment.model,
                                      WhoOf(row),
                                      FormatNumber(between ? query.at : reading->at),
                                      FormatNumber(between ? between->y : reading->tps_per_chip),
                                      Usd(reading->usd_total),
                                      Usd(reading->usd_output),
                                      FormatNumber(reading->tps_per_mw),
                                      Price(*reading)};
    if (query.interpolate) {
      cells.insert(cells.begin() + 4, between && between->low
                                          ? fmt::format("{}..{}", FormatNumber(*between->low),
                                                        FormatNumber(*between->high))
                                          : "measured");
    }
    if (fleet) {
      const auto& f = reading->fleet;
      cells.push_back(f ? FormatNumber(static_cast<double>(f->chips)) : "-");
      cells.push_back(f ? FormatNumber(static_cast<double>(f->users)) : "-");
      cells.push_back(f ? FormatNumber(f->megawatts) : "-");
      cells.push_back(f ? FormatNumber(f->usd_per_month) : "-");
    }
    table.AddRow(std::move(cells));
  }
  return table;
}

Json Nullable(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json PriceJson(const std::optional<catalog::DatedFigure>& price) {
  if (!price) return nullptr;
  return {{"value", price->value},
          {"book", price->book},
          {"date", price->date.ToIso()},
          {"placeholder", price->placeholder}};
}

Json ReadingJson(std::span<const spec::Row> rows, const CostReading& reading) {
  const spec::Row& row = rows[reading.row];
  Json json = {{"model", row.deployment.model},
               {"chip", row.deployment.chip},
               {"engine", row.deployment.engine},
               {"precision", row.deployment.precision},
               {"speculative", row.deployment.speculative},
               {"workload", spec::ToJson(row.workload)},
               {"protocol", row.protocol},
               {"window", row.window},
               {"layout", analysis::LayoutName(row.deployment)},
               {"concurrency", row.concurrency},
               {"run", analysis::OccasionOf(row).run},
               {"interactivity_p50_tps", reading.at},
               {"total_tps_per_chip", reading.tps_per_chip},
               {"usd_per_mtok_total", Nullable(reading.usd_total)},
               {"usd_per_mtok_input", Nullable(reading.usd_input)},
               {"usd_per_mtok_output", Nullable(reading.usd_output)},
               {"usd_per_chip_hour", PriceJson(reading.price)},
               {"total_tps_per_mw_provisioned", Nullable(reading.tps_per_mw)},
               {"joules_per_token_provisioned", Nullable(reading.provisioned_j)},
               {"joules_per_token_device", Nullable(reading.device_j)}};
  if (reading.between) {
    json["interpolated"] = {{"total_tps_per_chip", reading.between->y},
                            {"low", Nullable(reading.between->low)},
                            {"high", Nullable(reading.between->high)}};
  }
  if (reading.fleet) {
    const analysis::Fleet& fleet = *reading.fleet;
    json["fleet"] = {{"deployments", fleet.deployments},
                     {"chips", fleet.chips},
                     {"users", fleet.users},
                     {"output_tps", fleet.output_tps},
                     {"megawatts", fleet.megawatts},
                     {"usd_per_month", Nullable(fleet.usd_per_month)}};
  }
  return json;
}

std::string Interval(const analysis::Solved& solved) {
  const std::string value = FormatNumber(solved.value);
  if (!solved.low || !solved.high) return value;
  return fmt::format("{} ({}..{})", value, FormatNumber(*solved.low), FormatNumber(*solved.high));
}

Json SolvedJson(const analysis::Solved& solved) {
  return {{"value", solved.value}, {"low", Nullable(solved.low)}, {"high", Nullable(solved.high)}};
}

}  // namespace

CostAnswer ReadCosts(std::span<const spec::Row> rows, const CostQuery& query) {
  CostAnswer answer;
  const auto x = analysis::MetricAxis("interactivity_p50_tps");
  RS_CHECK(bool{x});
  analysis::RowAxis y = *x;
  y.name = "total_tps_per_chip";
  y.unit = "tokens/s/chip";
  y.value = [](const spec::Row& row) { return analysis::RatePerChip(row, TokenKind::kTotal); };
  const std::vector<analysis::RowSeries> all = analysis::GroupIntoSeries(rows);
  std::vector<std::vector<analysis::Knot>> every;
  if (query.interpolate) {
    for (const analysis::RowSeries& series : all) {
      for (auto& knots : KnotsOf(rows, series)) every.push_back(std::move(knots));
    }
    answer.bend = analysis::FitBend(every);
  }
  for (const analysis::RowSeries& series : all) {
    const analysis::RowFrontier frontier = analysis::FrontierOf(rows, series.rows, *x, y);
    const auto best = analysis::StepAt(frontier, *x, y, query.at);
    if (!best) {
      ++answer.missed;
      continue;
    }
    const analysis::RowPoint& point = frontier.points[*best];
    CostReading reading;
    reading.key = series.key;
    reading.row = point.row;
    reading.at = *point.x;
    reading.tps_per_chip = *point.y;
    AddCosts(rows[point.row], query, reading);
    if (query.interpolate) UseInterpolation(query, KnotsOf(rows, series), answer.bend, reading);
    if (!reading.price) answer.unpriced.push_back(rows[point.row].deployment.chip);
    answer.readings.push_back(std::move(reading));
  }
  std::sort(answer.unpriced.begin(), answer.unpriced.end());
  answer.unpriced.erase(std::unique(answer.unpriced.begin(), answer.unpriced.end()),
                        answer.unpriced.end());
  std::stable_sort(answer.readings.begin(), answer.readings.end(),
                   [](const CostReading& a, const CostReading& b) {
                     if (a.usd_total.has_value() != b.usd_total.has_value()) {
                       return a.usd_total.has_value();
                     }
                     return a.usd_total ? *a.usd_total < *b.usd_total
                                        : a.tps_per_chip > b.tps_per_chip;
                   });
  return answer;
}

std::string CostsText(std::span<const spec::Row> rows, const CostQuery& query,
                      const CostAnswer& answer, const Style& style) {
  std::vector<std::pair<std::string, std::vector<const CostReading*>>> groups;
  for (const CostReading& reading : answer.readings) {
    const std::string name = SharedName(reading.key);
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const auto& known) { return known.first == name; });
    if (group == groups.end()) group = groups.insert(groups.end(), {name, {}});
    group->second.push_back(&reading);
  }
  std::string out;
  for (const auto& [name, readings] : groups) {
    out += fmt::format(
        "{}{}\n{}\n", out.empty() ? "" : "\n",
        Bold(fmt::format("{}, at {} tokens/s/user or more", name, FormatNumber(query.at)), style),
        CostTable(query, rows, readings).ToText(style));
  }
  out +=
      Wrap(fmt::format("Prices: {}, as of {}. Each USD column puts the whole cost on that kind of "
                       "token: never add them. tok/s/MW: all-in power of the same book.",
                       catalog::Name(query.pricing.tier), query.pricing.date.ToIso()),
           style.width, 0) +
      "\n";
  if (!answer.unpriced.empty()) {
    out += WrapUnder("No price on that day: ", fmt::format("{}", fmt::join(answer.unpriced, ", ")),
                     style.width) +
           "\n";
  }
  if (answer.missed > 0) {
    out += fmt::format("{} series have no point at {} tokens/s/user\n", answer.missed,
                       FormatNumber(query.at));
  }
  return out;
}

Json CostsJson(std::span<const spec::Row> rows, const CostQuery& query, const CostAnswer& answer) {
  Json readings = Json::array();
  for (const CostReading& reading : answer.readings) readings.push_back(ReadingJson(rows, reading));
  return {{"interactivity_p50_tps", query.at},  {"tier", catalog::Name(query.pricing.tier)},
          {"date", query.pricing.date.ToIso()}, {"readings", std::move(readings)},
          {"unpriced", Json(answer.unpriced)},  {"series_missed", answer.missed}};
}

std::string IntelligenceText(std::span<const spec::Row> rows,
                             const analysis::IntelligenceQuery& query,
                             std::span<const analysis::IntelligencePoint> points,
                             const Style& style) {
  Table table({{"weights", Align::kLeft},
               {"on", Align::kLeft},
               {"score"},
               {"tokens\n/task"},
               {"solved/USD\n(95 %)"},
               {"solved/kWh\n(95 %)"},
               {"at tok/s\n/user"}});
  for (const analysis::IntelligencePoint& point : points) {
    const catalog::Score& score = query.eval->scores[point.score];
    const spec::Row& row = rows[point.row];
    table.AddRow({score.weights, WhoOf(row), fmt::format("{:.1f} %", score.score * 100),
                  FormatNumber(point.input_tokens + point.output_tokens), Interval(point.per_usd),
                  point.per_kwh ? Interval(*point.per_kwh) : "-",
                  FormatNumber(row.values.Get("interactivity_p50_tps"))});
  }
  std::string out = Bold(query.eval->entry.name, style) + "\n" + table.ToText(style) + "\n";
  const bool assumed = std::any_of(points.begin(), points.end(),
                                   [](const auto& point) { return point.input_assumed; });
  out +=
      Wrap(fmt::format(
               "The cheapest operating point of each at {} tokens/s/user or more. Prices: {}, as "
               "of {}; energy at the boundary '{}'. Input tokens of a question are {}. That "
               "quantised weights score as the published ones is assumed.",
               FormatNumber(query.interactivity_floor), catalog::Name(query.pricing.tier),
               query.pricing.date.ToIso(), analysis::Name(query.boundary),
               assumed ? "assumed (--input-tokens)" : "counted"),
           style.width, 0) +
      "\n";
  return out;
}

Json IntelligenceJson(std::span<const spec::Row> rows, const analysis::IntelligenceQuery& query,
                      std::span<const analysis::IntelligencePoint> points) {
  Json all = Json::array();
  for (const analysis::IntelligencePoint& point : points) {
    const catalog::Score& score = query.eval->scores[point.score];
    const spec::Row& row = rows[point.row];
    all.push_back({{"weights", score.weights},
                   {"model", row.deployment.model},
                   {"chip", row.deployment.chip},
                   {"engine", row.deployment.engine},
                   {"precision", row.deployment.precision},
                   {"protocol", row.protocol},
                   {"window", row.window},
                   {"run", analysis::OccasionOf(row).run},
                   {"score", score.score},
                   {"input_tokens", point.input_tokens},
                   {"output_tokens", point.output_tokens},
                   {"input_assumed", point.input_assumed},
                   {"usd_per_question", point.usd_per_question.value},
                   {"usd_per_chip_hour", PriceJson(point.usd_per_question.price)},
                   {"solved_per_usd", SolvedJson(point.per_usd)},
                   {"solved_per_kwh", point.per_kwh ? SolvedJson(*point.per_kwh) : Json(nullptr)}});
  }
  return {{"eval", query.eval->entry.id},
          {"tier", catalog::Name(query.pricing.tier)},
          {"date", query.pricing.date.ToIso()},
          {"boundary", analysis::Name(query.boundary)},
          {"interactivity_floor_tps", query.interactivity_floor},
          {"points", std::move(all)}};
}

}  // namespace roofscape::cli
