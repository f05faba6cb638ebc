#include "results/report/svg_mini.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "base/core/check.h"
#include "base/core/text.h"
#include "results/report/numbers.h"

namespace roofscape::report {
namespace {

constexpr double kWidth = 200;
constexpr double kTop = 4;
constexpr double kBase = 42;  // Where the axis lies; below it stand the numbers.

std::string Open(const std::string& title) {
  return fmt::format(
      "<svg class=\"mini\" viewBox=\"0 0 200 56\" role=\"img\" aria-label=\"{0}\">"
      "<title>{0}</title>",
      HtmlEscape(title));
}

std::string Axis(const std::string& left, const std::string& right) {
  return fmt::format(
      "<path class=\"base\" d=\"M0 {0}H{1}\"/><text x=\"0\" y=\"54\">{2}</text>"
      "<text x=\"{1}\" y=\"54\" text-anchor=\"end\">{3}</text></svg>",
      kBase, kWidth, left, right);
}

double LogPlace(double value, const TimeRange& range) {
  const double inside = std::clamp(value, range.low_s, range.high_s);
  return kWidth * std::log(inside / range.low_s) / std::log(range.high_s / range.low_s);
}

}  // namespace

std::optional<TimeRange> RangeOf(const ChartHistogram& histogram, std::optional<TimeRange> range) {
  RS_CHECK(histogram.edges_s.size() == histogram.counts.size() + 1);
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    if (histogram.counts[i] == 0) continue;
    const double low = histogram.edges_s[i];
    const double high = histogram.edges_s[i + 1];
    RS_CHECK(low > 0 && high > low);
    if (!range) range = TimeRange{low, high};
    range->low_s = std::min(range->low_s, low);
    range->high_s = std::max(range->high_s, high);
  }
  return range;
}

std::string RenderHistogram(const ChartHistogram& histogram, const TimeRange& range,
                            std::optional<double> p50_s, std::optional<double> p99_s,
                            const std::string& title) {
  std::int64_t most = 1;
  for (const std::int64_t count : histogram.counts) most = std::max(most, count);
  std::string path = fmt::format("M0 {}", kBase);
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    if (histogram.edges_s[i + 1] <= range.low_s || histogram.edges_s[i] >= range.high_s) continue;
    const double part = static_cast<double>(histogram.counts[i]) / static_cast<double>(most);
    // A bin of few must still be seen: the tail is what the picture is for.
    const double height = histogram.counts[i] == 0 ? 0 : std::max(1.0, part * (kBase - kTop));
    fmt::format_to(std::back_inserter(path), "H{:.1f}V{:.1f}H{:.1f}",
                   LogPlace(histogram.edges_s[i], range), kBase - height,
                   LogPlace(histogram.edges_s[i + 1], range));
  }
  std::string out = Open(title);
  out += fmt::format("<path class=\"bars\" d=\"{}V{}z\"/>", path, kBase);
  for (const auto& [value, name] : {std::pair(p50_s, "p50"), std::pair(p99_s, "p99")}) {
    if (!value || *value <= 0) continue;
    out += fmt::format("<path class=\"{}\" d=\"M{:.1f} 0V{}\"/>", name, LogPlace(*value, range),
                       kBase + 2);
  }
  return out + Axis(Duration(range.low_s), Duration(range.high_s));
}

std::string RenderCourse(const ChartCourse& course, double high,
                         std::optional<double> window_begin_s, std::optional<double> window_end_s,
                         const std::string& title) {
  const double span = course.step_s * static_cast<double>(course.values.size());
  RS_CHECK(span > 0);
  if (!(high > 0)) high = 1;
  const auto x = [&](double t) {
    return std::clamp((t - course.start_s) / span, 0.0, 1.0) * kWidth;
  };
  std::string out = Open(title);
  if (window_begin_s && window_end_s) {
    out +=
        fmt::format("<rect class=\"window\" x=\"{:.1f}\" y=\"0\" width=\"{:.1f}\" height=\"{}\"/>",
                    x(*window_begin_s), x(*window_end_s) - x(*window_begin_s), kBase);
  }
  std::string path;
  for (std::size_t i = 0; i < course.values.size(); ++i) {
    const double value = std::clamp(course.values[i] / high, 0.0, 1.0);
    fmt::format_to(std::back_inserter(path), "{}{:.1f} {:.1f}", i == 0 ? "M" : "L",
                   x(course.start_s + (static_cast<double>(i) + 0.5) * course.step_s),
                   kBase - value * (kBase - kTop));
  }
  out += fmt::format("<path class=\"course\" d=\"{}\"/>", path);
  return out + Axis("0 s", Duration(span));
}

}  // namespace roofscape::report
