// Title, verdict in words, the facts a reader asks for first, and a card for each series.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/core/text.h"
#include "domain/analysis/series.h"
#include "results/report/numbers.h"
#include "results/report/page.h"
#include "results/report/verdict_words.h"

namespace roofscape::report {
namespace {

template <class F>
std::string OfRuns(const Page& page, F value) {
  std::vector<std::string> values;
  for (const spec::RunResult& run : page.input->runs) values.push_back(value(run));
  return Distinct(values);
}

std::string Fact(const std::map<std::string, std::string>& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? std::string() : found->second;
}

std::string Chips(const spec::RunResult& run) {
  const auto count = spec::ChipCount(run.plan.deployment);
  const std::string& chip = run.plan.deployment.chip;
  if (!count) return chip.empty() ? "not told" : chip;
  return fmt::format("{} \u00d7 {}", *count, chip.empty() ? "chip" : chip);
}

std::string Client(const spec::RunResult& run) {
  const std::string cpu = Fact(run.host, "cpu");
  const std::string cpus = Fact(run.host, "cpus");
  if (cpus.empty()) return cpu;
  return fmt::format("{}{}{} logical CPU{}", cpu, cpu.empty() ? "" : ", ", cpus,
                     cpus == "1" ? "" : "s");
}

std::string LengthWords(const spec::Length& length) {
  if (length.low == 1.0) return Count(length.tokens);
  return fmt::format(
      "{}\u2013{}",
      Count(static_cast<std::int64_t>(std::ceil(length.low * static_cast<double>(length.tokens)))),
      Count(length.tokens));
}

std::string WorkloadWords(const spec::RunResult& run) {
  const spec::Workload& w = run.plan.workload;
  return fmt::format("{} in / {} out", LengthWords(w.input), LengthWords(w.output));
}

std::string LoadWords(const spec::RunResult& run) {
  const spec::Load& load = run.plan.load;
  if (load.arrivals != spec::Arrivals::kClosed) return "open loop, " + spec::LoadsName(load);
  return "closed loop, " + spec::LoadsName(load);
}

std::string Dates(const Page& page) {
  if (page.input->runs.empty()) return kMissing;
  WallTime first = page.input->runs.front().started;
  WallTime last = first;
  for (const spec::RunResult& run : page.input->runs) {
    first.unix_us = std::min(first.unix_us, run.started.unix_us);
    last.unix_us = std::max(last.unix_us, run.started.unix_us);
  }
  const std::string a = Minute(first);
  const std::string b = Minute(last);
  if (a == b) return a;
  // On one day the date is said once.
  if (a.substr(0, 10) == b.substr(0, 10)) return a.substr(0, 16) + "\u2013" + b.substr(11);
  return a + " to " + b;
}

std::string FactList(const Page& page) {
  using spec::RunResult;
  const std::vector<std::pair<std::string, std::string>> facts = {
      {"Model", OfRuns(page, analysis::ModelName)},
      {"Engine", OfRuns(page, analysis::EngineName)},
      {"Accelerators", OfRuns(page, Chips)},
      {"Precision", OfRuns(page, [](const RunResult& r) { return r.plan.deployment.precision; })},
      {"Tokens a request", OfRuns(page, WorkloadWords)},
      {"Load (concurrent users)", OfRuns(page, LoadWords)},
      {"API", OfRuns(page,
                     [](const RunResult& r) {
                       return std::string(spec::Name(r.plan.target.api)) + ", streamed";
                     })},
      {"Client machine", OfRuns(page, Client)},
      {"Measured", Dates(page)},
  };
  std::string out = "<dl class=\"facts\">";
  for (const auto& [name, value] : facts) {
    if (value == kMissing && name == "Precision") continue;
    out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", name, HtmlEscape(value));
  }
  return out + "</dl>\n";
}

std::string CardNumber(const std::string& name, const std::string& value, const std::string& unit,
                       const spec::PointResult& point) {
  return fmt::format("<div><dt>{}</dt><dd><b>{}</b><span>{}</span><span>at {}</span></dd></div>",
                     name, value, unit, spec::LoadName(point));
}

/// The point of the series with the best value, among those that take part.
template <class F>
const analysis::SeriesPoint* Best(const Page& page, const analysis::Series& series, bool highest,
                                  F value) {
  const analysis::SeriesPoint* best = nullptr;
  for (const analysis::SeriesPoint& p : series.points) {
    if (!p.excluded.empty() || !value(*page.Metrics(p))) continue;
    const bool better =
        best == nullptr || (highest ? *value(*page.Metrics(p)) > *value(*page.Metrics(*best))
                                    : *value(*page.Metrics(p)) < *value(*page.Metrics(*best)));
    if (better) best = &p;
  }
  return best;
}

std::string Card(const Page& page, std::size_t index) {
  const analysis::Series& series = page.frontier.series[index];
  const auto rate = page.frontier.axes.y->value;
  const auto speed = page.frontier.axes.x->value;
  const auto ttft = [](const spec::PointMetrics& m) { return m.ttft_s.p50; };
  std::string out =
      fmt::format("<div class=\"card\"><h2>{}{} <span class=\"note\">best points</span></h2>",
                  RenderSwatch(index, MarkFill::kSolid, ShapeOf(series.key.way), false),
                  HtmlEscape(series.label));
  std::string numbers;
  if (const auto* p = Best(page, series, true, rate)) {
    numbers += CardNumber("Throughput", Number(p->y), page.RateUnit(), page.Point(*p));
  }
  if (const auto* p = Best(page, series, true, speed)) {
    numbers += CardNumber("Interactivity", Number(p->x), "tokens/s/user, p50", page.Point(*p));
  }
  if (const auto* p = Best(page, series, false, ttft)) {
    numbers +=
        CardNumber("First token", Duration(ttft(*page.Metrics(*p))), "TTFT p50", page.Point(*p));
  }
  if (numbers.empty()) return out + "<p class=\"note\">No point takes part.</p></div>";
  return out + "<dl class=\"nums\">" + numbers + "</dl></div>\n";
}

std::string VerdictBox(const Page& page) {
  const VerdictWords words = InWords(page);
  const char* tone = words.tone == Tone::kGood      ? "good"
                     : words.tone == Tone::kWarning ? "warn"
                                                    : "bad";
  std::string out = fmt::format("<div class=\"verdict {}\"><p><strong>{}</strong> {} {}</p>", tone,
                                words.word, words.instrument, words.server);
  if (page.no_steady_point) {
    out +=
        "<p>No point reached a steady state, so all numbers are over the whole window, start-up "
        "and drain included.</p>";
  }
  return out + "</div>\n";
}

}  // namespace

std::string HeaderSection(const Page& page) {
  std::string title = page.input->title;
  if (title.empty()) {
    const std::string model = OfRuns(page, analysis::ModelName);
    const std::string engine = OfRuns(page, analysis::EngineName);
    title = model == kMissing ? "Serving benchmark" : model;
    if (engine != kMissing) title += " on " + engine;
  }
  const std::string way = OfRuns(page, [](const spec::RunResult& r) { return r.way; });
  std::string out =
      fmt::format("<header><p class=\"over\">Roofscape serving benchmark \u00b7 {}</p><h1>{}</h1>",
                  HtmlEscape(way), HtmlEscape(title));
  out += VerdictBox(page) + FactList(page) + "<div class=\"cards\">";
  for (std::size_t i = 0; i < page.frontier.series.size(); ++i) out += Card(page, i);
  return out + "</div></header>\n";
}

}  // namespace roofscape::report
