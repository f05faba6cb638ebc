// Predictions as text.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/core/json.h"
#include "cli/predict_cost.h"
#include "cli/table.h"
#include "model/calibrate/prediction_json.h"

namespace roofscape::cli {

/// What was measured at a load, means.
struct MeasuredLoad {
  double concurrency = 0.0;
  double ttft_s = 0.0;
  double tpot_s = 0.0;
  double total_tps_per_chip = 0.0;  // Of the deployment, where its chips are not known.
};

/// One load of a predicted deployment.
struct PredictedPoint : calibrate::PredictedPoint {
  PointCost cost;
  std::optional<MeasuredLoad> measured;
};

std::string PredictionTable(std::span<const PredictedPoint> points, const Style& style);

/// Where the time of a decode step and of a prompt goes, and what fills a chip's memory: as tables
/// after a sentence that says of which load, and with that sentence.
std::string PartsText(const calibrate::Explanation& why, const Style& style);
std::string ExplanationText(const PredictedPoint& point, const Style& style);

/// Predicted against measured, load by load, with the errors; empty where nothing was measured.
/// `anchor`: the concurrency that was learned from, and so proves nothing.
std::string AgainstText(std::span<const PredictedPoint> points, std::optional<double> anchor,
                        const Style& style);

/// Money and energy, load by load; empty where nothing of it is known. `load`: the title of what
/// stands in PredictedPoint::concurrency.
std::string CostTable(std::span<const PredictedPoint> points, const Style& style,
                      const std::string& load = "requests\nin flight");

Json PredictionJson(std::span<const PredictedPoint> points, const analysis::Pricing& pricing);

}  // namespace roofscape::cli
