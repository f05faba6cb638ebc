#include "model/calibrate/within.h"

#include <algorithm>
#include <cmath>

namespace roofscape::calibrate {

double MostWithin(std::vector<MeasuredLoad> loads, double limit_s) {
  std::sort(loads.begin(), loads.end(),
            [](const MeasuredLoad& a, const MeasuredLoad& b) { return a.tpot_s < b.tpot_s; });
  double best = 0.0;
  std::size_t next = 0;
  for (; next < loads.size() && loads[next].tpot_s <= limit_s; ++next) {
    best = std::max(best, loads[next].tput);
  }
  if (next == 0 || next == loads.size()) return best;
  const MeasuredLoad& a = loads[next - 1];
  const MeasuredLoad& b = loads[next];
  if (a.tput <= 0.0 || b.tput <= 0.0) return best;
  const double part = std::log(limit_s / a.tpot_s) / std::log(b.tpot_s / a.tpot_s);
  return std::max(best, a.tput * std::pow(b.tput / a.tput, part));
}

}  // namespace roofscape::calibrate
