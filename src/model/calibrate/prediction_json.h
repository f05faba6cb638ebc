// Predictions as JSON, and the names of the parts of a step.
//
// Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "base/core/json.h"
#include "model/calibrate/model.h"
#include "model/calibrate/open_loop.h"

namespace roofscape::calibrate {

/// One load of a predicted deployment.
struct PredictedPoint {
  double concurrency = 0.0;
  Prediction prediction;
  Explanation why;
};

/// Of a place in perf::StepPart: for people, and as a name in JSON ("attention_s").
std::string_view PartTitle(std::size_t part);
std::string_view PartKey(std::size_t part);
/// A word for narrow columns.
std::string_view PartWord(std::size_t part);
/// The part that takes longest.
std::size_t LargestPart(const perf::StepTimes<double>& times);

/// {"value", "low80", "high80"}; an end that is infinite is null once it is written.
Json FigureJson(const Figure& figure);

/// An array, one object a load.
Json PredictionJson(std::span<const PredictedPoint> points);

/// One rate of an open loop, with the fields of a closed one's load but its concurrency. `open`
/// missing: saturated, and what is not known of it is null.
Json OpenPointJson(double rate_rps, const std::optional<OpenPrediction>& open);

}  // namespace roofscape::calibrate
