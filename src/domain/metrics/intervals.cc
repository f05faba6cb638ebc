#include "domain/metrics/intervals.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/stats/batch_means.h"
#include "base/stats/quantile.h"
#include "domain/metrics/request_metrics.h"

namespace roofscape::metrics {
namespace {

using spec::kNoStamp;

constexpr std::size_t kBatches = stats::kMinBatches;
constexpr std::int64_t kMinForMean = 2;
constexpr std::int64_t kMinForMedian = 5;

using Intervals = std::map<std::string, spec::Interval>;

void Add(const char* name, std::span<const double> batch_figures, std::optional<double> figure,
         Intervals& intervals) {
  if (!figure) return;
  const auto interval = stats::SectionInterval(batch_figures, *figure, kConfidence);
  if (!interval) return;
  intervals[name] = {interval->mean - interval->half_width, interval->mean + interval->half_width};
}

// What was put out in each batch of time, by the rules of ComputePoint.
struct RateBatches {
  std::array<double, kBatches> output{}, total{}, answers{};
};

RateBatches CountInTime(const spec::RequestLog& log, const spec::Window& window, RatesOf rates_of) {
  RateBatches batches;
  const double seconds = SecondsBetween(window.begin_ns, window.end_ns);
  const double per_second = static_cast<double>(kBatches) / seconds;
  const auto add = [&](std::array<double, kBatches>& counts, std::int64_t time_ns, double count) {
    if (time_ns == kNoStamp || time_ns <= window.begin_ns || time_ns > window.end_ns) return;
    // Minus one: what happens at the edge of two batches belongs to the earlier one.
    const double place = SecondsBetween(window.begin_ns, time_ns - 1) * per_second;
    counts[std::min(static_cast<std::size_t>(place), kBatches - 1)] += count * per_second;
  };
  for (const spec::Request& request : log.requests) {
    if (rates_of == RatesOf::kMeasured && request.phase != spec::Phase::kMeasure) continue;
    const auto events = log.EventsOf(request);
    const RequestMetrics m = ComputeRequest(request, events);
    ForEachOutput(request, events, [&](std::int64_t time_ns, double tokens) {
      add(batches.output, time_ns, tokens);
      add(batches.total, time_ns, tokens);
    });
    if (m.first_token_ns && m.input_tokens) {
      add(batches.total, *m.first_token_ns, static_cast<double>(*m.input_tokens));
    }
    if (m.success) add(batches.answers, request.end_ns, 1.0);
  }
  return batches;
}

// The samples of one batch of requests.
struct LatencyBatch {
  std::vector<double> ttft, tpot, e2e;
  TokenGaps gaps;
};

void Push(std::vector<double>& samples, std::optional<double> value) {
  if (value) samples.push_back(*value);
}

std::vector<LatencyBatch> BatchByArrival(const spec::RequestLog& log, const spec::Window& window) {
  std::vector<std::pair<std::int64_t, const spec::Request*>> cohort;
  for (const spec::Request& request : log.requests) {
    const std::int64_t arrival = ArrivalOf(request);
    if (request.phase != spec::Phase::kMeasure || request.outcome != spec::Outcome::kOk) continue;
    if (arrival == kNoStamp || arrival < window.begin_ns || arrival >= window.end_ns) continue;
    cohort.emplace_back(arrival, &request);
  }
  std::sort(cohort.begin(), cohort.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second->id < b.second->id;
  });
  std::vector<LatencyBatch> batches(kBatches);
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    LatencyBatch& batch = batches[i * kBatches / cohort.size()];
    const auto events = log.EventsOf(*cohort[i].second);
    const RequestMetrics m = ComputeRequest(*cohort[i].second, events);
    Push(batch.ttft, m.ttft_s);
    Push(batch.tpot, m.tpot_s);
    Push(batch.e2e, m.e2e_s);
    AppendTokenGaps(events, batch.gaps);
  }
  return batches;
}

