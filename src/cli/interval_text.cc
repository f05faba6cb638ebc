#include "cli/interval_text.h"

#include <array>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::cli {
namespace {

/// "12.3 ms"; "inf" for a failure.
std::string Late(std::optional<double> seconds) {
  if (!seconds) return "-";
  return std::isinf(*seconds) ? "inf" : HumanSeconds(*seconds);
}

/// Half of an interval, two digits: that is all one knows of it.
std::string Half(const spec::Interval& interval) {
  const double half = 0.5 * (interval.high - interval.low);
  constexpr double kLargest = 1e15;
  if (half >= 10.0 && half < kLargest) return WithCommas(std::llround(half));
  return fmt::format("{:.2g}", half);
}

std::string Mark(const spec::RepeatGroup& group) {
  spec::PointResult point;
  point.concurrency = group.concurrency;
  point.rate_rps = group.rate_rps;
  return spec::LoadMark(point);
}

/// The figure in `scale` of its unit with half of its interval.
std::string Figure(const spec::RepeatGroup& group, std::string_view name, double scale) {
  const auto found = group.figures.find(std::string(name));
  if (found == group.figures.end()) return "-";
  const spec::Interval& interval = found->second.interval;
  return fmt::format("{} ± {}", FormatNumber(found->second.mean * scale),
                     Half({interval.low * scale, interval.high * scale}));
}

}  // namespace

std::string HalfWidth(const spec::PointMetrics& metrics, std::string_view name) {
  const auto found = metrics.intervals.find(std::string(name));
  if (found == metrics.intervals.end()) return "";
  return "± " + Half(found->second);
}

std::string WithInterval(std::optional<double> figure, const spec::PointMetrics& metrics,
                         std::string_view name) {
  const std::string half = figure ? HalfWidth(metrics, name) : "";
  return FormatNumber(figure) + (half.empty() ? "" : " " + half);
}

std::string AttemptedText(const spec::PointMetrics& metrics) {
  if (metrics.failures == 0 || !metrics.ttft_attempted_p50_s) return "";
  return fmt::format(
      "with failures as infinitely late: TTFT p50 {}, p99 {}; TPOT p50 {}, p99 {}; E2E p50 {}, p99 "
      "{}",
      Late(metrics.ttft_attempted_p50_s), Late(metrics.ttft_attempted_p99_s),
      Late(metrics.tpot_attempted_p50_s), Late(metrics.tpot_attempted_p99_s),
      Late(metrics.e2e_attempted_p50_s), Late(metrics.e2e_attempted_p99_s));
}

std::string RepeatTable(const spec::RunResult& run, const Style& style) {
  if (run.plan.load.repeat < 2 && run.repeats.empty()) return "";
  if (run.repeats.empty()) {
    return Wrap(
               "\nNo interval over the repeats: no load has two points that are complete, steady "
               "and not INVALID.",
               style.width, 0) +
           "\n";
  }
  constexpr double kMillis = 1e3;
  struct Shown {
    const char* title;
    const char* name;
    double scale;
  };
  constexpr std::array<Shown, 5> kShown = {{{"TTFT ms\np50", "ttft_p50_s", kMillis},
                                            {"TPOT ms\np50", "tpot_p50_s", kMillis},
                                            {"ITL ms\np50", "itl_p50_s", kMillis},
                                            {"tok/s\n/user", "interactivity_p50_tps", 1.0},
                                            {"out\ntok/s", "output_tps", 1.0}}};
  std::vector<Column> columns = {{"load"}, {"runs"}};
  for (const Shown& shown : kShown) columns.push_back({shown.title});
  Table table(std::move(columns));
  for (const spec::RepeatGroup& group : run.repeats) {
    std::vector<std::string> cells = {Mark(group), std::to_string(group.points.size())};
    for (const Shown& shown : kShown) cells.push_back(Figure(group, shown.name, shown.scale));
    table.AddRow(std::move(cells));
  }
  return "\nOver the repeats: mean ± 95 % between runs\n" + table.ToText(style) +
         Wrap(
             "Only these intervals decide whether two settings differ; those within a run leave "
             "out what changes from run to run.",
             style.width, 0) +
         "\n";
}

}  // namespace roofscape::cli
