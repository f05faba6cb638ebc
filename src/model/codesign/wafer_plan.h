// What wafers of SRAM give a model at a speed (perf/wafer.h): as many wafers as its weights and the
// caches of its users need, and as many users as the speed allows. Published speeds stand behind
// it, so that every answer is an interval.
//
// Decoding decides: layers stand in a row, each works on one user's token at a time, so that users
// up to the number of layers cost each other nothing. Prompts count by their arithmetic alone.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/core/result.h"
#include "domain/catalog/model.h"
#include "model/perf/lowered.h"
#include "model/perf/wafer.h"

namespace roofscape::codesign {

struct WaferSite {
  perf::Wafer wafer;
  perf::Bounds crossing_s;  // From wafer to wafer.
  int most = 64;            // Wafers of a deployment.
  double weight = 1.0;      // What is spent of a wafer in a second.
};

/// A model as wafers see it.
struct WaferTask {
  double layers = 0.0;
  double weight_bytes = 0.0;         // All of them.
  double active_bytes = 0.0;         // Read for a token.
  double active = 0.0;               // Parameters.
  double cache_bytes = 0.0;          // Of a user, in the mean of an answer.
  double input = 0.0, output = 0.0;  // Mean tokens.
};

WaferTask TaskOf(const catalog::Model& model, const perf::Formats& formats, double input,
                 double output);

struct WaferPlan {
  int wafers = 0;
  double users = 0.0;
  double user_tps = 0.0;         // By the middle of the bounds, as the two above.
  double value = 0.0;            // Input and output tokens for each unit of what is spent.
  double low = 0.0, high = 0.0;  // The same at the ends of the bounds; 0: not reached.
  const char* ends = "";         // What holds it: "speed", "memory", "arithmetic".
};

/// The number of wafers that gives most at a speed; missing: the model does not fit, or no token
/// comes so soon. REQUIRES: site.most >= 1, speed_tps > 0.
std::optional<WaferPlan> BestWafers(const WaferSite& site, const WaferTask& task, double speed_tps);

/// Tokens a second of one user alone, on as few wafers as hold the model; {0, 0}: it does not fit.
perf::Bounds AloneOnWafers(const WaferSite& site, const WaferTask& task);

}  // namespace roofscape::codesign
