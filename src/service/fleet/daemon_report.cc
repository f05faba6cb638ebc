#include "service/fleet/daemon_report.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"
#include "base/core/text.h"
#include "results/store/utf8.h"

namespace roofscape::fleet {
namespace {

constexpr double kMicro = 1e6;
/// Later than this is worth a word.
constexpr double kLateS = 600;

double LateS(const OccasionReport& report) {
  return static_cast<double>(report.begun.unix_us - report.due.at.unix_us) / kMicro;
}

std::int64_t CountOf(const OccasionReport& report, bool worse) {
  return std::count_if(report.findings.changes.begin(), report.findings.changes.end(),
                       [worse](const Change& change) { return change.worse == worse; });
}

std::int64_t Records(const OccasionReport& report) {
  return std::count_if(report.findings.levels.begin(), report.findings.levels.end(),
                       [](const Level& level) { return level.record; });
}

std::string Percent(double fraction) { return fmt::format("{:+.1f} %", fraction * 100); }

std::string ChangeText(const Change& change) {
  std::string text = fmt::format("{}: {}:", change.worse ? "worse" : "better", change.title);
  for (const MetricShift& shift : change.shifts) {
    text +=
        fmt::format("{} {} {} (seen from {:.1f} % on, over {} earlier)",
                    &shift == &change.shifts.front() ? "" : ",", shift.metric,
                    Percent(shift.shift.change), shift.shift.smallest * 100, shift.shift.history);
  }
  text += "\n  changed with it: ";
  if (change.changed.empty()) return text + "nothing that is known of\n";
  constexpr std::size_t kMost = 6;
  for (std::size_t i = 0; i < change.changed.size() && i < kMost; ++i) {
    text += (i > 0 ? "; " : "") + TextOf(change.changed[i]);
  }
  if (change.changed.size() > kMost) {
    text += fmt::format("; and {} more", change.changed.size() - kMost);
  }
  return text + "\n";
}

std::string FailureText(const Failure& failure) {
  return fmt::format("{}: {}{}{}", failure.kind, failure.reason,
                     failure.cure.empty() ? "" : ". Cure: ", failure.cure);
}

Json ToJson(const Failure& failure) {
  return {{"class", failure.kind}, {"reason", failure.reason}, {"cure", failure.cure}};
}

Json ChangeJson(const Change& change) {
  Json shifts = Json::array();
  for (const MetricShift& one : change.shifts) {
    shifts.push_back({{"metric", one.metric},
                      {"change", one.shift.change},
                      {"smallest_finding", one.shift.smallest},
                      {"loads", one.shift.loads},
                      {"history", one.shift.history},
                      {"own_noise", one.shift.own_noise}});
  }
  Json changed = Json::array();
  for (const FactChange& fact : change.changed) {
    changed.push_back({{"name", fact.name}, {"was", fact.was}, {"now", fact.now}});
  }
  return {{"family", change.family},
          {"title", change.title},
          {"verdict", change.worse ? "worse" : "better"},
          {"shifts", std::move(shifts)},
          {"changed_with_it", std::move(changed)}};
}

Json LevelJson(const Level& level) {
  return {{"kind", level.kind},
          {"title", level.title},
          {"metric", level.metric},
          {"target", level.target},
          {"value", level.value},
          {"record", level.record},
          {"before", level.record ? Json(level.before) : Json(nullptr)}};
}

Level ReadLevel(ObjectReader& reader) {
  Level level;
  reader.Required("kind", level.kind);
  reader.Required("title", level.title);
  reader.Required("metric", level.metric);
  reader.Required("target", level.target);
  reader.Required("value", level.value);
  reader.Required("record", level.record);
  reader.Optional("before", level.before);
  return level;
}

/// Text of XML 1.0, which has no place for control characters.
std::string Xml(const std::string& text) {
  std::string plain = store::IsPlainUtf8(text) ? text : Printable(text, text.size());
  for (char& c : plain) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' && c != '\n' && c != '\t') c = ' ';
  }
  return HtmlEscape(plain);
}

std::string CaseText(const OccasionReport& report, const std::string& name,
                     const std::string& inside) {
  return fmt::format("    <testcase classname=\"{}\" name=\"{}\">{}</testcase>\n",
                     Xml(report.entry), Xml(name), inside);
}

std::string ElementText(const char* element, const std::string& type, const std::string& message,
                        const std::string& text) {
  return fmt::format("<{} type=\"{}\" message=\"{}\">{}</{}>", element, Xml(type), Xml(message),
                     Xml(text), element);
}

}  // namespace

