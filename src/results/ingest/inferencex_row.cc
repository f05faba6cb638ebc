#include "results/ingest/inferencex_row.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/core/text.h"
#include "domain/spec/metric_registry.h"
#include "results/ingest/corrections.h"
#include "results/ingest/dates.h"
#include "results/ingest/inferencex_deployment.h"
#include "results/ingest/inferencex_devices.h"
#include "results/ingest/inferencex_power.h"

namespace roofscape::ingest::inferencex {
namespace {

constexpr double kShortest = 0.8;  // Of their lengths, as a share of the nominal one.
constexpr std::size_t kQuoted = 60;
/// Outside these a row's throughput and times cannot both be right; the widest true row, of all
/// seen, lies at 0.71 and 1.08.
constexpr double kLittleLow = 0.6;
constexpr double kLittleHigh = 1.2;

/// In agentic rows ITL is AIPerf's: one value a request, which is TPOT and not the gap of chunks.
void MoveItl(spec::Row& row) {
  for (const std::string_view stat : {"mean", "p50", "p75", "p90", "p95", "p99", "p999"}) {
    const std::string gap = fmt::format("icl_{}_s", stat);
    const std::string tpot = fmt::format("tpot_{}_s", stat);
    const auto itl = row.values.Get(gap);
    if (!itl) continue;
    row.values.Remove(gap);
    if (!row.values.Get(tpot)) row.values.Set(tpot, *itl);
  }
}

/// One row on its way.
class Maker {
 public:
  Maker(Record& record, const RowText& text, const Source& source, Names& names)
      : record_(record), text_(text), source_(source), names_(names) {}

  std::variant<spec::Row, Problem> Make();

 private:
  bool Names();
  bool Load();
  bool When();
  bool Values();
  void Rates(const Chips& chips);
  void Facts(const Chips& chips);
  void Key();
  bool Fail(std::string code, std::string reason);

  std::string_view at(Text field) const { return record_.at(field); }
  void Fact(const char* name, Text field) {
    if (!at(field).empty()) row_.facts.emplace(name, at(field));
  }

