// Confidence interval of the mean of one correlated series (a run): the method of non-overlapping
// batch means. The series is cut into k batches of equal length; their means are nearly independent
// once a batch is long against the correlation, and
//   mean +- t(k - 1, (1 + confidence) / 2) x s / sqrt(k)
// is the interval, s the standard deviation of the batch means.
//
// Source: A. M. Law, "Simulation Modeling and Analysis", chapter 9 (output analysis for a single
// system); the advice of 20 batches or more so that s is known well enough: B. W. Schmeiser, "Batch
// size effects in the analysis of simulation output", Operations Research 30(3), 1982.
//
// Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace roofscape::stats {

inline constexpr std::size_t kMinBatches = 20;

struct MeanInterval {
  double mean = 0.0;
  double half_width = 0.0;  // The interval is mean +- half_width.
  std::size_t batches = 0;
  double lag1 = 0.0;  // Correlation of neighbouring batch means; far above 0: batches too short.
};

/// The interval from `batches` batches; observations that do not fill a batch are dropped at the
/// front. Missing when there are fewer observations than batches.
/// REQUIRES: batches >= kMinBatches, 0 < confidence < 1, finite values.
std::optional<MeanInterval> BatchMeansInterval(std::span<const double> series, double confidence,
                                               std::size_t batches = kMinBatches);

/// The value below which a Student t variable of `degrees` degrees of freedom lies with
/// probability p. Relative error below 1e-9. REQUIRES: degrees > 0, 0 < p < 1.
double StudentQuantile(double degrees, double p);

}  // namespace roofscape::stats
