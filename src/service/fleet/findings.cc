#include "service/fleet/findings.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "domain/analysis/curve.h"
#include "domain/analysis/noise.h"
#include "domain/spec/plan_parts.h"

namespace roofscape::fleet {
namespace {

using analysis::ShiftVerdict;

constexpr std::int64_t kDayUs = 86'400'000'000;
constexpr const char* kEngineVersion = "engine version";

/// Every value inside, by its path: {"a": {"b": 1}} is "a.b" = "1".
void Flatten(const std::string& path, const Json& json, Facts& out) {
  if (json.is_object()) {
    for (const auto& [name, value] : json.items()) Flatten(path + "." + name, value, out);
  } else if (!json.is_null()) {
    out[path] = json.is_string() ? json.get<std::string>()
                                 : json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

Facts FactsOf(const spec::RunResult& run, const spec::Row& row, const LayoutState& layout) {
  Facts facts;
  facts[kEngineVersion] = row.deployment.engine_version;
  for (const auto& [name, value] : run.host) facts[name] = value;
  for (const auto& [name, value] : run.engine) {
    if (name != "version" && name != "name") facts["server: " + name] = value;
  }
  facts["recipe: command"] = layout.start.command;
  for (const auto& [name, value] : layout.start.env) facts["recipe: env." + name] = value;
  for (const auto& [path, digest] : layout.digests) facts["recipe: file " + path] = digest;
  Json deployment = spec::ToJson(run.plan.deployment);
  deployment.erase("name");
  deployment.erase("engine_version");
  Flatten("recipe: deployment", deployment, facts);
  Json load = spec::ToJson(run.plan.load);
  load.erase("concurrency");
  load.erase("rates_rps");
  Flatten("recipe: load", load, facts);
  Flatten("recipe: timeouts", spec::ToJson(run.plan.timeouts), facts);
  Flatten("recipe: client", spec::ToJson(run.plan.client), facts);
  facts["recipe: model"] = run.plan.target.model;
  facts["recipe: extra_body"] = run.plan.target.extra_body;
  facts["roofscape"] = run.version;
  return facts;
}

/// A metric of these rows: "per chip" only where they know their chips.
std::string Readable(const std::string& metric, std::span<const spec::Row> rows) {
  constexpr std::string_view kPerChip = "_per_chip";
  if (!metric.ends_with(kPerChip)) return metric;
  const auto place = spec::MetricPlace(metric);
  const bool there = place && std::any_of(rows.begin(), rows.end(), [&](const spec::Row& row) {
                       return row.values.Get(*place).has_value();
                     });
  return there ? metric : metric.substr(0, metric.size() - kPerChip.size());
}

/// The evidence of one family, batch by batch.
struct Story {
  struct Chapter {
    const Batch* batch = nullptr;
    std::vector<const Evidence*> evidence;

    std::vector<spec::Row> Rows() const {
      std::vector<spec::Row> rows;
      for (const Evidence* one : evidence) rows.push_back(one->row);
      return rows;
    }
  };
  std::vector<Chapter> chapters;
};

std::map<std::string, Story> StoriesOf(std::span<const Batch> batches) {
  std::map<std::string, Story> stories;
  for (const Batch& batch : batches) {
    for (const Evidence& one : batch.evidence) {
      auto& chapters = stories[one.family].chapters;
      if (chapters.empty() || chapters.back().batch != &batch) chapters.push_back({&batch, {}});
      chapters.back().evidence.push_back(&one);
    }
  }
  return stories;
}

analysis::LoadCurve CurveOf(const Story::Chapter& chapter, const std::string& metric) {
  const std::vector<spec::Row> rows = chapter.Rows();
  std::vector<std::size_t> places(rows.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
  const auto place = spec::MetricPlace(metric);
  return place ? analysis::RatesByLoad(rows, places, *place) : analysis::LoadCurve();
}

std::map<std::string, std::set<std::string>> ValuesOfFacts(const Story::Chapter& chapter) {
  std::map<std::string, std::set<std::string>> values;
  for (const Evidence* one : chapter.evidence) {
    for (const auto& [name, value] : one->facts) values[name].insert(value);
  }
  return values;
}

/// What changes a server most comes first.
int RankOf(const std::string& name) {
  if (name == kEngineVersion) return 0;
  if (name == "release") return 1;
  if (name.find("image") != std::string::npos) return 2;
  if (name.find("driver") != std::string::npos) return 3;
  return name.starts_with("recipe: ") ? 4 : 5;
}

std::vector<FactChange> ChangedBetween(const Story::Chapter& was, const Story::Chapter& now) {
  const auto before = ValuesOfFacts(was);
  const auto after = ValuesOfFacts(now);
  std::set<std::string> names;
  for (const auto& [name, values] : before) names.insert(name);
  for (const auto& [name, values] : after) names.insert(name);
  std::vector<FactChange> changes;
  const auto text = [](const auto& values, const std::string& name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string()
                                 : fmt::format("{}", fmt::join(found->second, ", "));
  };
  for (const std::string& name : names) {
    FactChange change{name, text(before, name), text(after, name)};
    if (change.was != change.now) changes.push_back(std::move(change));
  }
  std::stable_sort(changes.begin(), changes.end(), [](const FactChange& a, const FactChange& b) {
    return RankOf(a.name) < RankOf(b.name);
  });
  return changes;
}

/// Those before the last one that it is held against.
std::vector<const Story::Chapter*> BeforeOf(const Story& story, const std::string& family,
                                            const Past& past) {
  std::vector<const Story::Chapter*> before;
  const Story::Chapter& last = story.chapters.back();
  const auto changed = past.changed.find(family);
  for (const Story::Chapter& chapter : story.chapters) {
    if (&chapter == &last) break;
    const bool old =
        last.batch->at.unix_us - chapter.batch->at.unix_us > analysis::kHistoryDays * kDayUs;
    const bool another = changed != past.changed.end() && chapter.batch->occasion < changed->second;
    if (!old && !another) before.push_back(&chapter);
  }
  return before;
}

void JudgeFamily(const std::string& family, const Story& story, const Past& past,
                 const JudgeSettings& settings, Findings& out) {
  const Story::Chapter& last = story.chapters.back();
  const auto before = BeforeOf(story, family, past);
  Change change{family, last.evidence.front()->title, false, {}, {}};
  bool judged = false;
  for (const std::string& asked : settings.metrics) {
    const std::string metric = Readable(asked, last.Rows());
    const auto floor = analysis::FloorOf(metric);
    std::vector<analysis::LoadCurve> curves;
    for (const Story::Chapter* chapter : before) {
      auto curve = CurveOf(*chapter, metric);
      if (!curve.empty()) curves.push_back(std::move(curve));
    }
    if (!floor) continue;
    const analysis::Shift shift = analysis::TestShift(curves, CurveOf(last, metric), *floor);
    judged |= shift.verdict != ShiftVerdict::kTooFew;
    if (shift.verdict != ShiftVerdict::kWorse && shift.verdict != ShiftVerdict::kBetter) continue;
    change.worse |= shift.verdict == ShiftVerdict::kWorse;
    change.shifts.push_back({metric, shift});
  }
  (judged ? out.judged : out.alone).push_back(change.title);
  if (change.shifts.empty()) return;
  change.changed = ChangedBetween(*before.back(), last);
  out.changes.push_back(std::move(change));
}

/// Rows of one kind, deployment and load: repeats.
struct Means {
  std::vector<double> x, y;
  std::string title;
};

std::optional<Level> BestAt(const std::vector<const Evidence*>& evidence, double target,
                            const analysis::RowAxis& x_axis, const analysis::RowAxis& y_axis) {
  std::map<std::tuple<std::string, std::int64_t, double>, Means> loads;
  for (const Evidence* one : evidence) {
    const auto x = x_axis.value(one->row);
    const auto y = y_axis.value(one->row);
    if (!analysis::TakesPart(one->row) || !x || !y || !(*x > 0) || !(*y > 0)) continue;
    Means& means = loads[{one->family, one->row.concurrency, one->row.rate_rps.value_or(0)}];
    means.x.push_back(*x);
    means.y.push_back(*y);
    means.title = one->title;
  }
  std::optional<Level> best;
  for (const auto& [load, means] : loads) {
    const double x = std::exp(analysis::LogMeanOf(means.x).mean);
    const double y = std::exp(analysis::LogMeanOf(means.y).mean);
    const bool more = y_axis.direction == spec::Direction::kHigherIsBetter;
    const bool meets =
        x_axis.direction == spec::Direction::kHigherIsBetter ? x >= target : x <= target;
    if (!meets || (best && (more ? y <= best->value : y >= best->value))) continue;
    best = Level{"", means.title, y_axis.name, target, y, false, 0.0};
  }
  return best;
}

/// Whether it beats all that was, and that beyond the noise of the last record (else of the first).
void CompareWithPast(const Past& past, const analysis::RowAxis& axis, Level& level) {
  const bool more = axis.direction == spec::Direction::kHigherIsBetter;
  const auto rate = [more](double value) { return more ? value : 1 / value; };
  std::optional<double> reference, best;
  for (const Level& known : past.levels) {
    const bool same = known.kind == level.kind && known.metric == level.metric &&
                      known.target == level.target && known.value > 0;
    if (!same) continue;
    if (!reference || known.record) reference = known.value;
    if (!best || rate(known.value) > rate(*best)) best = known.value;
  }
  const auto floor = analysis::FloorOf(level.metric);
  if (!reference || !floor || rate(level.value) <= rate(*best)) return;
  const double before[] = {rate(*reference)};
  const analysis::Shift shift = analysis::TestLevel(before, rate(level.value), *floor);
  level.record = shift.verdict == ShiftVerdict::kBetter;
  level.before = *best;
}

void FindRecords(const Batch& batch, const Past& past, const JudgeSettings& settings,
                 Findings& out) {
  std::map<std::string, std::vector<const Evidence*>> kinds;
  for (const Evidence& one : batch.evidence) {
    kinds[analysis::ExactKey(analysis::SeriesKeyOf(one.row))].push_back(&one);
  }
  const auto x_axis = analysis::MetricAxis(settings.record_x);
  if (!x_axis) return;
  for (const auto& [kind, evidence] : kinds) {
    std::vector<spec::Row> rows;
    for (const Evidence* one : evidence) rows.push_back(one->row);
    const auto y_axis = analysis::MetricAxis(Readable(settings.record, rows));
    if (!y_axis) continue;
    for (const double target : settings.record_at) {
      auto level = BestAt(evidence, target, *x_axis, *y_axis);
      if (!level) continue;
      level->kind = kind;
      CompareWithPast(past, *y_axis, *level);
      out.levels.push_back(*std::move(level));
    }
  }
}

}  // namespace

std::vector<Evidence> EvidenceOf(const spec::RunResult& run, const LayoutState& layout) {
  std::vector<Evidence> all;
  for (spec::Row& row : spec::RowsOf(run)) {
    Evidence one;
    const std::string chips = analysis::LayoutName(row.deployment);
    one.family = fmt::format("{}\n{}\n{}", layout.name, chips,
                             analysis::ExactKey(analysis::SeriesKeyOf(row)));
    const std::string& workload = row.workload.name;
    one.title = fmt::format("{}, {}", layout.name,
                            workload.empty() ? spec::ShapeName(row.workload) : workload);
    one.facts = FactsOf(run, row, layout);
    one.row = std::move(row);
    all.push_back(std::move(one));
  }
  return all;
}

Findings Judge(std::span<const Batch> batches, const Past& past, const JudgeSettings& settings) {
  Findings findings;
  if (batches.empty()) return findings;
  for (const auto& [family, story] : StoriesOf(batches)) {
    if (story.chapters.back().batch != &batches.back()) continue;  // Not measured this time.
    JudgeFamily(family, story, past, settings, findings);
  }
  FindRecords(batches.back(), past, settings, findings);
  return findings;
}

std::string TextOf(const FactChange& change) {
  constexpr std::size_t kMost = 60;
  constexpr std::size_t kAround = 12;
  const auto shown = [](std::string_view text) {
    return text.empty() ? std::string("(nothing)") : std::string(text);
  };
  const std::string_view was = change.was;
  const std::string_view now = change.now;
  if (was.size() <= kMost && now.size() <= kMost) {
    return fmt::format("{} {}, now {}", change.name, shown(was), shown(now));
  }
  std::size_t same = 0;
  while (same < std::min(was.size(), now.size()) && was[same] == now[same]) ++same;
  std::size_t tail = 0;
  while (tail < std::min(was.size(), now.size()) - same &&
         was[was.size() - 1 - tail] == now[now.size() - 1 - tail]) {
    ++tail;
  }
  const std::size_t begin = same > kAround ? same - kAround : 0;
  const auto part = [&](std::string_view text) {
    const std::size_t end = std::min(text.size() - tail + kAround, text.size());
    const std::string cut = Printable(text.substr(begin, end - begin), kMost);
    return fmt::format("{}{}{}", begin > 0 ? "..." : "", cut, end < text.size() ? "..." : "");
  };
  return fmt::format("{} {}, now {}", change.name, part(was), part(now));
}

}  // namespace roofscape::fleet
