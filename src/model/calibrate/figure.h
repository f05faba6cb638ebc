// A predicted figure and its interval, and what ties the two to a normal error of the logarithm.
//
// Thread safety: plain values and pure functions.

#pragma once

namespace roofscape::calibrate {

/// Half of the 80 % interval of a normal, in standard deviations.
inline constexpr double kNormal80 = 1.2815515655446004;

/// A figure and the interval that holds it four times of five.
struct Figure {
  double value = 0.0;
  double low80 = 0.0;
  double high80 = 0.0;

  friend bool operator==(const Figure&, const Figure&) = default;
};

/// `deviation`: standard, of the logarithm.
Figure FigureOfLog(double logarithm, double deviation);
Figure FigureOf(double value, double deviation);

/// The standard deviation of the logarithm that its upper end tells. REQUIRES: f.value > 0.
double Deviation(const Figure& f);

}  // namespace roofscape::calibrate
