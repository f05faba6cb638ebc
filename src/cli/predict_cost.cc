#include "cli/predict_cost.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roofscape::cli {
namespace {

using calibrate::Figure;

/// Standard deviation of the logarithm of the modelled draw. Of 31 measured rows (DeepSeek-R1 on
/// MI355X, none of them fitted to) see docs/concepts/performance-model.md.
constexpr double kPowerSpread = 0.25;

/// amount / rate: the more tokens, the less each.
Figure Over(double amount, double deviation, const Figure& rate, double share) {
  return calibrate::FigureOf(amount / (rate.value * share), std::hypot(deviation, Deviation(rate)));
}

Json FigureJson(const std::optional<Figure>& f) {
  if (!f) return nullptr;
  return {{"value", f->value}, {"low80", f->low80}, {"high80", f->high80}};
}

Json DatedJson(const std::optional<catalog::DatedFigure>& f) {
  if (!f) return nullptr;
  return {{"value", f->value},
          {"book", f->book},
          {"date", f->date.ToIso()},
          {"placeholder", f->placeholder}};
}

}  // namespace

PointCost CostOf(const calibrate::Prediction& prediction, const calibrate::Explanation& why,
                 double output_share, const std::string& chip, const analysis::Pricing& pricing) {
  PointCost out;
  const Figure& rate = prediction.tput_per_chip;
  if (why.chip_w) {
    out.chip_w = calibrate::FigureOf(*why.chip_w, kPowerSpread);
    out.joules_per_token_device = Over(*why.chip_w, kPowerSpread, rate, 1.0);
    out.joules_per_output_token_device = Over(*why.chip_w, kPowerSpread, rate, output_share);
  }
  const auto found = catalog::FindChip(*pricing.catalog, chip);
  if (!found) return out;
  const std::string& id = (*found)->entry.id;
  out.all_in_kw = catalog::AllInPowerAt(pricing.catalog->prices, id, pricing.date);
  if (out.all_in_kw) {
    out.joules_per_token_provisioned = Over(1e3 * out.all_in_kw->value, 0.0, rate, 1.0);
  }
  out.price = catalog::PriceAt(pricing.catalog->prices, id, pricing.tier, pricing.date);
  if (!out.price) return out;
  const double usd_mtok = analysis::UsdPerMtok(out.price->value, 1.0);
  out.usd_per_mtok_total = Over(usd_mtok, 0.0, rate, 1.0);
  out.usd_per_mtok_input = Over(usd_mtok, 0.0, rate, 1.0 - output_share);
  out.usd_per_mtok_output = Over(usd_mtok, 0.0, rate, output_share);
  return out;
}

std::string CostNote(const PointCost& cost, const analysis::Pricing& pricing) {
  std::string out;
  if (cost.price) {
    out += fmt::format("Prices: {} of {} ({}), {} USD an hour and chip{}.\n",
                       catalog::Name(pricing.tier), cost.price->date.ToIso(), cost.price->book,
                       FormatNumber(cost.price->value),
                       cost.price->placeholder ? ", computed from another chip's" : "");
  } else {
    out += fmt::format("No cost: no price book up to {} has the {} price of this chip.\n",
                       pricing.date.ToIso(), catalog::Name(pricing.tier));
  }
  if (cost.all_in_kw) {
    out += fmt::format(
        "Power: W a chip is its own draw as modelled; all-in {} kW a chip ({}), "
        "{} J a token.\n",
        FormatNumber(cost.all_in_kw->value), cost.all_in_kw->book,
        FormatNumber(cost.joules_per_token_provisioned->value));
  }
  if (!cost.chip_w) out += "No energy at the chip: the catalog does not know its TDP.\n";
  return out;
}

Json CostJson(const PointCost& cost, const analysis::Pricing& pricing) {
  return {{"chip_w_device", FigureJson(cost.chip_w)},
          {"joules_per_total_token_device", FigureJson(cost.joules_per_token_device)},
          {"joules_per_output_token_device", FigureJson(cost.joules_per_output_token_device)},
          {"power_tier", cost.chip_w ? Json("modelled") : Json()},
          {"all_in_kw", DatedJson(cost.all_in_kw)},
          {"joules_per_total_token_provisioned", FigureJson(cost.joules_per_token_provisioned)},
          {"price_tier", catalog::Name(pricing.tier)},
          {"price_asked_for", pricing.date.ToIso()},
          {"usd_per_chip_hour", DatedJson(cost.price)},
          {"usd_per_mtok_total", FigureJson(cost.usd_per_mtok_total)},
          {"usd_per_mtok_input", FigureJson(cost.usd_per_mtok_input)},
          {"usd_per_mtok_output", FigureJson(cost.usd_per_mtok_output)}};
}

}  // namespace roofscape::cli
