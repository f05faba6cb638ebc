#include "cli/row_export.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "domain/analysis/curve.h"

namespace roofscape::cli {
namespace {

std::string Whole(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : "";
}

std::string CodesOf(const std::vector<spec::Correction>& corrections) {
  std::vector<std::string> codes;
  for (const spec::Correction& correction : corrections) {
    if (std::find(codes.begin(), codes.end(), correction.code) == codes.end()) {
      codes.push_back(correction.code);
    }
  }
  return fmt::format("{}", fmt::join(codes, " "));
}

std::string DayOrTime(const spec::Row& row) { return spec::DayOrTime(row.measured, row.day_only); }

struct TextColumn {
  const char* name;
  std::string (*value)(const spec::Row&);
};

constexpr std::array<TextColumn, 21> kTextColumns = {{
    {"measured", DayOrTime},
    {"model", [](const spec::Row& r) { return r.deployment.model; }},
    {"precision", [](const spec::Row& r) { return r.deployment.precision; }},
    {"chip", [](const spec::Row& r) { return r.deployment.chip; }},
    {"chips", [](const spec::Row& r) { return Whole(spec::ChipCount(r.deployment)); }},
    {"engine", [](const spec::Row& r) { return r.deployment.engine; }},
    {"engine_version", [](const spec::Row& r) { return r.deployment.engine_version; }},
    {"speculative", [](const spec::Row& r) { return r.deployment.speculative; }},
    {"layout", [](const spec::Row& r) { return analysis::LayoutName(r.deployment); }},
    {"input_length_tokens", [](const spec::Row& r) { return Whole(r.workload.input.tokens); }},
    {"output_length_tokens", [](const spec::Row& r) { return Whole(r.workload.output.tokens); }},
    {"length_spread", [](const spec::Row& r) { return FormatExact(r.workload.output.low); }},
    {"concurrency", [](const spec::Row& r) { return Whole(r.concurrency); }},
    {"rate_rps", [](const spec::Row& r) { return FormatExact(r.rate_rps); }},
    {"way", [](const spec::Row& r) { return r.way; }},
    {"protocol", [](const spec::Row& r) { return r.protocol; }},
    {"window", [](const spec::Row& r) { return r.window; }},
    {"instrument", [](const spec::Row& r) { return std::string(spec::Name(r.instrument)); }},
    {"source", [](const spec::Row& r) { return r.origin.source; }},
    {"url", [](const spec::Row& r) { return r.origin.url; }},
    {"corrections", [](const spec::Row& r) { return CodesOf(r.corrections); }},
}};

/// The metrics that some row has, in the registry's order.
std::vector<std::size_t> PresentMetrics(std::span<const spec::Row> rows) {
  std::vector<bool> present(spec::AllMetrics().size(), false);
  for (const spec::Row& row : rows) {
    for (const auto& [place, value] : row.values.entries()) present[place] = true;
  }
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < present.size(); ++place) {
    if (present[place]) places.push_back(place);
  }
  return places;
}

const spec::Role* RoleNamed(const spec::Deployment& deployment, std::string_view name) {
  const auto found = std::find_if(deployment.roles.begin(), deployment.roles.end(),
                                  [&](const spec::Role& role) { return role.name == name; });
  return found == deployment.roles.end() ? nullptr : &*found;
}

std::string Fact(const spec::Row& row, const char* name, const std::string& otherwise) {
  const auto found = row.facts.find(name);
  return found == row.facts.end() ? otherwise : found->second;
}

/// Their names of statistics and quantities.
Json InferencexMetrics(const spec::Row& row) {
  constexpr std::array<std::pair<const char*, const char*>, 5> kStems = {
      {{"ttft", "ttft_{}_s"},
       {"tpot", "tpot_{}_s"},
       {"itl", "icl_{}_s"},  // Theirs is a gap between chunks.
       {"e2el", "e2e_{}_s"},
       {"intvty", "interactivity_{}_tps"}}};
  constexpr std::array<std::pair<const char*, const char*>, 7> kStats = {{{"mean", "mean"},
                                                                          {"median", "p50"},
                                                                          {"p75", "p75"},
                                                                          {"p90", "p90"},
                                                                          {"p95", "p95"},
                                                                          {"p99", "p99"},
                                                                          {"p99.9", "p999"}}};
  Json metrics = Json::object();
  for (const auto& [theirs, ours] : kStems) {
    for (const auto& [stat, our_stat] : kStats) {
      const auto value = row.values.Get(fmt::format(fmt::runtime(ours), our_stat));
      if (value) metrics[fmt::format("{}_{}", stat, theirs)] = *value;
    }
  }
  const auto add = [&](const char* theirs, std::optional<double> value) {
    if (value) metrics[theirs] = *value;
  };
  const auto either = [&](const char* role_local, const char* whole) {
    const auto value = row.values.Get(role_local);
    return value ? value : row.values.Get(whole);
  };
  add("tput_per_gpu", row.values.Get("total_tps_per_chip"));
  add("input_tput_per_gpu", either("prefill_chip_input_tps", "input_tps_per_chip"));
  add("output_tput_per_gpu", either("decode_chip_output_tps", "output_tps_per_chip"));
  add("joules_per_input_token", row.values.Get("joules_per_input_token_device"));
  add("joules_per_output_token", row.values.Get("joules_per_output_token_device"));
  add("joules_per_total_token", row.values.Get("joules_per_total_token_device"));
  const auto power = row.values.Get("device_power_w");
  const auto chips = spec::ChipCount(row.deployment);
  if (power && chips) add("avg_power_w", *power / static_cast<double>(*chips));
  return metrics;
}

void AddRole(const char* prefix, const spec::Role* role, bool disaggregated, Json& out) {
  const std::string name(prefix);
  const spec::Role none{.workers = 0, .chips_per_worker = 1};
  const spec::Role& r = role == nullptr ? none : *role;
  out[name + "_tp"] = r.tp.value_or(r.chips_per_worker);
  out[name + "_ep"] = r.ep.value_or(1);
  out[name + "_dp_attention"] = r.dp_attention.value_or(false);
  out[name + "_num_workers"] = disaggregated ? r.workers : 0;
  out[fmt::format("num_{}_gpu", name)] = r.workers * r.chips_per_worker;
}

Json InferencexRow(const spec::Row& row) {
  const spec::Deployment& d = row.deployment;
  const spec::Role* const prefill = RoleNamed(d, "prefill");
  const spec::Role* const decode = RoleNamed(d, "decode");
  const bool disaggregated = prefill != nullptr && decode != nullptr;
  const spec::Role* const serve = d.roles.empty() ? nullptr : &d.roles.front();
  Json out = {{"hardware", Fact(row, "hardware", d.chip)},
              {"framework", Fact(row, "framework", d.engine)},
              {"model", Fact(row, "model", d.model)},
              {"precision", Fact(row, "precision", d.precision)},
              {"spec_method", d.speculative.empty() ? "none" : d.speculative},
              {"disagg", disaggregated},
              {"is_multinode", Fact(row, "is_multinode", "false") == "true"},
              {"isl", row.workload.input.tokens},
              {"osl", row.workload.output.tokens},
              {"conc", row.concurrency},
              {"image", Fact(row, "image", "")},
              {"metrics", InferencexMetrics(row)},
              {"date", DayOrTime(row).substr(0, 10)},
              {"run_url", row.origin.url}};
  AddRole("prefill", disaggregated ? prefill : serve, disaggregated, out);
  AddRole("decode", disaggregated ? decode : serve, disaggregated, out);
  return out;
}

}  // namespace

std::string RowsCsv(std::span<const spec::Row> rows) {
  const std::vector<std::size_t> metrics = PresentMetrics(rows);
  std::string out;
  for (const TextColumn& column : kTextColumns) {
    out += fmt::format("{}{}", out.empty() ? "" : ",", column.name);
  }
  for (const std::size_t place : metrics) out += "," + spec::AllMetrics()[place].name;
  out += '\n';
  for (const spec::Row& row : rows) {
    bool first = true;
    for (const TextColumn& column : kTextColumns) {
      if (!first) out += ',';
      first = false;
      out += CsvField(column.value(row));
    }
    for (const std::size_t place : metrics) out += "," + FormatExact(row.values.Get(place));
    out += '\n';
  }
  return out;
}

std::string RowsJsonLines(std::span<const spec::Row> rows) {
  std::string out;
  for (const spec::Row& row : rows) {
    out += spec::ToJson(row).dump(-1, ' ', false, Json::error_handler_t::replace);
    out += '\n';
  }
  return out;
}

Json InferencexRows(std::span<const spec::Row> rows) {
  Json all = Json::array();
  for (const spec::Row& row : rows) all.push_back(InferencexRow(row));
  return all;
}

}  // namespace roofscape::cli
