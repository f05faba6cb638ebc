#include "cli/price_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "domain/catalog/price.h"

namespace roofscape::cli {

void AddPriceOptions(Command& command, PriceOptions& options) {
  std::vector<std::string_view> tiers;
  for (const catalog::Tier tier : catalog::kTiers) tiers.push_back(catalog::Name(tier));
  command
      .AddOption("--tier", options.tier,
                 fmt::format("Whose price of a chip-hour: {}", fmt::join(tiers, ", ")))
      ->ShowDefault();
  command.AddOption("--date", options.date,
                    "Prices and power as they were known on this day (default: today)");
}

Result<analysis::Pricing> PricingOf(const PriceOptions& options, const catalog::Catalog& catalog,
                                    WallTime now) {
  analysis::Pricing pricing;
  pricing.catalog = &catalog;
  RS_ASSIGN_OR_RETURN(pricing.tier, catalog::ParseTier(options.tier));
  const std::string day = options.date.empty() ? now.ToIso().substr(0, 10) : options.date;
  const auto date = catalog::ParseDate(day);
  if (!date) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("--date '{}': must be a day, e.g. --date 2026-07-01", day)};
  }
  pricing.date = *date;
  return pricing;
}

}  // namespace roofscape::cli