  Record& record_;
  const RowText& text_;
  const Source& source_;
  ingest::Names& names_;
  spec::Row row_;
  bool disaggregated_ = false;
  bool agentic_ = false;
};

bool Maker::Fail(std::string code, std::string reason) {
  record_.Fail(std::move(code), std::move(reason));
  return false;
}

std::variant<spec::Row, Problem> Maker::Make() {
  agentic_ = at(Text::kKind).starts_with("agentic");
  row_.corrections = std::move(record_.corrections);
  if (!record_.problem.code.empty() || !Names() || !Load() || !When() || !Values()) {
    return record_.problem;
  }
  row_.origin.format = "inferencex";
  row_.origin.source = source_.name;
  row_.origin.url = RunUrl(record_);
  Key();
  row_.origin.place = text_.place;
  row_.origin.offset = text_.offset;
  row_.origin.bytes = static_cast<std::int64_t>(text_.text.size());
  row_.protocol = agentic_ ? "inferencex-agentic" : "inferencex";
  return std::move(row_);
}

bool Maker::Names() {
  if (!at(Text::kError).empty()) {
    return Fail("failed", fmt::format("error: {}", Printable(at(Text::kError), kQuoted)));
  }
  const EngineName* const engine = NameDeployment(record_, names_, row_.deployment);
  if (engine == nullptr) return false;
  if (!engine->orchestrator.empty()) row_.facts.emplace("orchestrator", engine->orchestrator);
  disaggregated_ = record_.at(Flag::kDisaggregated).value_or(engine->disaggregated);
  if (engine->disaggregated && !disaggregated_) {
    disaggregated_ = true;
    row_.corrections.push_back({"disaggregated", "disagg", "false", "true"});
  }
  return true;
}

bool Maker::Load() {
  row_.concurrency = record_.at(Count::kConcurrency);
  if (row_.concurrency <= 0) return Fail("no_concurrency", "conc: is missing or 0");
  spec::Workload& workload = row_.workload;
  if (agentic_) {
    workload.name = at(Text::kDataset).empty() ? "agentic-coding" : at(Text::kDataset);
    workload.input = workload.output = {0, 1.0};
    workload.prompt_cache = true;
    return true;
  }
  const std::int64_t input = record_.at(Count::kInput);
  const std::int64_t output = record_.at(Count::kOutput);
  if (input <= 0 || output <= 0) return Fail("no_shape", "isl, osl: missing or 0");
  workload.input = {input, kShortest};
  workload.output = {output, kShortest};
  return true;
}

bool Maker::When() {
  if (at(Text::kDate).empty()) {
    if (source_.measured) row_.measured = *source_.measured;
    return true;
  }
  const auto when = ReadTime(at(Text::kDate));
  if (!when) {
    return Fail("bad_date", fmt::format("date: expected a day as 2026-06-11, got '{}'",
                                        Printable(at(Text::kDate), kQuoted)));
  }
  row_.measured = when->time;
  row_.day_only = when->day_only;
  return true;
}

bool Maker::Values() {
  for (const auto& [rate, field] : {std::pair(Rate::kInputPerChip, "input_tput_per_gpu"),
                                    std::pair(Rate::kOutputPerChip, "output_tput_per_gpu")}) {
    if (record_.at(rate) != 0.0) continue;
    Note(row_, "zero_missing", field, 0.0, std::nullopt);
    record_.Set(rate, kMissing);
  }
  if (!(record_.at(Rate::kTotalPerChip) > 0.0) && !(record_.at(Rate::kTotal) > 0.0)) {
    return Fail("no_rate", "tput_per_gpu: is missing or 0");
  }
  const Chips chips = CountChips(record_, disaggregated_, agentic_);
  if (!chips.agree) {
    return Fail("rates_disagree",
                "input, output and total rate do not add up for any number of "
                "chips that the row allows");
  }
  if (disaggregated_ && (chips.prefill <= 0 || chips.decode <= 0)) {
    return Fail("no_chips", "disaggregated, and one of its two roles has no chips");
  }
  for (std::size_t place = 0; place < record_.metrics.size(); ++place) {
    if (!std::isnan(record_.metrics[place])) row_.values.Set(place, record_.metrics[place]);
  }
  if (agentic_) MoveItl(row_);
  DropZeroLatencies(row_);
  SetInteractivity(row_);
  Rates(chips);
  row_.deployment.roles = RolesOf(record_, chips, disaggregated_);
  NoteChips(record_, chips, disaggregated_, row_.corrections);
  SetPower(record_, chips, disaggregated_, row_);
  Facts(chips);
  return true;
}

void Maker::Rates(const Chips& chips) {
  const auto all = static_cast<double>(chips.all);
  const auto set = [&](std::string_view rate, std::string_view per_chip, double value) {
    if (value == 0.0) row_.corrections.push_back({"zero_missing", std::string(rate), "0", ""});
    if (!(value > 0.0)) return;
    row_.values.Set(rate, value);
    row_.values.Set(per_chip, value / all);
  };
  const auto total = record_.at(Rate::kTotalPerChip);
  set("total_tps", "total_tps_per_chip", total > 0.0 ? total * all : record_.at(Rate::kTotal));
  const double input = record_.at(Rate::kInputPerChip);
  const double output = record_.at(Rate::kOutputPerChip);
  if (disaggregated_ && (std::isnan(input) || std::isnan(output))) {
    // One of the two alone does not show which chips it was divided by.
    set("input_tps", "input_tps_per_chip", record_.at(Rate::kInput));
    set("output_tps", "output_tps_per_chip", record_.at(Rate::kOutput));
    return;
  }
  if (!chips.role_local) {
    set("input_tps", "input_tps_per_chip",
        std::isnan(input) ? record_.at(Rate::kInput) : input * all);
    set("output_tps", "output_tps_per_chip",
        std::isnan(output) ? record_.at(Rate::kOutput) : output * all);
    return;
  }
  const double input_tps = input * static_cast<double>(chips.prefill);
  const double output_tps = output * static_cast<double>(chips.decode);
  set("input_tps", "input_tps_per_chip", input_tps);
  set("output_tps", "output_tps_per_chip", output_tps);
  row_.values.Set("prefill_chip_input_tps", input);
  row_.values.Set("decode_chip_output_tps", output);
  Note(row_, "denominator", "input_tput_per_gpu", input, input_tps / all);
  Note(row_, "denominator", "output_tput_per_gpu", output, output_tps / all);
}

void Maker::Facts(const Chips& chips) {
  Fact("image", Text::kImage);
  Fact("recipe_fingerprint", Text::kFingerprint);
  KeepNames(record_, row_.deployment, row_.facts);
  Fact("offload_mode", Text::kOffload);
  Fact("offload_backend", Text::kOffloadBackend);
  Fact("router", Text::kRouter);
  Fact("router_version", Text::kRouterVersion);
  Fact("kv_transfer", Text::kKvTransfer);
  if (record_.at(Flag::kMultinode).value_or(false)) row_.facts.emplace("is_multinode", "true");
  // Throughput and times contradict each other: the row stays as published, and says so.
  if (!agentic_ && chips.little && (*chips.little < kLittleLow || *chips.little > kLittleHigh)) {
    row_.facts.emplace("littles_law_ratio", fmt::format("{:.3f}", *chips.little));
  }
}

/// What their database holds unique: the run and everything that was chosen. Chip counts are left
/// out, since artifacts have none, and images, since the history has none.
void Maker::Key() {
  const Record& r = record_;
  std::string& key = row_.origin.key;
  key.reserve(192);
  const auto add = [&key](std::string_view part) {
    key += part;
    key += '|';
  };
  const auto number = [&key](std::int64_t count) {
    fmt::format_to(std::back_inserter(key), "{},", std::max<std::int64_t>(count, 0));
  };
  add("inferencex");
  // Artifacts do not say which run they are of: their text tells them apart.
  add(row_.origin.url.empty() ? std::string(text_.text) : row_.origin.url);
  AddDeployment(record_, row_.deployment, disaggregated_, key);
  add(agentic_ ? row_.workload.name : "");
  for (const Count count : {Count::kInput, Count::kOutput, Count::kConcurrency}) {
    number(agentic_ && count != Count::kConcurrency ? 0 : r.at(count));
  }
  const std::string_view offload = at(Text::kOffload);
  add(offload == "none" ? "" : offload);
  add(at(Text::kFingerprint));
}

}  // namespace

std::variant<spec::Row, Problem> MakeRow(Record& record, const RowText& text, const Source& source,
                                         Names& names) {
  return Maker(record, text, source, names).Make();
}

}  // namespace roofscape::ingest::inferencex
