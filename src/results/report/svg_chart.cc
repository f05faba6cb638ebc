#include "results/report/svg_chart.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/core/text.h"
#include "results/report/label_placer.h"
#include "results/report/scale.h"

namespace roofscape::report {
namespace {

constexpr double kRadius = 4.5;

/// Sizes in the SVG's own units, which are CSS pixels at full width.
struct Layout {
  double width, height;
  double left, right, top, bottom;  // margins of the plot
  double font;
  int x_ticks, y_ticks;

  double PlotRight() const { return width - right; }
  double PlotBottom() const { return height - bottom; }
};

Layout LayoutOf(ChartSize size) {
  if (size == ChartSize::kWide) return {1040, 440, 62, 18, 34, 54, 13, 10, 6};
  return {360, 330, 46, 10, 32, 48, 12, 5, 5};
}

/// Everything that drawing needs beside the chart itself.
struct Canvas {
  Layout layout;
  Scale x, y;
  std::string out;

  template <class... Args>
  void Add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
  }
};

Scale MakeX(const Chart& chart, int ticks) {
  double low = 0;
  double high = 0;
  for (const ChartSeries& series : chart.series) {
    for (const Mark& mark : series.marks) {
      if (mark.x > 0 && (low == 0 || mark.x < low)) low = mark.x;
      high = std::max({high, mark.x, mark.x_high.value_or(0)});
    }
  }
  if (chart.x.log && low > 0) return Scale::Log(low * 0.9, high * 1.05, ticks);
  return Scale::Linear(high * 1.04, ticks);
}

Scale MakeY(const Chart& chart, int ticks) {
  double high = 0;
  for (const ChartSeries& series : chart.series) {
    for (const Mark& mark : series.marks) high = std::max(high, mark.y);
  }
  return Scale::Linear(high * 1.04, ticks);
}

void DrawAxes(Canvas& canvas, const Chart& chart) {
  const Layout& l = canvas.layout;
  canvas.Add("<g class=\"axis\" font-size=\"{}\" aria-hidden=\"true\">", l.font);
  for (const double tick : canvas.y.ticks()) {
    const double y = canvas.y.At(tick);
    canvas.Add("<path class=\"{}\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>", tick == 0 ? "base" : "grid",
               l.left, y, l.PlotRight());
    canvas.Add("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", l.left - 8,
               y + 0.35 * l.font, canvas.y.TickText(tick));
  }
  for (const double tick : canvas.x.ticks()) {
    const double x = canvas.x.At(tick);
    canvas.Add("<path class=\"grid\" d=\"M{:.1f} {:.1f}V{:.1f}\"/>", x, l.top, l.PlotBottom());
    canvas.Add("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>", x,
               l.PlotBottom() + 1.5 * l.font, canvas.x.TickText(tick));
  }
  canvas.Add("<text class=\"title\" x=\"0\" y=\"{:.1f}\">{}{}</text>", l.font,
             chart.y.more_is_better ? "\u2191 " : "\u2193 ", HtmlEscape(chart.y.title));
  canvas.Add("<text class=\"title\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}{}{}</text>",
             l.PlotRight(), l.height - 6, chart.x.more_is_better ? "" : "\u2190 ",
             HtmlEscape(chart.x.title), chart.x.more_is_better ? " \u2192" : "");
  canvas.Add("</g>");
}

/// The step reading as a path: at each x the best y of the points that meet it.
std::string FrontPath(const Canvas& canvas, const Chart& chart, const ChartSeries& series) {
  const Layout& l = canvas.layout;
  const double worst_y = chart.y.more_is_better ? l.PlotBottom() : l.top;
  std::string path;
  const auto at = [&](std::size_t i) {
    const Mark& mark = series.marks[series.front[i]];
    return std::pair(canvas.x.At(mark.x), canvas.y.At(mark.y));
  };
  const std::size_t n = series.front.size();
  if (chart.x.more_is_better) {
    path = fmt::format("M{:.1f} {:.1f}", l.left, at(0).second);
    for (std::size_t i = 0; i < n; ++i) {
      path += fmt::format("H{:.1f}V{:.1f}", at(i).first, i + 1 < n ? at(i + 1).second : worst_y);
    }
    return path;
  }
  path = fmt::format("M{:.1f} {:.1f}", at(0).first, worst_y);
  for (std::size_t i = 0; i < n; ++i) {
    path +=
        fmt::format("V{:.1f}H{:.1f}", at(i).second, i + 1 < n ? at(i + 1).first : l.PlotRight());
  }
  return path;
}

void DrawLines(Canvas& canvas, const Chart& chart, const ChartSeries& series) {
  if (!series.front.empty()) {
    canvas.Add("<path class=\"front\" d=\"{}\"/>", FrontPath(canvas, chart, series));
  }
  if (!chart.join_marks) return;
  std::string path;
  for (const Mark& mark : series.marks) {
    if (mark.fill == MarkFill::kCross) continue;
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", canvas.x.At(mark.x),
                        canvas.y.At(mark.y));
  }
  if (!path.empty()) canvas.Add("<path class=\"join\" d=\"{}\"/>", path);
}

