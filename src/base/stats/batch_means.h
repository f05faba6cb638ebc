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

/// An interval around a figure that is more than a mean (a quantile, a ratio), from the same figure
/// of each of k batches: figure +- t(k - 1, (1 + confidence) / 2) x s / sqrt(k), where s is taken
/// around the figure of all, so that the bias of small batches widens it ("sectioning"; S. Asmussen
/// and P. W. Glynn, "Stochastic Simulation", III.5a). Where neighbouring batches are alike (lag-1
/// correlation r > 0), s is widened by sqrt((1 + r) / (1 - r)), the factor of a first-order
/// autoregression. `mean` is the figure. Missing below kMinBatches values.
/// REQUIRES: 0 < confidence < 1, finite values.
std::optional<MeanInterval> SectionInterval(std::span<const double> batch_figures, double figure,
                                            double confidence);

/// The mean of k independent figures (repeats of a run) with its Student t interval. `batches` is
/// k. Missing below 2 values. REQUIRES: 0 < confidence < 1, finite values.
std::optional<MeanInterval> IndependentInterval(std::span<const double> figures, double confidence);

/// The value below which a Student t variable of `degrees` degrees of freedom lies with
/// probability p. Relative error below 1e-9. REQUIRES: degrees > 0, 0 < p < 1.
double StudentQuantile(double degrees, double p);

}  // namespace roofscape::stats
