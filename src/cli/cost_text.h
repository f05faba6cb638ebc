// What tokens cost in money and energy at a target, as text: a table of readings (reading.h) with
// the price book, tier and day that are part of every figure.
//
// Thread safety: pure functions.

#pragma once

#include <span>
#include <string>

#include "base/core/json.h"
#include "cli/table.h"
#include "domain/analysis/cost.h"
#include "domain/analysis/energy.h"
#include "domain/analysis/fleet_size.h"
#include "domain/analysis/reading.h"

namespace roofscape::cli {

/// How readings are priced; the readings are of the rate of `kind` a chip.
struct CostQuery {
  analysis::TokenKind kind = analysis::TokenKind::kTotal;
  analysis::Pricing pricing;
  analysis::Boundary boundary = analysis::Boundary::kProvisioned;
};

/// One row a series: rate, cost, joules a token and rate a megawatt of the step reading; below it
/// that read between points, with its band. Then which book, tier and day the figures are of.
std::string CostTable(std::span<const spec::Row> rows, const analysis::Readings& readings,
                      const CostQuery& query, const Style& style);

/// The same as one object, with all digits.
Json CostJson(std::span<const spec::Row> rows, const analysis::Readings& readings,
              const CostQuery& query);

/// What a fleet is made of, what it draws and costs: a few lines.
std::string FleetText(const analysis::Fleet& fleet, const Style& style);

}  // namespace roofscape::cli
