// What a layout was measured to give at exactly a speed, between its measured loads.
//
// Thread safety: pure functions.

#pragma once

#include <vector>

namespace roofscape::calibrate {

struct MeasuredLoad {
  double tpot_s = 0.0;
  double tput = 0.0;  // Tokens a second and chip.
};

/// The most within a TPOT, between loads by straight lines in logarithms; 0: none is so quick.
double MostWithin(std::vector<MeasuredLoad> loads, double limit_s);

}  // namespace roofscape::calibrate
