#include "cli/cost_text.h"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "cli/row_name.h"

namespace roofscape::cli {
namespace {

using analysis::Reading;
using Rows = std::span<const spec::Row>;

/// A rate with what it costs; missing where no price or power is known.
struct Priced {
  double rate = 0.0;
  std::optional<double> usd, joules, per_mw;
  std::optional<catalog::DatedFigure> price;
};

/// Cost and energy derived from a rate a chip of a deployment like that of `row`.
Priced PriceOf(double rate, const spec::Row& row, const CostQuery& query) {
  Priced priced;
  priced.rate = rate;
  if (!(rate > 0)) return priced;
  if (const auto price = analysis::ChipPrice(row.deployment.chip, query.pricing)) {
    priced.price = *price;
    priced.usd = analysis::UsdPerMtok(price->value, rate);
  }
  const auto power =
      analysis::ChipPower(row, query.boundary, {query.pricing.catalog, query.pricing.date, {}, {}});
  if (power && power->value > 0) {
    priced.joules = power->value / rate;
    priced.per_mw = 1e6 * rate / power->value;
  }
  return priced;
}

std::vector<std::string> Cells(std::vector<std::string> system, std::optional<double> x,
                               const Priced& priced) {
  for (const std::optional<double>& number : std::initializer_list<std::optional<double>>{
           x, priced.rate, priced.usd, priced.joules, priced.per_mw}) {
    system.push_back(FormatNumber(number));
  }
  return system;
}

/// What was read between two points. Measured power is of a measured point, so only the provisioned
/// power, a constant of the chip, gives it joules.
Priced Between(const analysis::Interpolated& between, const spec::Row& like,
               const CostQuery& query) {
  Priced priced = PriceOf(between.y, like, query);
  if (query.boundary == analysis::Boundary::kProvisioned) return priced;
  priced.joules.reset();
  priced.per_mw.reset();
  return priced;
}

std::string BandText(const analysis::Interpolated& between, const spec::Row& like,
                     const CostQuery& query) {
  if (!between.low || !between.high) return "no band";
  const Priced cheap = PriceOf(*between.high, like, query);
  const Priced dear = PriceOf(*between.low, like, query);
  if (!cheap.usd || !dear.usd) {
    return fmt::format("{}..{} tok/s", FormatNumber(*between.low), FormatNumber(*between.high));
  }
  return fmt::format("{}..{}", FormatNumber(*cheap.usd), FormatNumber(*dear.usd));
}

std::string Legend(const std::set<std::string>& books, bool placeholder, const CostQuery& query) {
  std::string used;
  for (const std::string& book : books) used += (used.empty() ? "" : ", ") + book;
  std::string text = fmt::format(
      "USD a million {} tokens, tier {}, prices of {} ({}); joules and megawatts at the {} "
      "boundary.",
      analysis::Name(query.kind), catalog::Name(query.pricing.tier), query.pricing.date.ToIso(),
      used.empty() ? "no price known" : "book " + used, analysis::Name(query.boundary));
  if (placeholder) text += " A price is a placeholder of its publisher.";
  return text;
}

Json Number(std::optional<double> value) { return value ? Json(*value) : Json(nullptr); }

Json PricedJson(const Priced& priced) {
  Json json = {{"tps_per_chip", priced.rate},
               {"usd_per_mtok", Number(priced.usd)},
               {"joules_per_token", Number(priced.joules)},
               {"tps_per_mw", Number(priced.per_mw)}};
  if (priced.price) {
    json["price"] = {{"usd_per_chip_hour", priced.price->value},
                     {"book", priced.price->book},
                     {"date", priced.price->date.ToIso()},
                     {"placeholder", priced.price->placeholder}};
  }
  return json;
}

/// A series that was read, with its price.
struct PricedReading {
  const Reading* reading = nullptr;
  Priced priced;
};

/// Those with a measured point at the target, cheapest first, without price last.
std::vector<PricedReading> PriceAll(Rows rows, const analysis::Readings& readings,
                                    const CostQuery& query) {
  std::vector<PricedReading> all;
  for (const Reading& reading : readings.series) {
    if (reading.row) all.push_back({&reading, PriceOf(*reading.y, rows[*reading.row], query)});
  }
  std::stable_sort(all.begin(), all.end(), [](const PricedReading& a, const PricedReading& b) {
    constexpr double kLast = std::numeric_limits<double>::infinity();
    return a.priced.usd.value_or(kLast) < b.priced.usd.value_or(kLast);
  });
  return all;
}

Table NewTable(bool with_band) {
  std::vector<Column> columns = SystemColumns();
  for (const char* title :
       {"tok/s\n/user", "tok/s\n/chip", "USD\n/Mtok", "J\n/tok", "tok/s\n/MW"}) {
    columns.push_back({title});
  }
  if (with_band) columns.push_back({"USD\n80 % band"});
  return Table(columns);
}

void AddTo(Table& table, Rows rows, const PricedReading& one, const CostQuery& query,
           bool with_band) {
  const Reading& reading = *one.reading;
  const analysis::RowSeriesKey& key = reading.key;
  std::vector<std::string> cells = Cells(
      SystemCells(key.chip, key.engine, key.precision, key.speculative), reading.x, one.priced);
  if (with_band) cells.emplace_back("measured");
  table.AddRow(std::move(cells));
  if (!reading.between) return;
  const spec::Row& like = rows[*reading.like];
  cells = Cells({"  between", "", "", ""}, std::nullopt, Between(*reading.between, like, query));
  cells.push_back(BandText(*reading.between, like, query));
  table.AddRow(std::move(cells));
}

}  // namespace

std::string CostTable(Rows rows, const analysis::Readings& readings, const CostQuery& query,
                      const Style& style) {
  const std::vector<PricedReading> all = PriceAll(rows, readings, query);
  std::vector<std::pair<std::string, Table>> tables;  // By what their rows share.
  const bool with_band = std::any_of(all.begin(), all.end(), [](const PricedReading& one) {
    return one.reading->between.has_value();
  });
  std::set<std::string> books;
  bool placeholder = false;
  for (const PricedReading& one : all) {
    const std::string name = SharedName(one.reading->key.model, one.reading->key);
    auto table = std::find_if(tables.begin(), tables.end(),
                              [&](const auto& known) { return known.first == name; });
    if (table == tables.end()) table = tables.insert(tables.end(), {name, NewTable(with_band)});
    AddTo(table->second, rows, one, query, with_band);
    if (one.priced.price) books.insert(one.priced.price->book);
    placeholder |= one.priced.price && one.priced.price->placeholder;
  }
  std::string out;
  for (const auto& [name, table] : tables) {
    out += Bold(name, style) + "\n" + table.ToText(style) + "\n";
  }
  if (const std::size_t missed = readings.series.size() - all.size(); missed > 0) {
    out += fmt::format("{} series have no point there.\n", missed);
  }
  out += Wrap(Legend(books, placeholder, query), style.width, 2) + "\n";
  if (with_band) {
    out += Wrap(fmt::format("Between points: bent as {} knots of these rows say when each is left "
                            "out, so that other rows give another reading.",
                            readings.bend.knots),
                style.width, 2) +
           "\n";
  }
  return out;
}

std::string FleetText(const analysis::Fleet& fleet, const Style& style) {
  std::string text = fmt::format(
      "{} deployments of together {} chips serve {} users at once with {} output tokens/s and draw "
      "{:.3f} MW all-in ({} kW a chip, book {}).",
      WithCommas(fleet.deployments), WithCommas(fleet.chips), WithCommas(fleet.users),
      FormatNumber(fleet.output_tps), fleet.megawatts, fleet.all_in_kw.value, fleet.all_in_kw.book);
  if (fleet.usd_per_month && fleet.price) {
    text +=
        fmt::format(" A month of {} h costs {} USD ({} USD a chip and hour, book {}{}).",
                    analysis::kHoursAMonth, FormatNumber(*fleet.usd_per_month), fleet.price->value,
                    fleet.price->book, fleet.price->placeholder ? ", a placeholder" : "");
  } else {
    text += " No price of that tier and day is known.";
  }
  return Wrap(text, style.width, 2) + "\n";
}

Json CostJson(Rows rows, const analysis::Readings& readings, const CostQuery& query) {
  Json series = Json::array();
  for (const Reading& reading : readings.series) {
    const analysis::RowSeriesKey& key = reading.key;
    Json item = {{"series", analysis::Label(key)},
                 {"model", key.model},
                 {"chip", key.chip},
                 {"engine", key.engine},
                 {"precision", key.precision},
                 {"speculative", key.speculative},
                 {"step", nullptr},
                 {"between", nullptr}};
    if (reading.row) {
      item["step"] = PricedJson(PriceOf(*reading.y, rows[*reading.row], query));
      item["step"]["at"] = *reading.x;
      item["step"]["row"] = rows[*reading.row].origin.key;
      item["step"]["run"] = analysis::OccasionOf(rows[*reading.row]).run;
      item["step"]["layout"] = analysis::LayoutName(rows[*reading.row].deployment);
    }
    if (reading.between) {
      item["between"] = PricedJson(Between(*reading.between, rows[*reading.like], query));
      item["between"]["low_tps_per_chip"] = Number(reading.between->low);
      item["between"]["high_tps_per_chip"] = Number(reading.between->high);
    }
    series.push_back(std::move(item));
  }
  return {{"kind", analysis::Name(query.kind)},
          {"tier", catalog::Name(query.pricing.tier)},
          {"prices_of", query.pricing.date.ToIso()},
          {"boundary", analysis::Name(query.boundary)},
          {"series", std::move(series)}};
}

}  // namespace roofscape::cli
