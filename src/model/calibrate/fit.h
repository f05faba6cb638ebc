// Fits the model's coefficients to measured rows: the most probable logarithms under their priors
// and a robust likelihood of log TTFT and log TPOT (Student's t, so that a row with a hidden flag
// does not bend the rest). Levenberg-Marquardt on exact derivatives; deterministic.
//
// Thread safety: pure functions.

#pragma once

#include <span>
#include <vector>

#include "model/calibrate/case.h"

namespace roofscape::calibrate {

struct FitOptions {
  int max_iterations = 25;
  double tpot_scale = 0.10;  // Of the t distribution, in log.
  double ttft_scale = 0.40;
};

struct Fit {
  std::vector<double> fitted;  // perf::kFitted logarithms.
  int iterations = 0;
  double loss = 0.0;
};

/// log(predicted / measured) of a case; 0 where not measured.
struct LogErrors {
  double ttft = 0.0;
  double tpot = 0.0;
};

LogErrors ErrorsOf(const Case& c, std::span<const double> fitted);

/// Fits twice: rows of one model, chip, engine, precision and protocol that the first fit misses
/// together by far have a label that is wrong or a flag that is hidden, and count little in the
/// second. Fits on the cases that `used` marks; rows of one curve share its weight.
Fit FitCoefficients(std::span<const Case> cases, std::span<const char> used,
                    const FitOptions& options);

}  // namespace roofscape::calibrate
