// What tokens, tasks and fleets cost, as text and JSON.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "cli/table.h"
#include "domain/analysis/cost.h"
#include "domain/analysis/curve.h"
#include "domain/analysis/energy.h"
#include "domain/analysis/fleet_size.h"
#include "domain/analysis/intelligence.h"
#include "domain/analysis/interpolate.h"

namespace roofscape::cli {

/// What is asked of the rows.
struct CostQuery {
  double at = 50;  // [tokens/s/user] at p50, at least.
  analysis::Pricing pricing;
  bool interpolate = false;
  std::optional<double> megawatts;    // Of the utility's power.
  std::optional<std::int64_t> users;  // Streams.
};

/// One series read at the target.
struct CostReading {
  analysis::RowSeriesKey key;
  std::size_t row = 0;  // The best measured point that meets the target.
  double at = 0.0;      // Its interactivity.
  double tps_per_chip = 0.0;
  std::optional<analysis::Interpolated> between;           // The rate between measured points.
  std::optional<double> usd_total, usd_input, usd_output;  // [USD/Mtok]
  std::optional<catalog::DatedFigure> price;               // [USD/h/chip]
  std::optional<double> tps_per_mw;                        // Total tokens, provisioned.
  std::optional<double> provisioned_j, device_j;           // [J/token], total tokens.
  std::optional<analysis::Fleet> fleet;
};

/// Cheapest first; series that nothing of meets the target are counted in `missed`.
struct CostAnswer {
  std::vector<CostReading> readings;
  std::size_t missed = 0;
  analysis::Bend bend;                // Of the interpolation.
  std::vector<std::string> unpriced;  // Chips without a price on that day.
};

CostAnswer ReadCosts(std::span<const spec::Row> rows, const CostQuery& query);

/// A table for each workload, protocol and window: they never share one.
std::string CostsText(std::span<const spec::Row> rows, const CostQuery& query,
                      const CostAnswer& answer, const Style& style);
Json CostsJson(std::span<const spec::Row> rows, const CostQuery& query, const CostAnswer& answer);

/// Solved tasks per dollar and per kWh.
std::string IntelligenceText(std::span<const spec::Row> rows,
                             const analysis::IntelligenceQuery& query,
                             std::span<const analysis::IntelligencePoint> points,
                             const Style& style);
Json IntelligenceJson(std::span<const spec::Row> rows, const analysis::IntelligenceQuery& query,
                      std::span<const analysis::IntelligencePoint> points);

}  // namespace roofscape::cli
