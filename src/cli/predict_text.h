// Predictions as text.
//
// Thread safety: pure functions.

#pragma once

#include <span>
#include <string>

#include "cli/table.h"
#include "model/calibrate/prediction_json.h"

namespace roofscape::cli {

std::string PredictionTable(std::span<const calibrate::PredictedPoint> points, const Style& style);

/// Where the time of a decode step and of a prompt goes, and what fills a chip's memory.
std::string ExplanationText(const calibrate::PredictedPoint& point, const Style& style);

}  // namespace roofscape::cli
