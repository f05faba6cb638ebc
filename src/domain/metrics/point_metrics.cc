#include "domain/metrics/point_metrics.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/core/check.h"
#include "base/stats/quantile.h"
#include "domain/metrics/in_flight.h"
#include "domain/metrics/request_metrics.h"

namespace roofscape::metrics {
namespace {

using spec::kNoStamp;

// The samples of a cohort, one vector a quantity.
struct Samples {
  std::vector<double> ttft, ttft_from_tx, ttfa, tpot, e2e, send_delay, connect;
  std::vector<double> seconds_per_token;  // E2E / n, the inverse of e2e_interactivity
  std::vector<double> input_length, output_length;
  TokenGaps gaps;
  // Widths of the intervals in which the first, and all, token events arrived.
  std::vector<double> first_uncertainty, uncertainty;
};

// What happened inside a window, whoever caused it.
struct Flow {
  double input_tokens = 0.0;
  double output_tokens = 0.0;
  double answers = 0.0;
  bool input_known = true;
};

void Push(std::vector<double>& samples, std::optional<double> value) {
  if (value) samples.push_back(*value);
}

void AddSuccess(const RequestMetrics& m, std::span<const spec::Event> events, Samples& samples) {
  Push(samples.ttft, m.ttft_s);
  Push(samples.ttft_from_tx, m.ttft_from_tx_s);
  Push(samples.ttfa, m.ttfa_s);
  Push(samples.tpot, m.tpot_s);
  Push(samples.e2e, m.e2e_s);
  if (m.e2e_interactivity_tps) samples.seconds_per_token.push_back(1.0 / *m.e2e_interactivity_tps);
  if (m.input_tokens) samples.input_length.push_back(static_cast<double>(*m.input_tokens));
  if (m.output_tokens) samples.output_length.push_back(static_cast<double>(*m.output_tokens));
  AppendTokenGaps(events, samples.gaps);
  bool first = true;
  for (const spec::Event& event : events) {
    if (!IsTokenEvent(event)) continue;
    const double uncertainty_s = static_cast<double>(event.uncertainty_ns) * 1e-9;
    if (first) samples.first_uncertainty.push_back(uncertainty_s);
    samples.uncertainty.push_back(uncertainty_s);
    first = false;
  }
}

void AddFlow(const spec::Request& request, std::span<const spec::Event> events,
             const RequestMetrics& m, const spec::Window& window, Flow& flow) {
  const auto inside = [&window](std::int64_t time_ns) {
    return time_ns != kNoStamp && time_ns > window.begin_ns && time_ns <= window.end_ns;
  };
  ForEachOutput(request, events, [&](std::int64_t time_ns, double tokens) {
    if (inside(time_ns)) flow.output_tokens += tokens;
  });
  if (m.success && inside(request.end_ns)) flow.answers += 1.0;
  // An answer without a token event has read its prompt by its end; a failed one may not have.
  const std::int64_t read_ns =
      m.first_token_ns ? *m.first_token_ns : (m.success ? request.end_ns : kNoStamp);
  if (!inside(read_ns)) return;
  if (m.input_tokens) {
    flow.input_tokens += static_cast<double>(*m.input_tokens);
  } else if (m.success) {
    flow.input_known = false;
  }
}

spec::Summary SummaryOf(const stats::Spread& s) {
  return {s.count, s.mean, s.min, s.p50, s.p75, s.p90, s.p95, s.p99, s.p999, s.max};
}

spec::Summary Summarize(std::vector<double>& samples) {
  return SummaryOf(stats::SortAndSummarize(samples));
}

// Summary of the rates 1 / x, percentiles by the slow tail: pXX = 1 / (pXX of x), min = 1 / max.
spec::Summary InverseSummary(const std::vector<double>& sorted, const spec::Summary& of) {
  const auto inverse = [](std::optional<double> x) -> std::optional<double> {
    if (!x || *x <= 0.0) return std::nullopt;
    return 1.0 / *x;
  };
  spec::Summary rates;
  double sum = 0.0;
  for (const double x : sorted) {
    if (x <= 0.0) continue;
    sum += 1.0 / x;
    ++rates.count;
  }
  if (rates.count > 0) rates.mean = sum / static_cast<double>(rates.count);
  rates.min = inverse(of.max);
  rates.p50 = inverse(of.p50);
  rates.p75 = inverse(of.p75);
  rates.p90 = inverse(of.p90);
  rates.p95 = inverse(of.p95);
  rates.p99 = inverse(of.p99);
  rates.p999 = inverse(of.p999);
  rates.max = inverse(of.min);
  return rates;
}

void FillRates(const Flow& flow, std::optional<std::int64_t> chips, spec::PointMetrics& point) {
  point.output_tokens = std::llround(flow.output_tokens);
  point.input_tokens = std::llround(flow.input_tokens);
  const double seconds = SecondsBetween(point.window.begin_ns, point.window.end_ns);
  if (seconds <= 0.0) return;
  point.output_tps = flow.output_tokens / seconds;
  point.request_rps = flow.answers / seconds;
  if (flow.input_known) {
    point.input_tps = flow.input_tokens / seconds;
    point.total_tps = (flow.input_tokens + flow.output_tokens) / seconds;
  }
  if (!chips || *chips <= 0) return;
  const double count = static_cast<double>(*chips);
  point.output_tps_per_chip = *point.output_tps / count;
  if (!flow.input_known) return;
  point.input_tps_per_chip = *point.input_tps / count;
  point.total_tps_per_chip = *point.total_tps / count;
}

void FillSummaries(Samples& samples, spec::PointMetrics& point) {
  point.ttft_s = Summarize(samples.ttft);
  point.ttft_from_tx_s = Summarize(samples.ttft_from_tx);
  point.ttfa_s = Summarize(samples.ttfa);
  point.tpot_s = Summarize(samples.tpot);
  point.e2e_s = Summarize(samples.e2e);
  point.send_delay_s = Summarize(samples.send_delay);
  point.connect_s = Summarize(samples.connect);
  point.input_length_tokens = Summarize(samples.input_length);
  point.output_length_tokens = Summarize(samples.output_length);
  point.interactivity_tps = InverseSummary(samples.tpot, point.tpot_s);
  point.e2e_interactivity_tps =
      InverseSummary(samples.seconds_per_token, Summarize(samples.seconds_per_token));
  const GapSpreads gaps = SummarizeGaps(samples.gaps);
  point.itl_s = SummaryOf(gaps.itl_s);
  point.icl_s = SummaryOf(gaps.icl_s);
}

// REQUIRES: sorted samples, as FillSummaries leaves them.
void FillAttempted(const Samples& samples, spec::PointMetrics& point) {
  const auto quantile = [&point](const std::vector<double>& sorted, double p) {
    return stats::SortedQuantileWithFailures(sorted, point.failures, p);
  };
  point.ttft_attempted_p50_s = quantile(samples.ttft, 0.50);
  point.ttft_attempted_p99_s = quantile(samples.ttft, 0.99);
  point.tpot_attempted_p50_s = quantile(samples.tpot, 0.50);
  point.tpot_attempted_p99_s = quantile(samples.tpot, 0.99);
  point.e2e_attempted_p50_s = quantile(samples.e2e, 0.50);
  point.e2e_attempted_p99_s = quantile(samples.e2e, 0.99);
}

// REQUIRES: point.itl_s is filled.
void FillUncertainty(Samples& samples, spec::PointMetrics& point) {
  const spec::Summary first = Summarize(samples.first_uncertainty);
  point.first_token_uncertainty_p50_s = first.p50;
  point.first_token_uncertainty_p99_s = first.p99;
  if (!point.itl_s.p50 || samples.uncertainty.empty()) return;
  // Of a server that sends several events at a time most gaps are 0, which no width is below.
  const double gap = *point.itl_s.p50 > 0.0 ? *point.itl_s.p50 : *point.itl_s.mean;
  const auto wide = std::count_if(samples.uncertainty.begin(), samples.uncertainty.end(),
                                  [gap](double width) { return width > gap; });
  point.uncertain_token_fraction =
      static_cast<double>(wide) / static_cast<double>(samples.uncertainty.size());
}

}  // namespace

spec::PointMetrics ComputePoint(const spec::RequestLog& log, const spec::Window& window,
                                std::optional<std::int64_t> chips, RatesOf rates_of) {
  spec::PointMetrics point;
  point.window = window;
  Samples samples;
  Flow flow;
  for (const spec::Request& request : log.requests) {
    const auto events = log.EventsOf(request);
    const RequestMetrics m = ComputeRequest(request, events);
    const bool measured = request.phase == spec::Phase::kMeasure;
    if (measured || rates_of == RatesOf::kAll) AddFlow(request, events, m, window, flow);
    const std::int64_t arrival = ArrivalOf(request);
    if (!measured || arrival == kNoStamp) continue;
    if (arrival < window.begin_ns || arrival >= window.end_ns) continue;
    // We stopped it: nobody knows what would have become of it.
    if (request.outcome == spec::Outcome::kCancelled) continue;
    ++point.requests;
    Push(samples.send_delay, m.send_delay_s);
    Push(samples.connect, m.connect_s);
    if (request.cached_tokens >= 0) {
      point.cached_tokens =
          point.cached_tokens.value_or(0.0) + static_cast<double>(request.cached_tokens);
    }
    if (!m.success) continue;
    ++point.successes;
    AddSuccess(m, events, samples);
  }
  point.failures = point.requests - point.successes;
  FillRates(flow, chips, point);
  FillSummaries(samples, point);
  FillAttempted(samples, point);
  FillUncertainty(samples, point);
  point.in_flight_mean = InFlightMean(log, window);
  point.littles_law_in_flight = LittlesLawInFlight(log, window);
  point.intervals = WithinRunIntervals(log, point, rates_of);
  return point;
}

void ScaleCounts(double requests_each, spec::PointMetrics& point) {
  RS_CHECK(requests_each >= 1.0);
  for (std::int64_t* count :
       {&point.requests, &point.failures, &point.input_tokens, &point.output_tokens}) {
    *count = std::llround(static_cast<double>(*count) * requests_each);
  }
  point.successes = point.requests - point.failures;
  for (std::optional<double>* figure :
       {&point.cached_tokens, &point.input_tps, &point.output_tps, &point.total_tps,
        &point.request_rps, &point.input_tps_per_chip, &point.output_tps_per_chip,
        &point.total_tps_per_chip, &point.in_flight_mean, &point.littles_law_in_flight}) {
    if (*figure) **figure *= requests_each;
  }
  for (const char* rate :
       {"output_tps", "total_tps", "request_rps", "output_tps_per_chip", "total_tps_per_chip"}) {
    const auto interval = point.intervals.find(rate);
    if (interval == point.intervals.end()) continue;
    interval->second.low *= requests_each;
    interval->second.high *= requests_each;
  }
}

}  // namespace roofscape::metrics
