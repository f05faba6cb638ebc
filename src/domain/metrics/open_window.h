// The steady window of an open loop: arrivals come by a schedule, whatever the server does.
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>

#include "domain/metrics/window.h"
#include "domain/spec/request_log.h"

namespace roofscape::metrics {

/// A window holds at least so many arrivals of measured requests, and so many mean E2E times.
inline constexpr std::int64_t kMinOpenRequests = 100;
inline constexpr double kMinOpenE2es = 10.0;

/// Requests in flight that grew through all of the sending, beyond doubt.
struct Overload {
  double asked_rps = 0.0;      // arrivals a second
  double completed_rps = 0.0;  // ends a second, over the same time
  double in_flight_from = 0.0;
  double in_flight_to = 0.0;
};

/// Missing when nothing of the sort can be shown.
std::optional<Overload> FindOverload(const spec::RequestLog& log, const spec::Window& sending);

/// As FindSteadyWindow with concurrency 0.
SteadySearch FindOpenWindow(const spec::RequestLog& log, double requests_each = 1.0);

}  // namespace roofscape::metrics
