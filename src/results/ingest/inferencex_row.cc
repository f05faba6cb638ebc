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
  bool Engine();
  bool Load();
  bool When();
  bool Values();
  void Rates(const Chips& chips);
  void Roles(const Chips& chips);
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
  std::string precision_;
};

bool Maker::Fail(std::string code, std::string reason) {
  record_.Fail(std::move(code), std::move(reason));
  return false;
}

std::variant<spec::Row, Problem> Maker::Make() {
  agentic_ = at(Text::kKind).starts_with("agentic");
  row_.corrections = std::move(record_.corrections);
  if (!record_.problem.code.empty() || !Names() || !Engine() || !Load() || !When() || !Values()) {
    return record_.problem;
  }
  row_.origin.format = "inferencex";
  row_.origin.source = source_.name;
  row_.origin.url = at(Text::kRunUrl);
  // The database keeps the attempt apart; the API writes it into the address.
  if (record_.at(Count::kRunAttempt) > 0 && !row_.origin.url.empty() &&
      row_.origin.url.find("/attempts/") == std::string::npos) {
    row_.origin.url += fmt::format("/attempts/{}", record_.at(Count::kRunAttempt));
  }
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
  std::string_view hardware = at(Text::kHardware);
  const std::string_view prefill = at(Text::kPrefillHardware);
  const std::string_view decode = at(Text::kDecodeHardware);
  if (hardware.empty()) hardware = prefill;
  if (hardware.empty()) return Fail("no_chip", "hardware: is missing");
  const auto& chip = names_.Chip(hardware);
  if (!chip) return Fail("unknown_chip", "hardware: " + names_.WhyNoChip(hardware));
  row_.deployment.chip = *chip;
  for (const std::string_view role : {prefill, decode}) {
    if (!role.empty() && names_.Chip(role) != row_.deployment.chip) {
      return Fail("mixed_chips", fmt::format("prefill_hw, decode_hw: {} beside {}; a row has one "
                                             "kind of chip",
                                             Printable(role, kQuoted), *chip));
    }
  }
  // The prefix is their own name of the model; the other is whatever path the server got.
  const std::string_view model =
      at(Text::kModelPrefix).empty() ? at(Text::kModel) : at(Text::kModelPrefix);
  if (model.empty()) return Fail("no_model", "model: is missing");
  auto known = names_.Model(model);
  if (!known && !at(Text::kModel).empty()) known = names_.Model(at(Text::kModel));
  if (!known) return Fail("unknown_model", "model: " + names_.WhyNoModel(model));
  row_.deployment.model = *known;
  return true;
}

