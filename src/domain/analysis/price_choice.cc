#include "domain/analysis/price_choice.h"

#include <fmt/format.h>

#include "domain/catalog/price.h"

namespace roofscape::analysis {

Result<Pricing> PricingOf(const PriceChoice& choice, const catalog::Catalog& catalog,
                          WallTime now) {
  Pricing pricing;
  pricing.catalog = &catalog;
  RS_ASSIGN_OR_RETURN(pricing.tier, catalog::ParseTier(choice.tier));
  const std::string day = choice.date.empty() ? now.ToIso().substr(0, 10) : choice.date;
  const auto date = catalog::ParseDate(day);
  if (!date) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("date '{}': must be a day like 2026-07-01", day)};
  }
  pricing.date = *date;
  return pricing;
}

}  // namespace roofscape::analysis
