// Predictions of open loops (`predict --rate`) as text and JSON.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/core/json.h"
#include "cli/predict_cost.h"
#include "cli/table.h"
#include "model/calibrate/open_loop.h"

namespace roofscape::cli {

/// One rate; without a prediction the deployment is saturated.
struct OpenRate {
  double rate_rps = 0.0;
  std::optional<calibrate::OpenPrediction> open;
  PointCost cost;  // Where predicted.
};

/// A line a rate, and what the deployment can keep up with.
std::string OpenTable(std::span<const OpenRate> rates, const calibrate::Figure& capacity_rps,
                      const Style& style);

/// Where time goes at the highest rate that is not saturated, and cost; empty where all are.
std::string OpenDetails(std::span<const OpenRate> rates, const analysis::Pricing& pricing,
                        const Style& style);

/// An array; what is not known of a saturated rate is null.
Json OpenJson(std::span<const OpenRate> rates, const analysis::Pricing& pricing);

}  // namespace roofscape::cli
