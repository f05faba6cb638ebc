// Predictions as text and JSON.
//
// Thread safety: pure functions.

#pragma once

#include <span>
#include <string>

#include "base/core/json.h"
#include "cli/table.h"
#include "model/calibrate/model.h"

namespace roofscape::cli {

/// One load of a predicted deployment.
struct PredictedPoint {
  double concurrency = 0.0;
  calibrate::Prediction prediction;
  calibrate::Explanation why;
};

std::string PredictionTable(std::span<const PredictedPoint> points, const Style& style);

/// Where the time of a decode step and of a prompt goes, and what fills a chip's memory.
std::string ExplanationText(const PredictedPoint& point, const Style& style);

Json PredictionJson(std::span<const PredictedPoint> points);

}  // namespace roofscape::cli
