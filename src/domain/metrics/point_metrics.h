// All metrics of one operating point over one window, from its request log.
//
// Cohort (latencies, lengths, counts): the measured requests that arrived (intended) inside the
// window, followed to their end; latencies and lengths over its successes, send delay and connect
// time over everything that was sent, for they are the client's. Rates: output tokens at their
// event times, input tokens at first_token, answers at their end, of all requests, warm-up too,
// inside (begin, end]; with RatesOf::kMeasured, as for a whole window, of measured ones alone.
// Percentiles of rates follow the slow tail: interactivity p99 is 1 / TPOT p99. Input and total
// rates are missing when a success that counts has neither a counted nor an asked number of input
// tokens. Cost: sorting; a million events in a fraction of a second. Thread safety: pure function.

#pragma once

#include <cstdint>
#include <optional>

#include "domain/metrics/intervals.h"
#include "domain/spec/request_log.h"
#include "domain/spec/run_result.h"

namespace roofscape::metrics {

/// `chips`: all accelerators of the deployment; without it rates per chip are missing.
spec::PointMetrics ComputePoint(const spec::RequestLog& log, const spec::Window& window,
                                std::optional<std::int64_t> chips,
                                RatesOf rates_of = RatesOf::kAll);

/// Of an even sample of the requests, each standing for `requests_each`: counts, rates and requests
/// in flight as of all of them. Latencies and lengths are theirs already; the number of samples
/// behind a summary stays what it is. REQUIRES: requests_each >= 1.
void ScaleCounts(double requests_each, spec::PointMetrics& point);

}  // namespace roofscape::metrics
