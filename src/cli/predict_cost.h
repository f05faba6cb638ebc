// What a predicted point costs, in money and in energy: the chip's price and all-in power of a
// dated book, the chip's own draw by the performance model, over predicted tokens. Definitions and
// boundaries: docs/reference/metrics.md.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <string>

#include "base/core/json.h"
#include "cli/table.h"
#include "domain/analysis/cost.h"
#include "model/calibrate/model.h"

namespace roofscape::cli {

struct PointCost {
  std::optional<calibrate::Figure> chip_w;  // Device; missing: the chip's TDP is not known.
  std::optional<calibrate::Figure> joules_per_token_device;         // Of all tokens, alternatives:
  std::optional<calibrate::Figure> joules_per_output_token_device;  // never added.
  std::optional<catalog::DatedFigure> all_in_kw;                    // Missing: no book has it.
  std::optional<calibrate::Figure> joules_per_token_provisioned;
  std::optional<catalog::DatedFigure> price;  // [USD/h/chip] Missing: no book has it.
  std::optional<calibrate::Figure> usd_per_mtok_total, usd_per_mtok_input, usd_per_mtok_output;
};

/// `output_share`: of all tokens, above 0 and below 1. `chip`: an id or any of its names.
PointCost CostOf(const calibrate::Prediction& prediction, const calibrate::Explanation& why,
                 double output_share, const std::string& chip, const analysis::Pricing& pricing);

/// One line of what it comes to, and where prices and power are from; says what is missing.
std::string CostNote(const PointCost& cost, const analysis::Pricing& pricing);

Json CostJson(const PointCost& cost, const analysis::Pricing& pricing);

}  // namespace roofscape::cli
