// The two curves: throughput against interactivity, and against time to first token.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/core/check.h"
#include "base/core/text.h"
#include "results/report/numbers.h"
#include "results/report/page.h"
#include "results/report/scale.h"

namespace roofscape::report {
namespace {

using analysis::Frontier;
using analysis::SeriesPoint;

/// Kinds of token a rate can count, for the tabs.
struct Rate {
  const char* tab;
  const char* stem;
};
constexpr std::array<Rate, 3> kRates = {{{"Total tokens", "total_tps"},
                                         {"Output tokens", "output_tps"},
                                         {"Input tokens", "input_tps"}}};

Frontier FrontierOf(const Page& page, std::string_view x, const Rate& rate) {
  const std::string y = rate.stem + std::string(page.chips_known ? "_per_chip" : "");
  const auto axes = analysis::ChooseAxes(page.input->runs, x, y);
  RS_CHECK(bool(axes));  // The registry holds these names.
  analysis::Query query;
  query.axes = *axes;
  query.window = page.window;
  return analysis::ComputeFrontier(page.input->runs, query);
}

MarkFill FillOf(const spec::PointResult& point) {
  if (!point.complete || point.verdict.instrument == spec::Fitness::kInvalid) {
    return MarkFill::kCross;
  }
  return point.verdict.instrument == spec::Fitness::kDegraded ? MarkFill::kHollow
                                                              : MarkFill::kSolid;
}

std::string Tip(const Page& page, const analysis::Series& series, const SeriesPoint& p) {
  const spec::PointMetrics& m = *page.Metrics(p);
  const spec::PointResult& point = page.Point(p);
  std::string tip = fmt::format("{}, {}\n", series.label, spec::LoadName(point));
  tip += fmt::format("Interactivity p50 {} tokens/s/user\n", Number(m.interactivity_tps.p50));
  const auto rate = page.chips_known ? m.total_tps_per_chip : m.total_tps;
  tip += fmt::format("Throughput {} {}\n", Number(rate), page.RateUnit());
  tip += fmt::format("TTFT p50 {}, p99 {}\n", Duration(m.ttft_s.p50), Duration(m.ttft_s.p99));
  tip += std::string(spec::Name(point.verdict.instrument));
  if (m.failures > 0) tip += fmt::format(", {} failed", Counted(m.failures, "request"));
  if (!p.excluded.empty()) tip += "\nNot counted: " + p.excluded;
  return tip;
}

/// The marks and lines of a frontier; x is multiplied by `x_factor`.
std::vector<ChartSeries> Draw(const Page& page, const Frontier& frontier, double x_factor,
                              bool whiskers) {
  std::vector<ChartSeries> all;
  for (const analysis::Series& series : frontier.series) {
    ChartSeries drawn;
    drawn.label = series.label;
    std::vector<std::size_t> place_of(series.points.size());
    for (std::size_t i = 0; i < series.points.size(); ++i) {
      const SeriesPoint& p = series.points[i];
      if (!p.x || !p.y) continue;
      const spec::PointResult& point = page.Point(p);
      Mark mark;
      mark.x = *p.x * x_factor;
      mark.y = *p.y;
      const auto p99 = page.Metrics(p)->ttft_s.p99;
      if (whiskers && p99) mark.x_high = *p99 * x_factor;
      if (point.repeat == 0) mark.label = spec::LoadMark(point);
      mark.tip = Tip(page, series, p);
      mark.key = fmt::format("{}/{}", page.Run(p.run).id, point.index);
      mark.fill = FillOf(point);
      mark.shape = ShapeOf(page.Run(p.run).way);
      place_of[i] = drawn.marks.size();
      drawn.marks.push_back(std::move(mark));
    }
    // A step line would lie on the whiskers; those charts join the points in order of load.
    if (!whiskers) {
      for (const std::size_t i : series.front) drawn.front.push_back(place_of[i]);
    }
    all.push_back(std::move(drawn));
  }
  return all;
}

std::string Legend(const Page& page, bool whiskers) {
  std::string out = "<ul class=\"legend\">";
  bool hollow = false;
  bool cross = false;
  const auto& all = page.frontier.series;
  for (std::size_t i = 0; i < all.size(); ++i) {
    out += fmt::format("<li>{}{}</li>",
                       RenderSwatch(i, MarkFill::kSolid, ShapeOf(all[i].key.way), !whiskers),
                       HtmlEscape(all[i].label));
    for (const SeriesPoint& p : all[i].points) {
      if (!p.x) continue;
      hollow = hollow || FillOf(page.Point(p)) == MarkFill::kHollow;
      cross = cross || FillOf(page.Point(p)) == MarkFill::kCross;
    }
  }
  const std::size_t gray = kSeriesColours - 1;
  const auto key = [&](MarkFill fill, const char* text) {
    out += fmt::format("<li class=\"key\">{}{}</li>",
                       RenderSwatch(gray, fill, MarkShape::kCircle, false), text);
  };
  if (hollow) key(MarkFill::kHollow, "degraded");
  if (cross) key(MarkFill::kCross, "not counted");
  if (whiskers) out += "<li class=\"key\">whisker: up to p99</li>";
  return out + "</ul>";
}

std::string Figure(const Chart& chart) {
  return RenderChart(chart, ChartSize::kWide) + RenderChart(chart, ChartSize::kNarrow);
}

/// One figure per kind of token, switched by radio buttons that need no script.
template <class MakeChart>
std::string Tabs(const std::string& name, MakeChart make_chart) {
  std::string heads;
  std::string bodies;
  for (std::size_t i = 0; i < kRates.size(); ++i) {
    heads += fmt::format(
        "<input type=\"radio\" name=\"{0}\" id=\"{0}-{1}\"{2}><label for=\"{0}-{1}\">{3}</label>",
        name, i, i == 0 ? " checked" : "", kRates[i].tab);
    bodies += "<div class=\"tab\">" + Figure(make_chart(i)) + "</div>";
  }
  return "<div class=\"tabs\">" + heads + bodies + "</div>";
}

/// Round targets inside the range of x: about six, in even steps where the range is small.
std::vector<double> Targets(const Page& page) {
  double low = 0;
  double high = 0;
  for (const analysis::Series& series : page.frontier.series) {
    for (const std::size_t i : series.front) {
      const double x = *series.points[i].x;
      if (x > 0 && (low == 0 || x < low)) low = x;
      high = std::max(high, x);
    }
  }
  if (low == 0) return {};
  const Scale scale = high / low < 8 ? Scale::Linear(high, 7) : Scale::Log(low, high, 12);
  std::vector<double> targets;
  for (const double tick : scale.ticks()) {
    if (tick >= 0.6 * low && tick <= high) targets.push_back(tick);
  }
  return targets;
}

std::string StepTable(const Page& page) {
  const std::vector<double> targets = Targets(page);
  if (targets.empty()) return {};
  std::string out = fmt::format(
      "<h3>Best measured throughput when every user shall have at least \u2026</h3>"
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Step readings\"><table>"
      "<thead><tr><th scope=\"col\" class=\"left\">{}</th>",
      page.RateUnit());
  for (const double target : targets) {
    out += fmt::format("<th scope=\"col\">\u2265 {} tok/s/user</th>", Number(target));
  }
  out += "</tr></thead><tbody>";
  for (const analysis::Series& series : page.frontier.series) {
    out += fmt::format("<tr><th scope=\"row\" class=\"left\">{}</th>", HtmlEscape(series.label));
    for (const double target : targets) {
      const auto best = analysis::BestAt(series, page.frontier.axes, target);
      if (!best) {
        out += fmt::format("<td>{}</td>", kMissing);
        continue;
      }
      const SeriesPoint& p = series.points[*best];
      out += fmt::format("<td>{} <span class=\"note\">at {}</span></td>", Number(p.y),
                         spec::LoadMark(page.Point(p)));
    }
    out += "</tr>";
  }
  return out +
         "</tbody></table></div><p class=\"note\">Median interactivity; after \u201cat\u201d the "
         "concurrency that gives it. An en dash: no measured point reaches that "
         "speed.</p>\n";
}

std::string Scope(const Page& page) {
  return page.chips_known ? "of each chip" : "of the deployment (the number of chips is not known)";
}

}  // namespace

std::string ThroughputSection(const Page& page) {
  const auto make = [&](std::size_t i) {
    const Frontier frontier = FrontierOf(page, "interactivity_p50_tps", kRates[i]);
    Chart chart;
    chart.id = fmt::format("throughput-{}", i);
    chart.title = fmt::format("{} throughput against interactivity", kRates[i].tab);
    chart.description =
        "Each mark is one measured operating point, labelled with its concurrency; "
        "the line is the best throughput at each required interactivity. The same "
        "numbers stand in the table below.";
    chart.x = {"Interactivity p50, tokens/s/user", false, true};
    chart.y = {fmt::format("{}, {}", kRates[i].tab, page.RateUnit()), false, true};
    chart.series = Draw(page, frontier, 1.0, false);
    return chart;
  };
  std::string out = fmt::format(
      "<section id=\"throughput\"><h2>Throughput against interactivity</h2>"
      "<p class=\"lead\">How much the server gives in all, for how fast each user is served. "
      "Up and to the right is better.</p>{}<figure class=\"plot\">{}<figcaption>Throughput {}. "
      "Numbers beside points: concurrent users. Lines: the frontier, read as a step, the best "
      "measured point that meets a required speed.</figcaption></figure>",
      Legend(page, false), Tabs("t", make), Scope(page));
  return out + StepTable(page) + "</section>\n";
}

std::string LatencySection(const Page& page) {
  double low = 0;
  double high = 0;
  for (const analysis::Series& series : page.frontier.series) {
    for (const SeriesPoint& p : series.points) {
      const spec::PointMetrics* m = page.Metrics(p);
      if (m == nullptr || !m->ttft_s.p50 || *m->ttft_s.p50 <= 0) continue;
      if (low == 0 || *m->ttft_s.p50 < low) low = *m->ttft_s.p50;
      high = std::max({high, *m->ttft_s.p50, m->ttft_s.p99.value_or(0)});
    }
  }
  const bool log = low > 0 && high / low > 8;
  const bool millis = high < 10;
  const auto make = [&](std::size_t i) {
    Chart chart;
    chart.id = fmt::format("ttft-{}", i);
    chart.title = fmt::format("{} throughput against time to first token", kRates[i].tab);
    chart.description =
        "Each mark is one measured operating point at its median TTFT, labelled "
        "with its concurrency; the whisker reaches to p99.";
    chart.x = {fmt::format("TTFT p50, {}{}", millis ? "ms" : "s", log ? " (log scale)" : ""), log,
               false};
    chart.y = {fmt::format("{}, {}", kRates[i].tab, page.RateUnit()), false, true};
    chart.join_marks = true;
    chart.series = Draw(page, FrontierOf(page, "ttft_p50_s", kRates[i]), millis ? 1e3 : 1.0, true);
    return chart;
  };
  return fmt::format(
      "<section id=\"ttft\"><h2>Throughput against time to first token</h2>"
      "<p class=\"lead\">How long a user waits for an answer to begin. Up and to the left is "
      "better.</p>{}<figure class=\"plot\">{}<figcaption>Median TTFT, the whisker up to its p99, "
      "from the moment a request was due to be sent. Numbers beside points: concurrent users. "
      "Lines join the points in order of load."
      "</figcaption></figure></section>\n",
      Legend(page, true), Tabs("l", make));
}

}  // namespace roofscape::report
