// The flags of every command that knows prices: whose, and of which day.
//
// Thread safety: no shared state.

#pragma once

#include "cli/flags.h"
#include "domain/analysis/price_choice.h"

namespace roofscape::cli {

using PriceOptions = analysis::PriceChoice;
using analysis::PricingOf;

/// Adds --tier and --date.
void AddPriceOptions(Command& command, PriceOptions& options);

}  // namespace roofscape::cli
