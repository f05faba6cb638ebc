// What tokens cost in energy, each figure at a named boundary:
//
//   device       measured at the chips themselves;
//   host         measured at the servers that hold them;
//   provisioned  the all-in power that a price book gives a chip: server, network, cooling and
//                losses, already at the level of the utility;
//   facility     measured host x PUE. Never provisioned x PUE: that counts cooling twice.
//
//   joules per token = W / q               tps per MW = 1e6 x q / W
//
// W: watts a chip at the boundary, q: tokens/s a chip over ALL chips of the deployment. Figures of
// different boundaries do not compare. Definitions: docs/reference/metrics.md.
//
// Errors: kNotFound with what is missing. Thread safety: pure functions.

#pragma once

#include <optional>
#include <string_view>

#include "base/core/result.h"
#include "domain/analysis/cost.h"
#include "domain/analysis/power.h"
#include "domain/catalog/catalog.h"
#include "domain/spec/row.h"

namespace roofscape::analysis {

enum class Boundary { kDevice, kHost, kProvisioned, kFacility };

std::string_view Name(Boundary boundary);
Result<Boundary> ParseBoundary(std::string_view name);

/// What a row itself does not say. REQUIRES: the catalog outlives its use.
struct PowerContext {
  const catalog::Catalog* catalog = nullptr;
  catalog::Date date;            // Of the all-in power.
  std::optional<double> host_w;  // Measured at the servers of the whole deployment.
  std::optional<double> pue;     // Of the building, at least 1.
};

/// A figure with the power that it comes from.
struct EnergyFigure {
  double value = 0.0;
  Boundary boundary = Boundary::kDevice;
  std::optional<double> chip_w;                  // [W] a chip, at the boundary.
  std::optional<catalog::DatedFigure> constant;  // [kW] the book's, at kProvisioned.
};

/// [W a chip]
Result<EnergyFigure> ChipPower(const spec::Row& row, Boundary boundary,
                               const PowerContext& context);

/// [J/token] The whole deployment's energy over one kind of token: alternatives, never added. At
/// kDevice a figure that the row itself holds counts before power over rate.
Result<EnergyFigure> JoulesPerToken(const spec::Row& row, TokenKind kind, Boundary boundary,
                                    const PowerContext& context);

/// [J/token] From power that was sampled in the window in which the tokens were handled. Power that
/// is not valid has no figure: the error names the reason codes. REQUIRES: tokens > 0; kDevice or
/// kHost, by where the samples were taken.
Result<EnergyFigure> JoulesPerToken(const PowerReading& reading, double tokens, Boundary boundary);

/// [tokens/s/MW]
Result<EnergyFigure> TpsPerMw(const spec::Row& row, TokenKind kind, Boundary boundary,
                              const PowerContext& context);

}  // namespace roofscape::analysis
