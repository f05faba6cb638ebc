// The numbers behind the curves, and the checks that say whether to believe them.

#include <array>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "base/core/text.h"
#include "results/report/numbers.h"
#include "results/report/page.h"

namespace roofscape::report {
namespace {

using analysis::SeriesPoint;
using spec::PointMetrics;
using spec::PointResult;

constexpr double kMillis = 1e3;

struct Column {
  const char* head;
  std::function<std::string(const PointResult&, const PointMetrics*)> cell;
};

struct Group {
  std::string head;  // With the unit of all its columns.
  std::vector<Column> columns;
};

/// A column of one metric; missing metrics are missing cells.
template <class F>
Column Metric(const char* head, F text) {
  return {head, [text](const PointResult&, const PointMetrics* m) {
            return m == nullptr ? std::string(kMissing) : text(*m);
          }};
}

/// The within-run interval of a metric behind its figure, where there is one.
std::string Interval(const PointMetrics& m, const std::string& name, double scale) {
  const auto found = m.intervals.find(name);
  return found == m.intervals.end() ? std::string() : PlusMinus(found->second, scale);
}

/// p50 with its interval, and p99. `name`: the flat name of p50.
Group Percentiles(const char* head, spec::Summary PointMetrics::* summary, double scale,
                  const char* name) {
  const auto text = [scale](std::optional<double> v) {
    return v ? Number(*v * scale) : std::string(kMissing);
  };
  return {head,
          {Metric("p50",
                  [=](const PointMetrics& m) {
                    return text((m.*summary).p50) + Interval(m, name, scale);
                  }),
           Metric("p99", [=](const PointMetrics& m) { return text((m.*summary).p99); })}};
}

std::string VerdictCell(const PointResult& point) {
  const std::string_view name = spec::Name(point.verdict.instrument);
  return fmt::format("<span class=\"{0}\">{0}</span>", name);
}

std::vector<Group> ResultGroups(const Page& page) {
  Group rates{"Throughput, tokens/s",
              {Metric("total",
                      [](const PointMetrics& m) {
                        return Number(m.total_tps) + Interval(m, "total_tps", 1);
                      }),
               Metric("output", [](const PointMetrics& m) {
                 return Number(m.output_tps) + Interval(m, "output_tps", 1);
               })}};
  if (page.chips_known) {
    rates.columns.push_back(
        Metric("per chip", [](const PointMetrics& m) { return Number(m.total_tps_per_chip); }));
  }
  return {std::move(rates),
          Percentiles("Interactivity, tok/s/user", &PointMetrics::interactivity_tps, 1,
                      "interactivity_p50_tps"),
          Percentiles("TTFT, ms", &PointMetrics::ttft_s, kMillis, "ttft_p50_s"),
          Percentiles("TPOT, ms", &PointMetrics::tpot_s, kMillis, "tpot_p50_s"),
          Percentiles("ITL, ms", &PointMetrics::itl_s, kMillis, "itl_p50_s"),
          Percentiles("E2E, s", &PointMetrics::e2e_s, 1, "e2e_p50_s")};
}

std::string LittleGap(const PointMetrics& m) {
  if (!m.in_flight_mean || !m.littles_law_in_flight || *m.in_flight_mean <= 0) return kMissing;
  const double gap = *m.littles_law_in_flight / *m.in_flight_mean - 1;
  const bool none = std::abs(gap) < 0.5e-3;  // What is printed as 0.0 has no sign.
  return fmt::format("{}{:.1f} %", none ? "" : gap < 0 ? "\u2212" : "+", std::abs(gap) * 100);
}

bool AnyFailed(const Page& page) {
  for (const spec::RunResult& run : page.input->runs) {
    for (const PointResult& point : run.points) {
      if (point.whole.failures > 0) return true;
    }
  }
  return false;
}

/// Percentiles of the attempted requests, in which a failure never came.
Group AttemptedGroup() {
  return {
      "With failures as \u221e: TTFT, ms; E2E, s",
      {Metric("p50",
              [](const PointMetrics& m) { return Attempted(m.ttft_attempted_p50_s, kMillis); }),
       Metric("p99",
              [](const PointMetrics& m) { return Attempted(m.ttft_attempted_p99_s, kMillis); }),
       Metric("p50", [](const PointMetrics& m) { return Attempted(m.e2e_attempted_p50_s, 1); }),
       Metric("p99", [](const PointMetrics& m) { return Attempted(m.e2e_attempted_p99_s, 1); })}};
}

std::vector<Group> CheckGroups(const Page& page) {
  std::vector<Group> groups = {
      {"Verdict", {{"", [](const PointResult& p, const PointMetrics*) { return VerdictCell(p); }}}},
      {"Requests",
       {Metric("sent", [](const PointMetrics& m) { return Count(m.requests); }),
        Metric("failed", [](const PointMetrics& m) { return Count(m.failures); }),
        Metric("per s", [](const PointMetrics& m) { return Number(m.request_rps); })}},
      {"Tokens",
       {Metric("in", [](const PointMetrics& m) { return Count(m.input_tokens); }),
        Metric("out", [](const PointMetrics& m) { return Count(m.output_tokens); }),
        Metric("cached", [](const PointMetrics& m) { return Number(m.cached_tokens); })}},
      {"In flight (Little\u2019s law)",
       {Metric("counted", [](const PointMetrics& m) { return Number(m.in_flight_mean); }),
        Metric("by law", [](const PointMetrics& m) { return Number(m.littles_law_in_flight); }),
        Metric("gap", LittleGap)}},
      Percentiles("Send delay, ms", &PointMetrics::send_delay_s, kMillis, "send_delay_p50_s"),
      {"Client",
       {{"busy", [](const PointResult& p,
                    const PointMetrics*) { return Percent(p.audit.loop_busy_fraction); }},
        {"coalesced", [](const PointResult& p,
                         const PointMetrics*) { return Percent(p.audit.coalesced_fraction); }},
        {"stolen CPU", [](const PointResult& p,
                          const PointMetrics*) { return Percent(p.audit.cpu_steal_fraction); }}}},
      {"Stamps known to",
       {Metric("first, ms p99",
               [](const PointMetrics& m) { return Millis(m.first_token_uncertainty_p99_s); }),
        Metric("worse than ITL",
               [](const PointMetrics& m) { return Percent(m.uncertain_token_fraction); })}},
  };
  if (AnyFailed(page)) groups.push_back(AttemptedGroup());
  return groups;
}

std::string TableHead(const std::vector<Group>& groups) {
  std::string top = "<tr class=\"group\"><th></th>";
  std::string heads = "<tr><th scope=\"col\">Users</th>";
  for (const Group& group : groups) {
    top += fmt::format("<th scope=\"colgroup\" colspan=\"{}\">{}</th>", group.columns.size(),
                       group.head);
    for (const Column& column : group.columns) {
      heads += *column.head == '\0' ? std::string("<th></th>")
                                    : fmt::format("<th scope=\"col\">{}</th>", column.head);
    }
  }
  return "<thead>" + top + "</tr>" + heads + "</tr></thead>";
}

/// All points, grouped by series; the first column is the concurrency.
std::string PointTable(const Page& page, const std::vector<Group>& groups,
                       analysis::WindowKind window, const std::string& name) {
  std::size_t width = 1;
  for (const Group& group : groups) width += group.columns.size();
  std::string out = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table>{}", name,
      TableHead(groups));
  for (std::size_t i = 0; i < page.frontier.series.size(); ++i) {
    const analysis::Series& series = page.frontier.series[i];
    out += fmt::format(
        "<tbody><tr><th class=\"series\" scope=\"rowgroup\" colspan=\"{}\">{}{}</th></tr>", width,
        RenderSwatch(i, MarkFill::kSolid, ShapeOf(series.key.way), false),
        HtmlEscape(series.label));
    for (const SeriesPoint& p : series.points) {
      const PointResult& point = page.Point(p);
      const PointMetrics* metrics = analysis::MetricsOf(point, window);
      out += fmt::format("<tr data-run=\"{}\" data-index=\"{}\"><th scope=\"row\">{}</th>",
                         HtmlEscape(page.Run(p.run).id), point.index, spec::LoadMark(point));
      for (const Group& group : groups) {
        for (const Column& column : group.columns) {
          out += "<td>" + column.cell(point, metrics) + "</td>";
        }
      }
      out += "</tr>";
    }
    out += "</tbody>";
  }
  return out + "</table></div>\n";
}

/// What the verdicts and the runs' notes say, one line a reason.
std::string Reasons(const Page& page) {
  std::string out;
  for (const analysis::Series& series : page.frontier.series) {
    for (const SeriesPoint& p : series.points) {
      const PointResult& point = page.Point(p);
      std::vector<std::string> reasons;
      for (const auto& r : point.verdict.instrument_reasons) reasons.push_back("client: " + r);
      for (const auto& r : point.verdict.server_reasons) reasons.push_back("server: " + r);
      for (const std::string& reason : reasons) {
        out += fmt::format("<li>{}, {}: {}</li>", HtmlEscape(series.label), spec::LoadName(point),
                           HtmlEscape(reason));
      }
    }
  }
  for (const spec::RunResult& run : page.input->runs) {
    for (const std::string& note : run.notes) {
      out += fmt::format("<li>run {}: {}</li>", HtmlEscape(run.id), HtmlEscape(note));
    }
  }
  if (out.empty()) return {};
  return "<h3>What the instrument and the server had to say</h3><ul class=\"reasons\">" + out +
         "</ul>\n";
}

}  // namespace

std::string TableSection(const Page& page) {
  const bool steady = page.window == analysis::WindowKind::kSteady;
  std::string out =
      fmt::format("<section id=\"results\"><h2>All points</h2><p class=\"lead\">{}</p>",
                  steady ? "Over the steady window: start-up and drain are left out. \u00b1 is the "
                           "95 % interval within the run."
                         : "Over the whole window: start-up and drain included. \u00b1 is the 95 % "
                           "interval within the run.");
  out += PointTable(page, ResultGroups(page), page.window, "Results");
  if (steady) {
    out +=
        "<details><summary>The same over the whole window, start-up and drain included, as most "
        "tools report</summary>" +
        PointTable(page, ResultGroups(page), analysis::WindowKind::kWhole,
                   "Results over the whole window") +
        "</details>";
  }
  return out + "</section>\n";
}

std::string ChecksSection(const Page& page) {
  return "<section id=\"checks\"><h2>Can these numbers be believed?</h2><p class=\"lead\">The load "
         "generator audits itself first, and counts requests in flight in two independent "
         "ways.</p>" +
         PointTable(page, CheckGroups(page), page.window, "Checks") + Reasons(page) +
         "</section>\n";
}

}  // namespace roofscape::report
