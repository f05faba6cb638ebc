// Requests in the system, counted in two ways that must agree (Little's law). A request is in
// flight from its arrival (intended) to its end; one that never ended, to the end of the log.
// Warm-up requests count: they load the server like any other.
//
// The two ways. in_flight_mean is an area: the time that requests spend inside the window, divided
// by the window. The law's answer is arrival rate x mean time in the system, where
//   - while sending goes on through the whole window (steady): the rate is the sum over slots of
//     complete cycles (from an arrival of the slot to its next) a second, the mean that of the
//     requests that fill those cycles. Counting arrivals against the window's length instead would
//     be off by up to one request a slot, 5 % at 20 requests a slot, only for where the edges fall;
//   - else (whole window, or no slots in the log): arrivals / window x their mean time, and warm-up
//     requests already in flight count with the time they remain.
// Ids count issued requests, so a gap in them is a request whose row is missing; the rate includes
// it, the area cannot. So the two differ by the missing share when the log is not whole.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>

#include "domain/spec/request_log.h"
#include "domain/spec/run_result.h"

namespace roofscape::metrics {

/// The last stamp of the log: the end of requests that have none. 0 for an empty log.
std::int64_t LogEnd(const spec::RequestLog& log);

/// When the request left the system, `log_end` where that was not stamped.
std::int64_t DepartureOf(const spec::Request& request, std::int64_t log_end);

/// Time average of the requests in flight. Missing for an empty window.
std::optional<double> InFlightMean(const spec::RequestLog& log, const spec::Window& window);

/// Arrival rate x mean time in the system. Missing when nothing arrived in the window.
std::optional<double> LittlesLawInFlight(const spec::RequestLog& log, const spec::Window& window);

/// Requests that were issued and whose rows are missing, by gaps in the ids; those issued inside
/// `window` only, where one is given. 0 when the ids are no counter (they repeat, or most are
/// missing): then they say nothing.
std::int64_t MissingRows(const spec::RequestLog& log, const spec::Window* window = nullptr);

}  // namespace roofscape::metrics
