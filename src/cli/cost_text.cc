#include "cli/cost_text.h"

#include <optional>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"

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

std::vector<std::string> Cells(const std::string& name, std::optional<double> x,
                               const Priced& priced) {
  return {name,
          FormatNumber(x),
          FormatNumber(priced.rate),
          FormatNumber(priced.usd),
          FormatNumber(priced.joules),
          FormatNumber(priced.per_mw)};
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
    return fmt::format("80 %: {} to {} tokens/s/chip", FormatNumber(*between.low),
                       FormatNumber(*between.high));
  }
  return fmt::format("80 %: {} to {} USD", FormatNumber(*cheap.usd), FormatNumber(*dear.usd));
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

}  // namespace

std::string RateName(analysis::TokenKind kind) {
  return std::string(analysis::Name(kind)) + "_tps_per_chip";
}

std::string CostTable(Rows rows, const analysis::Readings& readings, const CostQuery& query,
                      const Style& style) {
  Table table({{"series", Align::kLeft},
               {"at\ntok/s/user", Align::kRight},
               {"rate\ntok/s/chip", Align::kRight},
               {"cost\nUSD/Mtok", Align::kRight},
               {"energy\nJ/tok", Align::kRight},
               {"rate\ntok/s/MW", Align::kRight}});
  std::set<std::string> books;
  bool placeholder = false;
  for (const Reading& reading : readings.series) {
    const std::string name = analysis::Label(reading.key);
    if (!reading.row) {
      table.AddRow({name, "-", "-", "-", "-", "-"});
    } else {
      const Priced priced = PriceOf(*reading.y, rows[*reading.row], query);
      if (priced.price) books.insert(priced.price->book);
      placeholder |= priced.price && priced.price->placeholder;
      table.AddRow(Cells(name, reading.x, priced));
    }
    if (!reading.between) continue;
    const spec::Row& like = rows[*reading.like];
    table.AddRow(Cells("  between points, " + BandText(*reading.between, like, query), std::nullopt,
                       Between(*reading.between, like, query)));
  }
  return table.ToText(style) + Wrap(Legend(books, placeholder, query), style.width, 2) + "\n";
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
    Json item = {{"series", analysis::Label(reading.key)}, {"step", nullptr}, {"between", nullptr}};
    if (reading.row) {
      item["step"] = PricedJson(PriceOf(*reading.y, rows[*reading.row], query));
      item["step"]["at"] = *reading.x;
      item["step"]["row"] = rows[*reading.row].origin.key;
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