bool Maker::Engine() {
  if (at(Text::kFramework).empty()) return Fail("no_engine", "framework: is missing");
  const EngineName& engine = names_.Engine(at(Text::kFramework));
  row_.deployment.engine = engine.id;
  if (!engine.orchestrator.empty()) row_.facts.emplace("orchestrator", engine.orchestrator);
  disaggregated_ = record_.at(Flag::kDisaggregated).value_or(engine.disaggregated);
  if (engine.disaggregated && !disaggregated_) {
    disaggregated_ = true;
    row_.corrections.push_back({"disaggregated", "disagg", "false", "true"});
  }
  precision_.assign(at(Text::kPrecision));
  std::transform(precision_.begin(), precision_.end(), precision_.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  // NVFP4 and MXFP4 differ numerically: a row that says which is not joined with one that does not.
  row_.deployment.precision = precision_;
  row_.deployment.speculative = at(Text::kSpeculative).empty() ? "none" : at(Text::kSpeculative);
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
  Roles(chips);
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

spec::Role MakeRole(const char* name, std::int64_t chips, std::int64_t workers) {
  spec::Role role;
  role.name = name;
  role.workers = workers > 0 && chips % workers == 0 ? workers : 1;
  role.chips_per_worker = chips / role.workers;
  return role;
}

std::optional<std::int64_t> Degree(std::int64_t count) {
  return count > 0 ? std::optional(count) : std::nullopt;
}

void Maker::Roles(const Chips& chips) {
  const Record& r = record_;
  spec::Role first =
      MakeRole(disaggregated_ ? "prefill" : "serve", disaggregated_ ? chips.prefill : chips.all,
               r.at(Count::kPrefillWorkers));
  first.tp = Degree(r.at(Count::kPrefillTp));
  first.pp = Degree(r.at(Count::kPrefillPp));
  first.ep = Degree(r.at(Count::kPrefillEp));
  first.prefill_cp = Degree(r.at(Count::kPrefillCp));
  first.decode_cp = Degree(r.at(Count::kPrefillDecodeCp));
  first.dp_attention = r.at(Flag::kPrefillDpAttention);
  row_.deployment.roles.reserve(2);
  row_.deployment.roles.push_back(std::move(first));
  if (disaggregated_) {
    spec::Role second = MakeRole("decode", chips.decode, r.at(Count::kDecodeWorkers));
    second.tp = Degree(r.at(Count::kDecodeTp));
    second.pp = Degree(r.at(Count::kDecodePp));
    second.ep = Degree(r.at(Count::kDecodeEp));
    second.prefill_cp = Degree(r.at(Count::kDecodeCp));
    second.decode_cp = Degree(r.at(Count::kDecodeDecodeCp));
    second.dp_attention = r.at(Flag::kDecodeDpAttention);
    row_.deployment.roles.push_back(std::move(second));
  }
  if (!chips.corrected) return;
  if (disaggregated_) {
    row_.corrections.push_back(
        {"devices", "num_prefill_gpu+num_decode_gpu",
         fmt::format("{}+{}", r.at(Count::kPrefillChips), r.at(Count::kDecodeChips)),
         fmt::format("{}+{}", chips.prefill, chips.decode)});
  } else {
    const std::int64_t was = std::max(r.at(Count::kAllChips), r.at(Count::kPrefillChips));
    row_.corrections.push_back(
        {"devices", "num_prefill_gpu", fmt::format("{}", was), fmt::format("{}", chips.all)});
  }
}

void Maker::Facts(const Chips& chips) {
  Fact("image", Text::kImage);
  Fact("recipe_fingerprint", Text::kFingerprint);
  if (at(Text::kFramework) != row_.deployment.engine) Fact("framework", Text::kFramework);
  if (at(Text::kHardware) != row_.deployment.chip) Fact("hardware", Text::kHardware);
  if (at(Text::kModelPrefix) != row_.deployment.model) Fact("model_prefix", Text::kModelPrefix);
  if (at(Text::kModel) != row_.deployment.model) Fact("model", Text::kModel);
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
  add(row_.deployment.chip);
  add(row_.deployment.model);
  add(at(Text::kFramework) == "sglang-disagg" ? "mori-sglang" : at(Text::kFramework));
  add(precision_);
  add(row_.deployment.speculative);
  add(disaggregated_ ? "disaggregated" : "aggregated");
  const auto role = [&](std::array<Count, 6> degrees, Flag attention) {
    // A degree of 1 and one that is not told are the same.
    for (const Count degree : degrees) number(std::max<std::int64_t>(r.at(degree), 1));
    add(r.at(attention).value_or(false) ? "dp" : "");
  };
  role({Count::kPrefillTp, Count::kPrefillPp, Count::kPrefillCp, Count::kPrefillDecodeCp,
        Count::kPrefillEp, Count::kPrefillWorkers},
       Flag::kPrefillDpAttention);
  if (disaggregated_) {
    role({Count::kDecodeTp, Count::kDecodePp, Count::kDecodeCp, Count::kDecodeDecodeCp,
          Count::kDecodeEp, Count::kDecodeWorkers},
         Flag::kDecodeDpAttention);
  }
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
