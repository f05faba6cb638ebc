// A measured run as what a prediction is made for: its lengths and loads, and what was measured at
// each; and a prediction as a run of its own, so that frontiers, reports and the store treat both
// alike.
//
// Thread safety: as the store's.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "cli/predict_text.h"
#include "domain/spec/run_result.h"

namespace roofscape::cli {

/// A run of closed loops, with the medians over its repeats of what each load showed.
struct LikeRun {
  spec::RunResult run;
  double input_tokens = 0.0;  // Means of what was sent.
  double output_tokens = 0.0;
  std::optional<double> slots;      // As the engine told them.
  std::vector<MeasuredLoad> loads;  // By rising concurrency.
};

/// kInvalidArgument, naming the run and the cure, where it has no closed loop with a window.
Result<LikeRun> LoadLikeRun(const std::string& db, const std::string& name);

/// The load measured at that concurrency; an error lists those that were.
Result<MeasuredLoad> LoadAt(const LikeRun& like, double concurrency);

/// The prediction as a run like that one: way "predicted", `name` as its deployment's. Nothing but
/// means is predicted: they stand in the place of means and of medians, and a note says so.
spec::RunResult PredictedRun(const LikeRun& like, std::span<const PredictedPoint> points,
                             const std::string& name, const Clock& clock);

/// Writes it to the store whole.
Result<> SaveRun(const std::string& db, const spec::RunResult& run);

}  // namespace roofscape::cli
