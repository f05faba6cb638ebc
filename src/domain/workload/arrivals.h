// When the requests of an open loop are due: a schedule fixed before the run, whatever the server
// does. Times are offsets from the start, in order; nobody moves them later.
//
// The values depend only on the arguments. Thread safety: pure function.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/core/units.h"
#include "domain/spec/plan.h"

namespace roofscape::workload {

/// Arrivals of `kind` at `rate_rps`: `count` of them, or as many as fall before `duration`.
/// kPoisson: exponential gaps, so the number in a given time varies as it does in life; kConstant:
/// equal gaps; kBurst: `count` at 0, the rate is not looked at.
/// REQUIRES: kind is not kClosed; rate > 0 unless burst; count (burst), or count or duration.
std::vector<Nanos> ArrivalTimes(spec::Arrivals kind, double rate_rps,
                                std::optional<std::int64_t> count, std::optional<Nanos> duration,
                                std::uint64_t seed);

}  // namespace roofscape::workload
