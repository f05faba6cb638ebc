// Whose prices, and of which day, as somebody writes it.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "domain/analysis/cost.h"

namespace roofscape::analysis {

struct PriceChoice {
  std::string tier = "owned_hyperscaler";
  std::string date;  // Empty: today.
};

/// `catalog` must outlive the pricing.
Result<Pricing> PricingOf(const PriceChoice& choice, const catalog::Catalog& catalog, WallTime now);

}  // namespace roofscape::analysis
