// When the requests of an open loop are due: a schedule fixed before the run, whatever the server
// does. Times are offsets from the start, in order; nobody moves them later.
//
// The values depend only on the arguments. Thread safety: pure function.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/core/rng.h"
#include "base/core/units.h"
#include "domain/spec/plan.h"

namespace roofscape::workload {

/// Gaps of a stream without end.
enum class Gaps {
  kConstant,
  kPoisson,  // Exponential.
  kGamma,    // With a coefficient of variation of their own: above 1 in bursts, below 1 even.
};

/// One arrival after another, the first at 0; as many as are wanted, in no memory.
class ArrivalStream {
 public:
  /// `variation`: of kGamma, standard deviation over mean. REQUIRES: rate_rps > 0, variation > 0.
  ArrivalStream(Gaps gaps, double rate_rps, std::uint64_t seed, double variation = 1.0);
  Nanos Next();

 private:
  double Gap();

  Gaps gaps_;
  double rate_rps_;
  double shape_;
  Rng rng_;
  double at_ =
      0.0;  // In mean gaps: a sum of a million small doubles is still good to a nanosecond.
};

/// Arrivals of `kind` at `rate_rps`: `count` of them, or as many as fall before `duration`.
/// kPoisson: exponential gaps, so the number in a given time varies as it does in life; kConstant:
/// equal gaps; kBurst: `count` at 0, the rate is not looked at.
/// REQUIRES: kind is not kClosed; rate > 0 unless burst; count (burst), or count or duration.
std::vector<Nanos> ArrivalTimes(spec::Arrivals kind, double rate_rps,
                                std::optional<std::int64_t> count, std::optional<Nanos> duration,
                                std::uint64_t seed);

}  // namespace roofscape::workload
