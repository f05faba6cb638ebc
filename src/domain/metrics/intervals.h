// Within-run 95 % intervals of a window's figures by batch means (base/stats/batch_means.h):
// 20 batches, each with its own figure, and the figure of all in the middle.
//
// Rates: batches of equal time. Latencies: batches of consecutive requests in order of arrival,
// as many in each, with their successes; ITL pooled over the tokens of the batch's requests. A mean
// needs 2 successes in each batch, a median 5: below, its interval is missing.
// Cost: sorting the window's gaps once more. Thread safety: pure functions.

#pragma once

#include <map>
#include <string>

#include "domain/spec/request_log.h"
#include "domain/spec/run_result.h"

namespace roofscape::metrics {

inline constexpr double kConfidence = 0.95;

/// Whose tokens and answers rates count: a steady window's those of all requests, for the server
/// made them in that time; a whole window's those of measured requests alone, as its requests are.
enum class RatesOf { kAll, kMeasured };

/// For output_tps and total_tps (per chip, too), request_rps, mean and p50 of ttft, tpot, itl and
/// e2e, and interactivity_p50_tps, under their flat names. `point`: the figures of that window,
/// from ComputePoint.
std::map<std::string, spec::Interval> WithinRunIntervals(const spec::RequestLog& log,
                                                         const spec::PointMetrics& point,
                                                         RatesOf rates_of = RatesOf::kAll);

}  // namespace roofscape::metrics
