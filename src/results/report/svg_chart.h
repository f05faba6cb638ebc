// A scatter chart with step frontiers as inline SVG: marks, whiskers, labels that keep out of each
// other's way, axes with round ticks. Colours and fonts come from the page's style by class names
// (series number i has class "s<i mod kSeriesColours>").
//
// All text given here is plain text: it is escaped when drawn. Thread safety: pure functions.

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace roofscape::report {

inline constexpr int kSeriesColours = 7;

/// How sure the point is.
enum class MarkFill {
  kSolid,   // VALID
  kHollow,  // DEGRADED
  kCross,   // INVALID
};

/// How the point came to be: measured, simulated and predicted points never look alike.
enum class MarkShape { kCircle, kSquare, kDiamond };

struct Mark {
  double x = 0;
  double y = 0;
  std::optional<double> x_high;  // A whisker from x to here.
  std::string label;             // Beside the point, short.
  std::string tip;               // Lines shown on hover, read out by screen readers.
  std::string key;               // Which point it is: "<run id>/<index>".
  MarkFill fill = MarkFill::kSolid;
  MarkShape shape = MarkShape::kCircle;
};

struct ChartSeries {
  std::string label;
  std::vector<Mark> marks;         // In order of load.
  std::vector<std::size_t> front;  // Places in marks, by rising x.
};

struct ChartAxis {
  std::string title;  // With the unit, e.g. "TTFT p50, ms (log scale)".
  bool log = false;
  bool more_is_better = true;
};

struct Chart {
  std::string id;  // Unique in the page.
  std::string title;
  std::string description;
  ChartAxis x, y;
  std::vector<ChartSeries> series;
  bool join_marks = false;  // A thin line through each series in order of load.
};

/// A chart is drawn twice, and the page shows the one that fits.
enum class ChartSize { kWide, kNarrow };

/// One <svg> element.
std::string RenderChart(const Chart& chart, ChartSize size);

/// The <svg> of one mark, for legends.
std::string RenderSwatch(std::size_t series, MarkFill fill, MarkShape shape, bool line);

}  // namespace roofscape::report
