// Has a course settled, and when? The parts of the search for a steady window that closed and open
// loop share (window.h). Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "domain/spec/request_log.h"
#include "domain/spec/run_result.h"

namespace roofscape::metrics {

/// A course is looked at in this many intervals, and cut at batches of so many: 40 in all.
inline constexpr std::size_t kSettlingIntervals = 200;
inline constexpr std::size_t kSettlingBatch = 5;

/// Where the transients of a point are over, or why not.
struct Settled {
  std::optional<std::int64_t> begin_ns;
  std::string why;  // where there is no begin: what had not settled
};

/// The latest end of the transients (MSER, base/stats/mser.h) of output rate, of requests in flight
/// and of the time a token takes, over `sending`. Slots that start together put out tokens in waves
/// that ebb as they drift apart; MSER would take the waves for a transient, so it is shown means
/// over one cycle of `cycle_s`, in which they cancel; 0: no waves. What ran as the settled part
/// does and was then disturbed had settled: a stall is no transient, so the cut is before it.
/// REQUIRES: begin < end.
Settled FindSettled(const spec::RequestLog& log, const spec::Window& sending, double cycle_s);

/// Why `window` is not steady after all, or missing: the time a token takes (E2E / n) is another in
/// its end, or drifts from its earlier to its later half, beyond doubt; or no request of it was
/// answered, or the share of failures is another in its later half. In a closed loop that time is
/// the inverse of the output rate, without the waves of slots in step.
std::optional<std::string> FindChange(const spec::RequestLog& log, const spec::Window& window,
                                      double cycle_s);

}  // namespace roofscape::metrics
