// The chart of `roofscape frontier` on a terminal.

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "cli/frontier_text.h"

namespace roofscape::cli {
namespace {

using analysis::Series;
using analysis::SeriesPoint;

constexpr std::size_t kHeight = 14;
constexpr std::size_t kLeft = 9;  // Columns for the numbers of the y axis and the axis itself.

struct Extent {
  double x = 0;
  double y = 0;
};

/// What the axes must hold; 0 when there is nothing to draw.
Extent ExtentOf(const analysis::Frontier& frontier) {
  Extent extent;
  for (const Series& series : frontier.series) {
    for (const SeriesPoint& p : series.points) {
      if (!p.excluded.empty()) continue;
      extent.x = std::max(extent.x, *p.x);
      extent.y = std::max(extent.y, *p.y);
    }
  }
  return extent;
}

/// The letter of a series: capital on its frontier.
char Letter(std::size_t series, bool on_front) {
  const char base = on_front ? 'A' : 'a';
  return static_cast<char>(base + static_cast<char>(series % 26));
}

std::string AxisNumber(const spec::MetricInfo& metric, double value) {
  const bool time = metric.unit == "s" || metric.unit == "s/token";
  return time ? FormatMillis(value) : FormatNumber(value);
}

std::string AxisTitle(const spec::MetricInfo& metric) {
  const bool time = metric.unit == "s" || metric.unit == "s/token";
  return fmt::format("{}, {}{}", metric.title, time ? "m" : "", metric.unit);
}

}  // namespace

std::string FrontierChart(const analysis::Frontier& frontier, const Style& style) {
  const Extent extent = ExtentOf(frontier);
  if (extent.x <= 0 || extent.y <= 0) return {};
  const std::size_t width = std::min<std::size_t>(style.width, 100) - kLeft - 1;
  std::vector<std::string> grid(kHeight, std::string(width, ' '));
  for (std::size_t s = 0; s < frontier.series.size(); ++s) {
    for (const SeriesPoint& p : frontier.series[s].points) {
      if (!p.excluded.empty() || *p.x < 0 || *p.y < 0) continue;
      const double column = *p.x / extent.x * static_cast<double>(width - 1);
      const double row = (1 - *p.y / extent.y) * static_cast<double>(kHeight - 1);
      grid[static_cast<std::size_t>(std::lround(row))]
          [static_cast<std::size_t>(std::lround(column))] = Letter(s, p.on_front);
    }
  }
  std::string out = AxisTitle(*frontier.axes.y) + "\n";
  for (std::size_t i = 0; i < kHeight; ++i) {
    const bool tick = i == 0 || i == kHeight / 2;
    const double value = extent.y * (1 - static_cast<double>(i) / static_cast<double>(kHeight - 1));
    std::string line = fmt::format("{:>{}} |{}", tick ? AxisNumber(*frontier.axes.y, value) : "",
                                   kLeft - 2, grid[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  const std::string high = AxisNumber(*frontier.axes.x, extent.x);
  const std::string title = AxisTitle(*frontier.axes.x);
  out += fmt::format("{:>{}} +{}\n", "0", kLeft - 2, std::string(width, '-'));
  out +=
      fmt::format("{}0{:^{}}{}\n\n", std::string(kLeft, ' '), title, width - 1 - high.size(), high);
  for (std::size_t s = 0; s < frontier.series.size(); ++s) {
    out += fmt::format("{}: {}\n", Letter(s, true), WithoutControls(frontier.series[s].label));
  }
  return out + "Capital letters: on the frontier.\n";
}

}  // namespace roofscape::cli
