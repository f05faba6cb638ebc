#include "results/ingest/inferencex_deployment.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::ingest::inferencex {
namespace {

constexpr std::size_t kQuoted = 60;

bool NameChip(Record& record, Names& names, spec::Deployment& deployment) {
  std::string_view hardware = record.at(Text::kHardware);
  const std::string_view prefill = record.at(Text::kPrefillHardware);
  const std::string_view decode = record.at(Text::kDecodeHardware);
  if (hardware.empty()) hardware = prefill;
  if (hardware.empty()) {
    record.Fail("no_chip", "hardware: is missing");
    return false;
  }
  const auto& chip = names.Chip(hardware);
  if (!chip) {
    record.Fail("unknown_chip", "hardware: " + names.WhyNoChip(hardware));
    return false;
  }
  deployment.chip = *chip;
  for (const std::string_view role : {prefill, decode}) {
    if (!role.empty() && names.Chip(role) != deployment.chip) {
      record.Fail("mixed_chips", fmt::format("prefill_hw, decode_hw: {} beside {}; a row has one "
                                             "kind of chip",
                                             Printable(role, kQuoted), deployment.chip));
      return false;
    }
  }
  return true;
}

bool NameModel(Record& record, Names& names, spec::Deployment& deployment) {
  // The prefix is their own name of the model; the other is whatever path the server got.
  const std::string_view path = record.at(Text::kModel);
  const std::string_view prefix = record.at(Text::kModelPrefix);
  const std::string_view model = prefix.empty() ? path : prefix;
  if (model.empty()) {
    record.Fail("no_model", "model: is missing");
    return false;
  }
  auto known = names.Model(model);
  if (!known && !path.empty()) known = names.Model(path);
  if (!known) {
    record.Fail("unknown_model", "model: " + names.WhyNoModel(model));
    return false;
  }
  deployment.model = *known;
  return true;
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

}  // namespace

const EngineName* NameDeployment(Record& record, Names& names, spec::Deployment& deployment) {
  if (!NameChip(record, names, deployment) || !NameModel(record, names, deployment)) {
    return nullptr;
  }
  if (record.at(Text::kFramework).empty()) {
    record.Fail("no_engine", "framework: is missing");
    return nullptr;
  }
  const EngineName& engine = names.Engine(record.at(Text::kFramework));
  deployment.engine = engine.id;
  // NVFP4 and MXFP4 differ numerically: a row that says which is not joined with one that does not.
  deployment.precision = record.at(Text::kPrecision);
  std::transform(deployment.precision.begin(), deployment.precision.end(),
                 deployment.precision.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const std::string_view speculative = record.at(Text::kSpeculative);
  deployment.speculative = speculative.empty() ? "none" : speculative;
  return &engine;
}

std::string RunUrl(const Record& record) {
  std::string url(record.at(Text::kRunUrl));
  // The database keeps the attempt apart; the API writes it into the address.
  if (record.at(Count::kRunAttempt) > 0 && !url.empty() &&
      url.find("/attempts/") == std::string::npos) {
    url += fmt::format("/attempts/{}", record.at(Count::kRunAttempt));
  }
  return url;
}

std::vector<spec::Role> RolesOf(const Record& r, const Chips& chips, bool disaggregated) {
  std::vector<spec::Role> roles;
  roles.reserve(2);
  spec::Role& first = roles.emplace_back(MakeRole(disaggregated ? "prefill" : "serve",
                                                  disaggregated ? chips.prefill : chips.all,
                                                  r.at(Count::kPrefillWorkers)));
  first.tp = Degree(r.at(Count::kPrefillTp));
  first.pp = Degree(r.at(Count::kPrefillPp));
  first.ep = Degree(r.at(Count::kPrefillEp));
  first.prefill_cp = Degree(r.at(Count::kPrefillCp));
  first.decode_cp = Degree(r.at(Count::kPrefillDecodeCp));
  first.dp_attention = r.at(Flag::kPrefillDpAttention);
  if (!disaggregated) return roles;
  spec::Role& second =
      roles.emplace_back(MakeRole("decode", chips.decode, r.at(Count::kDecodeWorkers)));
  second.tp = Degree(r.at(Count::kDecodeTp));
  second.pp = Degree(r.at(Count::kDecodePp));
  second.ep = Degree(r.at(Count::kDecodeEp));
  second.prefill_cp = Degree(r.at(Count::kDecodeCp));
  second.decode_cp = Degree(r.at(Count::kDecodeDecodeCp));
  second.dp_attention = r.at(Flag::kDecodeDpAttention);
  return roles;
}

void NoteChips(const Record& r, const Chips& chips, bool disaggregated,
               std::vector<spec::Correction>& corrections) {
  if (!chips.corrected) return;
  if (disaggregated) {
    corrections.push_back(
        {"devices", "num_prefill_gpu+num_decode_gpu",
         fmt::format("{}+{}", r.at(Count::kPrefillChips), r.at(Count::kDecodeChips)),
         fmt::format("{}+{}", chips.prefill, chips.decode)});
    return;
  }
  const std::int64_t was = std::max(r.at(Count::kAllChips), r.at(Count::kPrefillChips));
  corrections.push_back(
      {"devices", "num_prefill_gpu", fmt::format("{}", was), fmt::format("{}", chips.all)});
}

void KeepNames(const Record& record, const spec::Deployment& deployment,
               std::map<std::string, std::string>& facts) {
  const auto keep = [&](const char* name, Text field, const std::string& ours) {
    const std::string_view theirs = record.at(field);
    if (!theirs.empty() && theirs != ours) facts.emplace(name, theirs);
  };
  keep("framework", Text::kFramework, deployment.engine);
  keep("hardware", Text::kHardware, deployment.chip);
  keep("model_prefix", Text::kModelPrefix, deployment.model);
  keep("model", Text::kModel, deployment.model);
}

void AddDeployment(const Record& r, const spec::Deployment& deployment, bool disaggregated,
                   std::string& key) {
  const auto add = [&key](std::string_view part) {
    key += part;
    key += '|';
  };
  const std::string_view framework = r.at(Text::kFramework);
  add(deployment.chip);
  add(deployment.model);
  add(framework == "sglang-disagg" ? "mori-sglang" : framework);
  add(deployment.precision);
  add(deployment.speculative);
  add(disaggregated ? "disaggregated" : "aggregated");
  const auto role = [&](std::array<Count, 6> degrees, Flag attention) {
    for (const Count degree : degrees) {
      // A degree of 1 and one that is not told are the same.
      fmt::format_to(std::back_inserter(key), "{},", std::max<std::int64_t>(r.at(degree), 1));
    }
    add(r.at(attention).value_or(false) ? "dp" : "");
  };
  role({Count::kPrefillTp, Count::kPrefillPp, Count::kPrefillCp, Count::kPrefillDecodeCp,
        Count::kPrefillEp, Count::kPrefillWorkers},
       Flag::kPrefillDpAttention);
  if (!disaggregated) return;
  role({Count::kDecodeTp, Count::kDecodePp, Count::kDecodeCp, Count::kDecodeDecodeCp,
        Count::kDecodeEp, Count::kDecodeWorkers},
       Flag::kDecodeDpAttention);
}

}  // namespace roofscape::ingest::inferencex
