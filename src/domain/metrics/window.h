// The stretch of a point over which its figures are taken.
//
// Whole: from the first arrival (intended) of a measured request to the last end of one.
// Steady, for closed loop: begins when every slot has been filled once by a measured request and
// the transients of output rate, of requests in flight and of the time a token takes are past
// (settling.h), then at the next arrival of the slot that sends last, so that the window holds
// whole cycles; ends at the last arrival. A point of fewer than 20 measured requests a slot, or
// whose transient reaches into the second half, or whose tokens take over 10 % longer or shorter in
// the later half or in the end of the window, beyond doubt, has no steady window; the reason says
// what would do. Steady, for open loop (concurrency 0): begins when those transients are past, ends
// at the last arrival, and is at least 10 mean E2E times long; a point of fewer than 100 measured
// requests has none, and neither has one whose requests in flight grow through all of the sending
// (overload). Neither loop has one where the server stopped answering, where nothing of the settled
// part was answered, or where the share of failures changes within it.
//
// A window takes arrivals in [begin, end) and tokens in (begin, end]: a token that arrives at the
// begin was made before it. Warm-up requests are in no cohort, but what they put out inside the
// window counts in its rates, for the server made it in that time.
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "domain/spec/request_log.h"
#include "domain/spec/run_result.h"

namespace roofscape::metrics {

inline constexpr std::int64_t kMinRequestsPerSlot = 20;

struct SteadySearch {
  std::optional<spec::Window> window;
  /// Where there is none: why not and what to do, beginning "no steady state: " or "overload: ".
  std::string reason;
  /// Where there is none: measured requests a slot (closed loop), and seconds of sending, that
  /// would probably do.
  std::optional<std::int64_t> requests_per_slot_needed;
  std::optional<double> seconds_needed;
};

/// `requests_each`: as PointContext has it. REQUIRES: concurrency >= 0; 0: open loop.
SteadySearch FindSteadyWindow(const spec::RequestLog& log, std::int64_t concurrency,
                              double requests_each = 1.0);

/// Missing when the log holds no measured request.
std::optional<spec::Window> WholeWindow(const spec::RequestLog& log);

}  // namespace roofscape::metrics