/// The mark's outline around a middle.
std::string MarkElement(double x, double y, MarkFill fill, MarkShape shape) {
  const double r = kRadius;
  if (fill == MarkFill::kCross) {
    return fmt::format("<path class=\"cross\" d=\"M{:.1f} {:.1f}l{} {}m0 {}l{} {}\"/>", x - r,
                       y - r, 2 * r, 2 * r, -2 * r, -2 * r, 2 * r);
  }
  const char* style = fill == MarkFill::kHollow ? "hollow" : "solid";
  switch (shape) {
    case MarkShape::kCircle: break;
    case MarkShape::kSquare:
      return fmt::format(
          "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\"/>", style, x - r,
          y - r, 2 * r, 2 * r);
    case MarkShape::kDiamond:
      return fmt::format("<path class=\"{}\" d=\"M{:.1f} {:.1f}l{} {}l{} {}l{} {}z\"/>", style, x,
                         y - 1.3 * r, 1.3 * r, 1.3 * r, -1.3 * r, 1.3 * r, -1.3 * r, -1.3 * r);
  }
  return fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>", style, x, y, r);
}

void DrawMark(Canvas& canvas, const Mark& mark, LabelPlacer& placer) {
  const double x = canvas.x.At(mark.x);
  const double y = canvas.y.At(mark.y);
  canvas.Add("<g class=\"point\" data-point=\"{}\" tabindex=\"0\" role=\"img\" aria-label=\"{}\">",
             HtmlEscape(mark.key), HtmlEscape(mark.tip));
  canvas.Add("<title>{}</title>", HtmlEscape(mark.tip));
  if (mark.x_high) {
    const double high = canvas.x.At(*mark.x_high);
    canvas.Add("<path class=\"whisker\" d=\"M{:.1f} {:.1f}H{:.1f}m0 -4v8\"/>", x, y, high);
  }
  canvas.Add("<circle class=\"hit\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"12\"/>", x, y);
  canvas.out += MarkElement(x, y, mark.fill, mark.shape);
  if (!mark.label.empty()) {
    const LabelPlace place = placer.Place(x, y, mark.label);
    canvas.Add("<text class=\"label\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>",
               place.x, place.y, place.anchor, HtmlEscape(mark.label));
  }
  canvas.Add("</g>");
}

void BlockMarks(const Canvas& canvas, const Chart& chart, LabelPlacer& placer) {
  for (const ChartSeries& series : chart.series) {
    for (const Mark& mark : series.marks) {
      const double x = canvas.x.At(mark.x);
      const double y = canvas.y.At(mark.y);
      placer.Block({x - kRadius, y - kRadius, x + kRadius, y + kRadius});
      if (mark.x_high) placer.Block({x, y - 2, canvas.x.At(*mark.x_high), y + 2});
    }
  }
}

}  // namespace

std::string RenderChart(const Chart& chart, ChartSize size) {
  const Layout l = LayoutOf(size);
  Canvas canvas{l, MakeX(chart, l.x_ticks), MakeY(chart, l.y_ticks), {}};
  canvas.x.Place(l.left, l.PlotRight());
  canvas.y.Place(l.PlotBottom(), l.top);
  const bool wide = size == ChartSize::kWide;
  const std::string id = chart.id + (wide ? "-wide" : "-narrow");
  canvas.Add(
      "<svg class=\"chart {0}\" viewBox=\"0 0 {1} {2}\" role=\"group\" "
      "aria-labelledby=\"{3}-t {3}-d\">",
      wide ? "wide" : "narrow", l.width, l.height, id);
  canvas.Add("<title id=\"{}-t\">{}</title>", id, HtmlEscape(chart.title));
  canvas.Add("<desc id=\"{}-d\">{}</desc>", id, HtmlEscape(chart.description));
  DrawAxes(canvas, chart);
  LabelPlacer placer({l.left, l.top - 10, l.PlotRight(), l.PlotBottom()}, l.font);
  BlockMarks(canvas, chart, placer);
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    canvas.Add("<g class=\"s{}\">", i % kSeriesColours);
    DrawLines(canvas, chart, chart.series[i]);
    canvas.Add("</g>");
  }
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    canvas.Add("<g class=\"s{}\" font-size=\"{}\">", i % kSeriesColours, l.font);
    for (const Mark& mark : chart.series[i].marks) DrawMark(canvas, mark, placer);
    canvas.Add("</g>");
  }
  canvas.Add("</svg>\n");
  return canvas.out;
}

std::string RenderSwatch(std::size_t series, MarkFill fill, MarkShape shape, bool line) {
  const double width = line ? 30 : 14;
  std::string out = fmt::format(
      "<svg class=\"swatch s{0}\" viewBox=\"0 0 {1} 14\" width=\"{1}\" height=\"14\" "
      "aria-hidden=\"true\">",
      series % kSeriesColours, width);
  if (line) out += "<path class=\"front\" d=\"M1 4H15V11H29\"/>";
  return out + MarkElement(width / 2, line ? 4 : 7, fill, shape) + "</svg>";
}

}  // namespace roofscape::report
