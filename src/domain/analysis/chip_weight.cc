#include "domain/analysis/chip_weight.h"

#include <fmt/format.h>

#include "domain/catalog/price.h"

namespace roofscape::analysis {
namespace {

constexpr double kHour = 3600.0;

void AddSource(const std::string& text, Spending& spending) {
  if (spending.source.find(text) != std::string::npos) return;
  spending.source += (spending.source.empty() ? "" : "; ") + text;
}

}  // namespace

Spending SpendingOf(std::string_view objective) {
  if (objective == "usd") return {"tokens/USD", "tokens_per_usd", ""};
  if (objective == "kwh") return {"tokens/kWh", "tokens_per_kwh", ""};
  return {"tokens/s/chip", "tps_per_chip", ""};
}

Result<double> ChipWeight(std::string_view objective, const catalog::Chip& chip,
                          const Pricing& pricing, Spending& spending) {
  if (objective == "usd") {
    RS_ASSIGN_OR_RETURN(const auto price, ChipPrice(chip.entry.id, pricing));
    AddSource(fmt::format("{} {} USD/h ({}, {}, {})", chip.entry.id, price.value, price.book,
                          price.date.ToIso(), catalog::Name(pricing.tier)),
              spending);
    return price.value / kHour;
  }
  if (objective == "kwh") {
    const auto power = catalog::AllInPowerAt(pricing.catalog->prices, chip.entry.id, pricing.date);
    if (!power) {
      return Error{ErrorCode::kNotFound,
                   fmt::format("no price book says what power '{}' draws with everything around "
                               "it on {}: choose another --objective, or add a book to a "
                               "--catalog folder",
                               chip.entry.id, pricing.date.ToIso())};
    }
    AddSource(fmt::format("{} {} kW all-in ({}, {})", chip.entry.id, power->value, power->book,
                          power->date.ToIso()),
              spending);
    return power->value / kHour;
  }
  return 1.0;
}

}  // namespace roofscape::analysis
