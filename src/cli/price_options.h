// The flags of every command that knows prices: whose, and of which day.
//
// Thread safety: no shared state.

#pragma once

#include <string>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "domain/analysis/cost.h"
#include "domain/analysis/curve.h"

namespace CLI {
class App;
}

namespace roofscape::cli {

struct PriceOptions {
  std::string tier = "owned_hyperscaler";
  std::string date;  // Empty: today.
};

/// Adds --tier and --date.
void AddPriceOptions(CLI::App& command, PriceOptions& options);

/// `catalog` must outlive the pricing.
Result<analysis::Pricing> PricingOf(const PriceOptions& options, const catalog::Catalog& catalog,
                                    WallTime now);

/// USD a million tokens of that kind, as an axis. The pricing's catalog must outlive it.
analysis::RowAxis CostAxis(analysis::TokenKind kind, const analysis::Pricing& pricing);

}  // namespace roofscape::cli
