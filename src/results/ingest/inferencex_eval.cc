#include "results/ingest/inferencex_eval.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "results/ingest/dates.h"
#include "results/ingest/inferencex_deployment.h"
#include "results/ingest/inferencex_devices.h"
#include "results/ingest/tool_row.h"

namespace roofscape::ingest::inferencex {
namespace {

constexpr std::size_t kQuoted = 60;

/// Measures that may stand without an error beside them.
constexpr auto kMeasures = std::to_array<std::string_view>(
    {"em_strict", "em_flexible", "score", "acc", "accuracy", "resolved"});

std::string TextAt(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<double> NumberAt(const Json& json, const std::string& name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number() ? std::optional(found->get<double>())
                                                   : std::nullopt;
}

/// One row on its way.
class Maker {
 public:
  Maker(Record& record, const RowText& text, const Source& source, ingest::Names& names)
      : record_(record), text_(text), source_(source), names_(names) {}

  std::variant<spec::EvalRow, Problem> Make();

 private:
  bool Deployment();
  bool When();
  bool Scores();
  bool AddScore(const std::string& name, double score);
  bool LooksDoubled() const;
  void Key(bool disaggregated);
  bool Fail(std::string code, std::string reason) {
    record_.Fail(std::move(code), std::move(reason));
    return false;
  }

  Record& record_;
  const RowText& text_;
  const Source& source_;
  ingest::Names& names_;
  Json json_;
  spec::EvalRow row_;
};

std::variant<spec::EvalRow, Problem> Maker::Make() {
  json_ = Json::parse(WithoutBareNumbers(text_.text), nullptr, false);
  if (!json_.is_object()) return Problem{"broken_json", "is no JSON"};
  row_.corrections = std::move(record_.corrections);
  row_.task = TextAt(json_, "task");
  if (row_.task.empty()) Fail("no_task", "task: is missing, or no text");
  if (!record_.problem.code.empty() || !Deployment() || !When() || !Scores()) {
    return record_.problem;
  }
  row_.harness = TextAt(json_, "lm_eval_version");
  if (!row_.harness.empty()) row_.harness = "lm-eval " + row_.harness;
  row_.concurrency = std::max<std::int64_t>(0, record_.at(Count::kConcurrency));
  row_.origin.format = "inferencex";
  row_.origin.source = source_.name;
  row_.origin.place = text_.place;
  row_.origin.offset = text_.offset;
  row_.origin.bytes = static_cast<std::int64_t>(text_.text.size());
  if (const std::string file = TextAt(json_, "source"); !file.empty()) row_.facts["source"] = file;
  return std::move(row_);
}

/// As published, one deployment stands there as two roles.
bool Maker::LooksDoubled() const {
  const Record& r = record_;
  const auto same = [&](Count prefill, Count decode) { return r.at(prefill) == r.at(decode); };
  return !r.at(Flag::kMultinode).value_or(false) && r.at(Count::kPrefillWorkers) <= 1 &&
         r.at(Count::kDecodeWorkers) <= 1 && same(Count::kPrefillTp, Count::kDecodeTp) &&
         same(Count::kPrefillPp, Count::kDecodePp) && same(Count::kPrefillEp, Count::kDecodeEp) &&
         same(Count::kPrefillChips, Count::kDecodeChips);
}

bool Maker::Deployment() {
  const EngineName* const engine = NameDeployment(record_, names_, row_.deployment);
  if (engine == nullptr) return false;
  if (!engine->orchestrator.empty()) row_.facts.emplace("orchestrator", engine->orchestrator);
  const bool published = record_.at(Flag::kDisaggregated).value_or(engine->disaggregated);
  bool disaggregated = published || engine->disaggregated;
  if (published && !engine->disaggregated && engine->orchestrator.empty() && LooksDoubled()) {
    disaggregated = false;
  }
  if (disaggregated != published) {
    row_.corrections.push_back({"disaggregated", "disagg", published ? "true" : "false",
                                disaggregated ? "true" : "false"});
  }
  const Chips chips = CountWithoutRates(record_, disaggregated);
  if (disaggregated && (chips.prefill <= 0 || chips.decode <= 0)) {
    return Fail("no_chips", "disaggregated, and one of its two roles has no chips");
  }
  row_.deployment.roles = RolesOf(record_, chips, disaggregated);
  NoteChips(record_, chips, disaggregated, row_.corrections);
  KeepNames(record_, row_.deployment, row_.facts);
  Key(disaggregated);
  return true;
}

void Maker::Key(bool disaggregated) {
  std::string& key = row_.origin.key;
  row_.origin.url = RunUrl(record_);
  // Artifacts do not say which run they are of: their text tells them apart.
  key = fmt::format("inferencex eval|{}|",
                    row_.origin.url.empty() ? text_.text : std::string_view(row_.origin.url));
  AddDeployment(record_, row_.deployment, disaggregated, key);
  key += fmt::format("{}|{},{},{}", row_.task, record_.at(Count::kInput),
                     record_.at(Count::kOutput), record_.at(Count::kConcurrency));
}

bool Maker::When() {
  const std::string exact = TextAt(json_, "timestamp");
  const std::string_view text = exact.empty() ? record_.at(Text::kDate) : std::string_view(exact);
  if (text.empty()) {
    if (source_.measured) row_.measured = *source_.measured;
    return true;
  }
  const auto when = ReadTime(text);
  if (!when) {
    return Fail("bad_date", fmt::format("date, timestamp: expected a day as 2026-06-11, got '{}'",
                                        Printable(text, kQuoted)));
  }
  row_.measured = when->time;
  row_.day_only = when->day_only;
  return true;
}

bool Maker::Scores() {
  const auto metrics = json_.find("metrics");
  if (metrics != json_.end() && metrics->is_object()) json_.update(Json(*metrics));
  for (const auto& [name, value] : json_.items()) {
    if (!value.is_number()) continue;
    const bool known =
        std::find(kMeasures.begin(), kMeasures.end(), std::string_view(name)) != kMeasures.end();
    if ((known || json_.contains(name + "_se")) && !AddScore(name, value.get<double>())) {
      return false;
    }
  }
  std::sort(row_.scores.begin(), row_.scores.end(),
            [](const auto& a, const auto& b) { return a.measure < b.measure; });
  return !row_.scores.empty() ||
         Fail("no_score", "metrics: has none of em_strict, em_flexible, score");
}

bool Maker::AddScore(const std::string& name, double score) {
  spec::EvalScore out;
  const std::string named = name == "score" ? TextAt(json_, "score_name") : "";
  out.measure = named.empty() ? name : named;
  const bool there =
      std::any_of(row_.scores.begin(), row_.scores.end(),
                  [&](const spec::EvalScore& other) { return other.measure == out.measure; });
  if (there) return true;  // The named score is one of the others once more.
  if (!(score >= 0.0 && score <= 1.0)) {
    return Fail("not_a_share", fmt::format("{}: {} is no share between 0 and 1", name, score));
  }
  out.score = score;
  out.error = NumberAt(json_, name + "_se");
  if (out.error && !(*out.error >= 0.0 && *out.error <= 1.0)) {
    return Fail("not_a_share",
                fmt::format("{}_se: {} is no standard error of a share", name, *out.error));
  }
  if (const auto n = NumberAt(json_, "n_eff")) {
    constexpr double kMost = 1e9;
    if (!(*n >= 1.0 && *n <= kMost)) {
      return Fail("no_questions", fmt::format("n_eff: {} is no number of questions", *n));
    }
    out.questions = static_cast<std::int64_t>(*n);
  }
  out.interval = spec::IntervalOf(score, out.error, out.questions);
  row_.scores.push_back(std::move(out));
  return true;
}

bool CountsJobs(std::string_view object) {
  return MemberOf(object, "n_success") && MemberOf(object, "total");
}

/// {"b200": {"n_success": 9, "total": 10}, ...}. Such a file is small; a large one is not parsed to
/// find out.
bool IsRunStats(std::string_view text) {
  constexpr std::size_t kLargest = 1U << 16U;
  if (text.size() > kLargest) return false;
  const Json json = Json::parse(text, nullptr, false);
  return json.is_object() && !json.empty() &&
         std::all_of(json.begin(), json.end(), [](const Json& value) {
           return value.is_object() && value.contains("n_success") && value.contains("total");
         });
}

bool IsAvailability(std::string_view object) {
  return MemberOf(object, "hardware") && MemberOf(object, "date") && MemberOf(object, "isl") &&
         !MemberOf(object, "conc") && !MemberOf(object, "metrics");
}

}  // namespace

std::variant<spec::EvalRow, Problem> MakeEval(Record& record, const RowText& text,
                                              const Source& source, ingest::Names& names) {
  return Maker(record, text, source, names).Make();
}

Problem HoldsNoPoints(std::string_view text) {
  bool jobs = true;
  bool available = true;
  std::int64_t count = 0;
  JsonRows rows(text);
  while (const auto row = rows.Next()) {
    ++count;
    jobs = jobs && CountsJobs(row->text);
    available = available && IsAvailability(row->text);
    if (!jobs && !available) break;
  }
  if (count == 0) return {};
  if (jobs || IsRunStats(text)) {
    return {std::string(kJobCounts),
            "counts of their jobs that succeeded, by chip and day: they judge their machines and "
            "their patience, no deployment, so no row is made of them; the file is kept whole"};
  }
  if (available) {
    return {std::string(kAvailability),
            "a list of what they measured, without a figure: import the benchmarks themselves; "
            "the file is kept whole"};
  }
  return {};
}

}  // namespace roofscape::ingest::inferencex
