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

}  // namespace roofscape::cli
