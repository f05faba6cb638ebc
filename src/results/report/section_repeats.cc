// What the repeats of a point say about each other: the only intervals that decide a difference.

#include <array>

#include <fmt/format.h>

#include "base/core/text.h"
#include "results/report/numbers.h"
#include "results/report/page.h"

namespace roofscape::report {
namespace {

struct Shown {
  const char* head;
  const char* name;
  double scale;
};

constexpr double kMillis = 1e3;
constexpr std::array<Shown, 8> kShown = {{{"Total, tok/s", "total_tps", 1},
                                          {"Output, tok/s", "output_tps", 1},
                                          {"Interactivity p50", "interactivity_p50_tps", 1},
                                          {"TTFT p50, ms", "ttft_p50_s", kMillis},
                                          {"TTFT p99, ms", "ttft_p99_s", kMillis},
                                          {"TPOT p50, ms", "tpot_p50_s", kMillis},
                                          {"ITL p50, ms", "itl_p50_s", kMillis},
                                          {"E2E p50, s", "e2e_p50_s", 1}}};

std::string Cell(const spec::RepeatGroup& group, const Shown& shown) {
  const auto found = group.figures.find(shown.name);
  if (found == group.figures.end()) return kMissing;
  return Number(found->second.mean * shown.scale) + PlusMinus(found->second.interval, shown.scale);
}

std::string Row(const spec::RunResult& run, const spec::RepeatGroup& group) {
  spec::PointResult point;
  point.concurrency = group.concurrency;
  point.rate_rps = group.rate_rps;
  std::string out =
      fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td>", HtmlEscape(run.id),
                  HtmlEscape(spec::LoadMark(point)), group.points.size());
  for (const Shown& shown : kShown) out += "<td>" + Cell(group, shown) + "</td>";
  return out + "</tr>";
}

}  // namespace

std::string RepeatsSection(const Page& page) {
  std::string rows;
  for (const spec::RunResult& run : page.input->runs) {
    for (const spec::RepeatGroup& group : run.repeats) rows += Row(run, group);
  }
  if (rows.empty()) return {};
  std::string heads;
  for (const char* head : {"Run", "Load", "Repeats"}) {
    heads += fmt::format("<th scope=\"col\">{}</th>", head);
  }
  for (const Shown& shown : kShown) heads += fmt::format("<th scope=\"col\">{}</th>", shown.head);
  return fmt::format(
      "<section id=\"repeats\"><h2>Over the repeats</h2><p class=\"lead\">Mean and 95 % interval "
      "between the repeats of a point. Only these intervals decide whether two settings differ: "
      "those within a run leave out what changes from run to run.</p><div class=\"scroll\" "
      "tabindex=\"0\" role=\"region\" aria-label=\"Over the repeats\"><table><thead><tr>{}</tr>"
      "</thead><tbody>{}</tbody></table></div></section>\n",
      heads, rows);
}

}  // namespace roofscape::report
