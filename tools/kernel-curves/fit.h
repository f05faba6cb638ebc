// Fits a grid to scattered rows: the values at the nodes between which multilinear interpolation
// comes nearest to the rows, in the sum of absolute errors (by reweighted least squares), with a
// weak penalty on bends and slopes that decides where there are no rows. One thread, fixed order:
// the same rows give the same bytes.

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "model/perf/kernel_curve.h"

namespace roofscape::kernel_curves {

struct Sample {
  std::array<float, perf::kMaxAxes> x = {};
  float roof_s = 0;
  float time_s = 0;
  float weight = 1;
  std::uint32_t site = 0;
};

/// Axes as wished: knots beyond the rows are dropped, those at the ends moved to the rows' ends.
std::vector<perf::CurveAxis> TrimAxes(std::span<const Sample> samples,
                                      std::span<const std::vector<float>> knots);

/// The finished curve, its errors included. REQUIRES: samples is not empty.
perf::KernelCurve Fit(const perf::KernelKey& key, const perf::Roofs& roofs,
                      std::span<const Sample> samples, std::span<const std::vector<float>> knots);

}  // namespace roofscape::kernel_curves
