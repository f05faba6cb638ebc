#include "domain/metrics/series.h"

#include <algorithm>

#include "base/core/check.h"
#include "domain/metrics/in_flight.h"
#include "domain/metrics/request_metrics.h"

namespace roofscape::metrics {
namespace {

TimeSeries Empty(const spec::Window& window, std::size_t intervals) {
  RS_CHECK(intervals > 0 && window.end_ns > window.begin_ns);
  TimeSeries series;
  series.begin_s = SecondsBetween(0, window.begin_ns);
  series.interval_s =
      SecondsBetween(window.begin_ns, window.end_ns) / static_cast<double>(intervals);
  series.values.assign(intervals, 0.0);
  return series;
}

}  // namespace

TimeSeries OutputRateSeries(const spec::RequestLog& log, const spec::Window& window,
                            std::size_t intervals) {
  TimeSeries series = Empty(window, intervals);
  const double per_ns = 1e-9 / series.interval_s;
  for (const spec::Request& request : log.requests) {
    ForEachOutput(request, log.EventsOf(request), [&](std::int64_t time_ns, double tokens) {
      if (time_ns <= window.begin_ns || time_ns > window.end_ns) return;
      // Minus one: a token at the edge of two intervals was made in the earlier one.
      const double place = static_cast<double>(time_ns - window.begin_ns - 1) * per_ns;
      const auto index = static_cast<std::size_t>(place);
      series.values[std::min(index, intervals - 1)] += tokens;
    });
  }
  for (double& value : series.values) value /= series.interval_s;
  return series;
}

TimeSeries InFlightSeries(const spec::RequestLog& log, const spec::Window& window,
                          std::size_t intervals) {
  TimeSeries series = Empty(window, intervals);
  const double last = static_cast<double>(intervals);
  const double per_second = 1.0 / series.interval_s;
  const std::int64_t log_end = LogEnd(log);
  // Whole intervals by differences (+1 where a stay begins, -1 where it ends), so that a stay over
  // many intervals costs no more than a short one; the parts at its two ends by hand.
  std::vector<double> change(intervals + 1, 0.0);
  for (const spec::Request& request : log.requests) {
    const std::int64_t arrival = ArrivalOf(request);
    const std::int64_t departure = DepartureOf(request, log_end);
    if (arrival == spec::kNoStamp || departure <= window.begin_ns) continue;
    if (arrival >= window.end_ns) continue;
    const double from =
        std::clamp(SecondsBetween(window.begin_ns, arrival) * per_second, 0.0, last);
    const double to =
        std::clamp(SecondsBetween(window.begin_ns, departure) * per_second, 0.0, last);
    const auto first_index = std::min(static_cast<std::size_t>(from), intervals - 1);
    const auto last_index = std::min(static_cast<std::size_t>(to), intervals - 1);
    change[first_index] += 1.0;
    change[last_index] -= 1.0;
    series.values[first_index] -= from - static_cast<double>(first_index);
    series.values[last_index] += to - static_cast<double>(last_index);
  }
  double in_flight = 0.0;
  for (std::size_t i = 0; i < intervals; ++i) {
    in_flight += change[i];
    series.values[i] += in_flight;
  }
  return series;
}

TimeSeries TokenTimeSeries(const spec::RequestLog& log, const spec::Window& window,
                           std::size_t intervals) {
  TimeSeries series = Empty(window, intervals);
  std::vector<double> tokens(intervals, 0.0);
  const double per_second = 1.0 / series.interval_s;
  for (const spec::Request& request : log.requests) {
    const std::int64_t arrival = ArrivalOf(request);
    if (request.outcome != spec::Outcome::kOk || arrival == spec::kNoStamp) continue;
    if (arrival < window.begin_ns || arrival >= window.end_ns) continue;
    const RequestMetrics m = ComputeRequest(request, log.EventsOf(request));
    if (!m.e2e_s || !m.output_tokens || *m.output_tokens <= 0) continue;
    const double place = SecondsBetween(window.begin_ns, arrival) * per_second;
    const std::size_t index = std::min(static_cast<std::size_t>(place), intervals - 1);
    series.values[index] += *m.e2e_s;
    tokens[index] += static_cast<double>(*m.output_tokens);
  }
  const auto first = std::find_if(tokens.begin(), tokens.end(), [](double n) { return n > 0.0; });
  if (first == tokens.end()) return series;
  const auto start = static_cast<std::size_t>(first - tokens.begin());
  double last = series.values[start] / tokens[start];
  for (std::size_t i = 0; i < intervals; ++i) {
    if (tokens[i] > 0.0) last = series.values[i] / tokens[i];
    series.values[i] = last;
  }
  return series;
}

std::optional<stats::MeanInterval> OutputRateInterval(const spec::RequestLog& log,
                                                      const spec::Window& window,
                                                      double confidence) {
  if (window.end_ns <= window.begin_ns) return std::nullopt;
  const TimeSeries series = OutputRateSeries(log, window, stats::kMinBatches);
  return stats::BatchMeansInterval(series.values, confidence);
}

LatencyHistograms ComputeHistograms(const spec::RequestLog& log, const spec::Window& window) {
  LatencyHistograms histograms;
  for (const spec::Request& request : log.requests) {
    const std::int64_t arrival = ArrivalOf(request);
    if (request.phase != spec::Phase::kMeasure || request.outcome != spec::Outcome::kOk) continue;
    if (arrival == spec::kNoStamp || arrival < window.begin_ns || arrival >= window.end_ns) {
      continue;
    }
    std::int64_t first = spec::kNoStamp;
    std::int64_t previous = spec::kNoStamp;
    for (const spec::Event& event : log.EventsOf(request)) {
      if (!IsTokenEvent(event)) continue;
      if (first == spec::kNoStamp) {
        first = event.time_ns;
      } else {
        const std::int64_t tokens = TokensIn(event);
        histograms.itl.AddMany((event.time_ns - previous) / tokens,
                               static_cast<std::uint64_t>(tokens));
      }
      previous = event.time_ns;
    }
    if (first == spec::kNoStamp) continue;
    histograms.ttft.Add(first - arrival);
    histograms.e2e.Add(previous - arrival);
  }
  return histograms;
}

}  // namespace roofscape::metrics
