// What a second of a chip is weighed by: nothing but itself, its price, or the power that it and
// all around it draw.
//
// Thread safety: pure functions.

#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"
#include "domain/analysis/cost.h"
#include "domain/catalog/catalog.h"

namespace roofscape::analysis {

/// What a search is to find most of.
struct Spending {
  std::string name;    // "tokens/s/chip", "tokens/USD", "tokens/kWh"
  std::string key;     // "tps_per_chip", "tokens_per_usd", "tokens_per_kwh"
  std::string source;  // Of prices or powers; empty where there are none.
};

/// `objective`: "chip", "usd" or "kwh".
Spending SpendingOf(std::string_view objective);

/// Adds to `spending.source` where the number comes from. Errors: no price, no power on that day.
Result<double> ChipWeight(std::string_view objective, const catalog::Chip& chip,
                          const Pricing& pricing, Spending& spending);

}  // namespace roofscape::analysis
