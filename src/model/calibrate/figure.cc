#include "model/calibrate/figure.h"

#include <cmath>

namespace roofscape::calibrate {

Figure FigureOfLog(double logarithm, double deviation) {
  return {std::exp(logarithm), std::exp(logarithm - kNormal80 * deviation),
          std::exp(logarithm + kNormal80 * deviation)};
}

Figure FigureOf(double value, double deviation) {
  const double wide = std::exp(kNormal80 * deviation);
  return {value, value / wide, value * wide};
}

double Deviation(const Figure& f) { return std::log(f.high80 / f.value) / kNormal80; }

}  // namespace roofscape::calibrate
