// The course of a point over time, for finding its steady window and for charts: token rate and
// requests in flight in equal intervals, and histograms of its latencies.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/stats/batch_means.h"
#include "base/stats/histogram.h"
#include "domain/spec/request_log.h"
#include "domain/spec/run_result.h"

namespace roofscape::metrics {

/// Values over `values.size()` equal intervals from begin_s, in seconds of the request log.
struct TimeSeries {
  double begin_s = 0.0;
  double interval_s = 0.0;
  std::vector<double> values;
};

/// Output tokens a second in each interval, of all requests, warm-up too. Each token counts at the
/// time of its event; where the server counted more or fewer tokens than the events carry, each
/// event counts in proportion. REQUIRES: intervals > 0, begin < end.
TimeSeries OutputRateSeries(const spec::RequestLog& log, const spec::Window& window,
                            std::size_t intervals);

/// Time average of the requests in flight in each interval. REQUIRES: as above.
TimeSeries InFlightSeries(const spec::RequestLog& log, const spec::Window& window,
                          std::size_t intervals);

/// Time that a token takes (E2E / n, pooled) of the successes that arrived in each interval; where
/// none did, that of the interval before. REQUIRES: as above.
TimeSeries TokenTimeSeries(const spec::RequestLog& log, const spec::Window& window,
                           std::size_t intervals);

/// Interval of the mean output rate [tokens/s] within the window by 20 batch means.
std::optional<stats::MeanInterval> OutputRateInterval(const spec::RequestLog& log,
                                                      const spec::Window& window,
                                                      double confidence);

struct LatencyHistograms {
  stats::Histogram ttft, itl, e2e;
};

/// Of the successful measured requests intended inside the window; ITL is pooled over tokens.
LatencyHistograms ComputeHistograms(const spec::RequestLog& log, const spec::Window& window);

}  // namespace roofscape::metrics
