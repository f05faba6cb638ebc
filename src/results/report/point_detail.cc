#include "results/report/point_detail.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "domain/metrics/series.h"
#include "domain/metrics/window.h"

namespace roofscape::report {
namespace {

constexpr std::size_t kMaxBins = 48;
constexpr std::size_t kIntervals = 120;

std::optional<ChartHistogram> Chart(const stats::Histogram& histogram) {
  // Few samples in many bins show noise, not a shape: about twice the root of their number.
  const double wanted = 2 * std::sqrt(static_cast<double>(histogram.count()));
  const auto bin_count = std::clamp<std::size_t>(static_cast<std::size_t>(wanted), 8, kMaxBins);
  const std::vector<stats::HistogramBucket> bins = histogram.LogBins(bin_count);
  if (bins.empty()) return std::nullopt;
  ChartHistogram chart;
  for (const stats::HistogramBucket& bin : bins) {
    // A bin narrower than a nanosecond has no width to draw.
    if (bin.high_ns <= bin.low_ns) continue;
    if (chart.edges_s.empty()) chart.edges_s.push_back(static_cast<double>(bin.low_ns) * 1e-9);
    chart.edges_s.push_back(static_cast<double>(bin.high_ns) * 1e-9);
    chart.counts.push_back(static_cast<std::int64_t>(bin.count));
  }
  return chart;
}

ChartCourse Chart(const metrics::TimeSeries& series) {
  return {series.begin_s, series.interval_s, series.values};
}

}  // namespace

PointDetail DetailOf(const spec::RequestLog& log, const spec::PointResult& point) {
  PointDetail detail;
  const auto whole = metrics::WholeWindow(log);
  if (!whole || whole->begin_ns >= whole->end_ns) return detail;
  const spec::Window window = point.Primary() != nullptr ? point.Primary()->window : *whole;
  const metrics::LatencyHistograms histograms = metrics::ComputeHistograms(log, window);
  detail.ttft = Chart(histograms.ttft);
  detail.itl = Chart(histograms.itl);
  detail.e2e = Chart(histograms.e2e);
  detail.output_tps = Chart(metrics::OutputRateSeries(log, *whole, kIntervals));
  detail.in_flight = Chart(metrics::InFlightSeries(log, *whole, kIntervals));
  return detail;
}

}  // namespace roofscape::report
