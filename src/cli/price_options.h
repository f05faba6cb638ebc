// The flags of every command that knows prices: whose, and of which day.
//
// Thread safety: no shared state.

#pragma once

#include <string>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "cli/flags.h"
#include "domain/analysis/cost.h"

namespace roofscape::cli {

struct PriceOptions {
  std::string tier = "owned_hyperscaler";
  std::string date;  // Empty: today.
};

/// Adds --tier and --date.
void AddPriceOptions(Command& command, PriceOptions& options);

/// `catalog` must outlive the pricing.
Result<analysis::Pricing> PricingOf(const PriceOptions& options, const catalog::Catalog& catalog,
                                    WallTime now);

}  // namespace roofscape::cli