// Intervals of mean and median of one quantity; `spread_of` summarizes it in a batch.
template <class SpreadOf>
void AddLatency(const char* mean_name, const char* median_name, const spec::Summary& summary,
                std::vector<LatencyBatch>& batches, const SpreadOf& spread_of,
                Intervals& intervals) {
  std::vector<double> means;
  std::vector<double> medians;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (LatencyBatch& batch : batches) {
    const stats::Spread spread = spread_of(batch);
    least = std::min(least, spread.count);
    if (least < kMinForMean) return;
    means.push_back(*spread.mean);
    medians.push_back(*spread.p50);
  }
  Add(mean_name, means, summary.mean, intervals);
  if (least >= kMinForMedian) Add(median_name, medians, summary.p50, intervals);
}

// Of the inverse of the median TPOT. REQUIRES: batches that AddLatency has sorted.
void AddInteractivity(const spec::PointMetrics& point, const std::vector<LatencyBatch>& batches,
                      Intervals& intervals) {
  std::vector<double> figures;
  for (const LatencyBatch& batch : batches) {
    const auto median = stats::SortedQuantile(batch.tpot, 0.5);
    if (std::ssize(batch.tpot) < kMinForMedian || *median <= 0.0) return;
    figures.push_back(1.0 / *median);
  }
  Add("interactivity_p50_tps", figures, point.interactivity_tps.p50, intervals);
}

// Rates per chip are rates of the deployment, scaled.
void AddPerChip(const spec::PointMetrics& point, Intervals& intervals) {
  const auto scale = [&](const char* of, std::optional<double> figure, const char* name,
                         std::optional<double> scaled) {
    const auto found = intervals.find(of);
    if (found == intervals.end() || !figure || !scaled || *figure == 0.0) return;
    const double factor = *scaled / *figure;
    intervals[name] = {found->second.low * factor, found->second.high * factor};
  };
  scale("output_tps", point.output_tps, "output_tps_per_chip", point.output_tps_per_chip);
  scale("total_tps", point.total_tps, "total_tps_per_chip", point.total_tps_per_chip);
}

}  // namespace

std::map<std::string, spec::Interval> WithinRunIntervals(const spec::RequestLog& log,
                                                         const spec::PointMetrics& point,
                                                         RatesOf rates_of) {
  Intervals intervals;
  if (point.window.end_ns <= point.window.begin_ns) return intervals;
  const RateBatches rates = CountInTime(log, point.window, rates_of);
  // A window without twenty answers is too short for twenty batches of time, too.
  if (point.successes >= kMinForMean * static_cast<std::int64_t>(kBatches)) {
    Add("output_tps", rates.output, point.output_tps, intervals);
    Add("total_tps", rates.total, point.total_tps, intervals);
    Add("request_rps", rates.answers, point.request_rps, intervals);
  }
  std::vector<LatencyBatch> batches = BatchByArrival(log, point.window);
  AddLatency(
      "ttft_mean_s", "ttft_p50_s", point.ttft_s, batches,
      [](LatencyBatch& b) { return stats::SortAndSummarize(b.ttft); }, intervals);
  AddLatency(
      "tpot_mean_s", "tpot_p50_s", point.tpot_s, batches,
      [](LatencyBatch& b) { return stats::SortAndSummarize(b.tpot); }, intervals);
  AddLatency(
      "itl_mean_s", "itl_p50_s", point.itl_s, batches,
      [](LatencyBatch& b) { return SummarizeGaps(b.gaps).itl_s; }, intervals);
  AddLatency(
      "e2e_mean_s", "e2e_p50_s", point.e2e_s, batches,
      [](LatencyBatch& b) { return stats::SortAndSummarize(b.e2e); }, intervals);
  AddInteractivity(point, batches, intervals);
  AddPerChip(point, intervals);
  return intervals;
}

}  // namespace roofscape::metrics