bool OccasionReport::Has(News news) const {
  switch (news) {
    case News::kRegression: return CountOf(*this, true) > 0;
    case News::kImprovement: return CountOf(*this, false) > 0;
    case News::kRecord: return Records(*this) > 0;
    case News::kFailure: return broken.has_value() || !failed.empty();
    case News::kMissed: return due.missed > 0 || LateS(*this) > kLateS;
    case News::kDone: return true;
  }
  return false;
}

bool IsWorthTelling(const OccasionReport& report, const TellSettings& settings) {
  return std::any_of(settings.on.begin(), settings.on.end(),
                     [&](News news) { return report.Has(news); });
}

Json ToJson(const OccasionReport& report) {
  Json changes = Json::array();
  for (const Change& change : report.findings.changes) changes.push_back(ChangeJson(change));
  Json levels = Json::array();
  for (const Level& level : report.findings.levels) levels.push_back(LevelJson(level));
  Json failed = Json::array();
  for (const FailedPoints& one : report.failed) {
    failed.push_back(ToJson(one.failure));
    failed.back()["points"] = one.points;
  }
  return {{"entry", report.entry},
          {"campaign", report.campaign},
          {"occasion", report.number},
          {"cause", Name(report.due.cause)},
          {"due", report.due.at.ToIso()},
          {"missed", report.due.missed},
          {"late_s", std::max(LateS(report), 0.0)},
          {"release", report.due.release.empty() ? Json(nullptr) : Json(report.due.release)},
          {"begun", report.begun.ToIso()},
          {"ended", report.ended.ToIso()},
          {"taken_over", report.taken_over},
          {"points_done", report.done},
          {"failures", std::move(failed)},
          {"broken", report.broken ? ToJson(*report.broken) : Json(nullptr)},
          {"published", report.published.empty() ? Json(nullptr) : Json(report.published)},
          {"tell", Json(report.tell)},
          {"judged", Json(report.findings.judged)},
          {"not_judged", Json(report.findings.alone)},
          {"changes", std::move(changes)},
          {"levels", std::move(levels)},
          {"subject", SubjectOf(report)},
          {"text", TextOf(report)}};
}

Result<Past> PastOf(const EntryState& state) {
  Past past;
  for (const Occasion& occasion : state.occasions) {
    if (occasion.report.empty()) continue;
    RS_ASSIGN_OR_RETURN(
        const Document document,
        ParseJson(occasion.report, fmt::format("report of occasion {}", occasion.number)));
    ObjectReader reader(document);
    for (ObjectReader& child : reader.Children("levels")) {
      past.levels.push_back(ReadLevel(child));
      reader.Merge(child);
    }
    const Json* const changes = reader.Raw("changes");
    if (changes == nullptr || !changes->is_array()) continue;
    for (const Json& change : *changes) {
      const auto family = change.find("family");
      if (family == change.end() || !family->is_string()) continue;
      past.changed[family->get<std::string>()] = occasion.number;
    }
  }
  return past;
}

