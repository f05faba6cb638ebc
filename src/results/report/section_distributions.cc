// Distributions and courses of each point, as small multiples on shared scales.

#include <algorithm>

#include <fmt/format.h>

#include "base/core/text.h"
#include "results/report/numbers.h"
#include "results/report/page.h"
#include "results/report/svg_mini.h"

namespace roofscape::report {
namespace {

using spec::PointMetrics;

/// Scales that all histograms of one kind share, so that they can be compared by eye.
struct Scales {
  std::optional<TimeRange> ttft, itl, e2e;
};

Scales SharedScales(const ReportInput& input) {
  Scales s;
  for (const PointDetail& d : input.details) {
    if (d.ttft) s.ttft = RangeOf(*d.ttft, s.ttft);
    if (d.itl) s.itl = RangeOf(*d.itl, s.itl);
    if (d.e2e) s.e2e = RangeOf(*d.e2e, s.e2e);
  }
  return s;
}

std::string Cell(const std::string& name, const std::string& remark, const std::string& drawing) {
  return fmt::format("<figure><figcaption><span>{}</span><span>{}</span></figcaption>{}</figure>",
                     name, remark, drawing);
}

std::string HistogramCell(const std::string& name, const std::optional<ChartHistogram>& histogram,
                          const std::optional<TimeRange>& range, const spec::Summary* summary) {
  if (!histogram || !range) return Cell(name, kMissing, "");
  const auto p50 = summary == nullptr ? std::nullopt : summary->p50;
  const auto p99 = summary == nullptr ? std::nullopt : summary->p99;
  const std::string remark = p50 ? Duration(p50) + " \u00b7 " + Duration(p99) : kMissing;
  const std::string title =
      fmt::format("{} distribution: p50 {}, p99 {}", name, Duration(p50), Duration(p99));
  return Cell(name, remark, RenderHistogram(*histogram, *range, p50, p99, title));
}

std::string CourseCell(const std::string& name, const std::optional<ChartCourse>& course,
                       const spec::PointResult& point, std::optional<double> mean) {
  if (!course || course->values.empty()) return Cell(name, kMissing, "");
  std::optional<double> begin;
  std::optional<double> end;
  if (point.steady) {
    begin = static_cast<double>(point.steady->window.begin_ns) * 1e-9;
    end = static_cast<double>(point.steady->window.end_ns) * 1e-9;
  }
  const double high = *std::max_element(course->values.begin(), course->values.end());
  const std::string title = fmt::format("{} over time: mean {}", name, Number(mean));
  return Cell(name, "mean " + Number(mean), RenderCourse(*course, high, begin, end, title));
}

std::string Multiple(const Page& page, const analysis::SeriesPoint& p, const PointDetail& d,
                     const Scales& scales) {
  const spec::PointResult& point = page.Point(p);
  const PointMetrics* m = page.Metrics(p);
  const auto of = [&](spec::Summary PointMetrics::* s) {
    return m == nullptr ? nullptr : &(m->*s);
  };
  std::string out = fmt::format("<div class=\"multiple\"><h4>{}</h4>", spec::LoadName(point));
  out += HistogramCell("TTFT", d.ttft, scales.ttft, of(&PointMetrics::ttft_s));
  out += HistogramCell("ITL", d.itl, scales.itl, of(&PointMetrics::itl_s));
  out += HistogramCell("E2E", d.e2e, scales.e2e, of(&PointMetrics::e2e_s));
  const auto rate = m == nullptr ? std::nullopt : m->output_tps;
  const auto flight = m == nullptr ? std::nullopt : m->in_flight_mean;
  out += CourseCell("Output tok/s", d.output_tps, point, rate);
  out += CourseCell("In flight", d.in_flight, point, flight);
  return out + "</div>";
}

const PointDetail* Find(const Page& page, const analysis::SeriesPoint& p) {
  for (const PointDetail& d : page.input->details) {
    if (d.run == p.run && d.point == p.point) return &d;
  }
  return nullptr;
}

}  // namespace

std::string DistributionSection(const Page& page) {
  if (page.input->details.empty()) return {};
  const Scales scales = SharedScales(*page.input);
  std::string out =
      "<section id=\"distributions\"><h2>Behind the percentiles</h2><p class=\"lead\">Every "
      "distribution on a log scale that all points share, with p50 (solid) and p99 (dashed). "
      "Beside it the course of the point, from first send to last end, each on its own scale from "
      "0, the steady window shaded.</p>";
  for (std::size_t i = 0; i < page.frontier.series.size(); ++i) {
    const analysis::Series& series = page.frontier.series[i];
    std::string rows;
    for (const analysis::SeriesPoint& p : series.points) {
      if (const PointDetail* d = Find(page, p)) rows += Multiple(page, p, *d, scales);
    }
    if (rows.empty()) continue;
    out += fmt::format("<h3>{}</h3><div class=\"multiples nums s{}\">{}</div>\n",
                       HtmlEscape(series.label), i % kSeriesColours, rows);
  }
  return out + "</section>\n";
}

}  // namespace roofscape::report