std::string SubjectOf(const OccasionReport& report) {
  std::vector<std::string> parts;
  const auto add = [&parts](std::int64_t count, const char* one, const char* many) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, count == 1 ? one : many));
  };
  add(CountOf(report, true), "regression", "regressions");
  add(CountOf(report, false), "improvement", "improvements");
  add(Records(report), "record", "records");
  std::int64_t points = 0;
  for (const FailedPoints& one : report.failed) points += one.points;
  if (report.broken) {
    const bool published = report.broken->kind == "publish";
    parts.push_back(published ? "publishing failed"
                              : fmt::format("the run failed ({})", report.broken->kind));
  }
  add(points, "point not measured", "points not measured");
  std::string text = report.entry + ":";
  for (const std::string& part : parts) text += (&part == &parts.front() ? " " : ", ") + part;
  return parts.empty() ? text + " nothing new" : text;
}

std::string TextOf(const OccasionReport& report) {
  std::string text = SubjectOf(report) + "\n";
  for (const Change& change : report.findings.changes) text += ChangeText(change);
  for (const Level& level : report.findings.levels) {
    if (!level.record) continue;
    text += fmt::format("record: {}: {} {:.4g} at {:g}, before {:.4g} ({})\n", level.title,
                        level.metric, level.value, level.target, level.before,
                        Percent(level.value / level.before - 1));
  }
  if (report.broken) text += FailureText(*report.broken) + "\n";
  for (const FailedPoints& one : report.failed) {
    text += fmt::format("{} x {}\n", one.points, FailureText(one.failure));
  }
  if (report.due.missed > 0) {
    text += fmt::format(
        "{} earlier times of the schedule passed without a run; this one makes up "
        "for them\n",
        report.due.missed);
  }
  if (LateS(report) > kLateS) {
    constexpr double kHour = 3600;
    text += fmt::format("it was due at {} and began {:.1f} h later\n", report.due.at.ToIso(),
                        LateS(report) / kHour);
  }
  text += fmt::format("campaign {}, occasion {} ({}), {} points, begun {}\n", report.campaign,
                      report.number, Name(report.due.cause), report.done, report.begun.ToIso());
  return text;
}

std::string WebhookBody(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else {
      escaped += c;
    }
  }
  const Json body = {{"text", escaped}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string EmailText(const std::string& subject, const std::string& text) {
  std::string line = subject;
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::replace(line.begin(), line.end(), '\r', ' ');
  return fmt::format("Subject: {}\nContent-Type: text/plain; charset=utf-8\n\n{}", line, text);
}

std::string JunitText(const OccasionReport& report) {
  std::string cases;
  std::size_t failures = 0, errors = 0, skipped = 0, tests = 0;
  const auto worse = [&report](const std::string& title) {
    return std::find_if(report.findings.changes.begin(), report.findings.changes.end(),
                        [&](const Change& one) { return one.worse && one.title == title; });
  };
  for (const std::string& title : report.findings.judged) {
    const auto found = worse(title);
    const bool failed = found != report.findings.changes.end();
    cases += CaseText(
        report, title,
        failed ? ElementText("failure", "regression", SubjectOf(report), ChangeText(*found)) : "");
    failures += failed ? 1 : 0;
    ++tests;
  }
  for (const std::string& title : report.findings.alone) {
    cases += CaseText(report, title,
                      "<skipped message=\"nothing before it to hold it against, or fewer than two "
                      "loads\"/>");
    ++skipped;
    ++tests;
  }
  for (const FailedPoints& one : report.failed) {
    cases += CaseText(report, fmt::format("{} points", one.points),
                      ElementText("error", one.failure.kind, one.failure.reason, one.failure.cure));
    ++errors;
    ++tests;
  }
  if (report.broken) {
    cases += CaseText(
        report, "run",
        ElementText("error", report.broken->kind, report.broken->reason, report.broken->cure));
    ++errors;
    ++tests;
  }
  const double seconds = static_cast<double>(report.ended.unix_us - report.begun.unix_us) / kMicro;
  const std::string head = fmt::format(
      "name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\"",
      Xml(report.entry), tests, failures, errors, skipped, seconds);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite {} timestamp=\"{}\">\n{}  </testsuite>\n</testsuites>\n",
      head, report.begun.ToIso().substr(0, 19), cases);
}

}  // namespace roofscape::fleet
