#include "domain/analysis/test_rows.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "domain/analysis/days.h"

namespace roofscape::analysis {
namespace {

std::filesystem::path Shared() {
  const char* const folder = std::getenv("ROOFSCAPE_SHARED_DATA");
  return folder == nullptr ? "../shared/data" : folder;
}

std::string ReadAll(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

spec::Role RoleOf(const Json& json, const std::string& half, const std::string& name) {
  spec::Role role;
  role.name = name;
  role.workers = std::max<std::int64_t>(1, json[half + "_num_workers"].get<std::int64_t>());
  role.tp = json[half + "_tp"].get<std::int64_t>();
  role.ep = json[half + "_ep"].get<std::int64_t>();
  role.chips_per_worker = *role.tp;
  role.dp_attention = json[half + "_dp_attention"].get<bool>();
  return role;
}

void SetValues(const Json& metrics, bool disaggregated, spec::MetricValues& values) {
  const auto set = [&](const char* from, const char* to) {
    if (metrics.contains(from) && metrics[from].is_number()) {
      values.Set(to, metrics[from].get<double>());
    }
  };
  set("tput_per_gpu", "total_tps_per_chip");
  set("median_intvty", "interactivity_p50_tps");
  set("median_ttft", "ttft_p50_s");
  set("joules_per_total_token", "joules_per_total_token_device");
  set("joules_per_output_token", "joules_per_output_token_device");
  if (disaggregated) {
    set("output_tput_per_gpu", "decode_chip_output_tps");
    set("input_tput_per_gpu", "prefill_chip_input_tps");
  } else {
    set("output_tput_per_gpu", "output_tps_per_chip");
    set("input_tput_per_gpu", "input_tps_per_chip");
  }
}

spec::Row RowOf(const Json& json) {
  spec::Row row;
  row.origin = {"inferencex",
                json["run_url"].get<std::string>(),
                json["run_url"].get<std::string>(),
                "",
                0,
                0,
                0};
  row.measured = At(json["date"].get<std::string>());
  row.day_only = true;
  row.protocol = "inferencex";
  const bool disaggregated = json["disagg"].get<bool>();
  spec::Deployment& d = row.deployment;
  d.model = json["model"].get<std::string>();
  d.precision = json["precision"].get<std::string>();
  d.engine = json["framework"].get<std::string>();
  d.speculative = json["spec_method"].get<std::string>();
  d.chip = json["hardware"].get<std::string>();
  if (json.contains("image") && json["image"].is_string()) row.facts["image"] = json["image"];
  if (disaggregated) {
    d.roles = {RoleOf(json, "prefill", "prefill"), RoleOf(json, "decode", "decode")};
  } else {
    d.roles = {RoleOf(json, "decode", "serve")};
  }
  row.workload.input = {json["isl"].get<std::int64_t>(), 0.8};
  row.workload.output = {json["osl"].get<std::int64_t>(), 0.8};
  row.concurrency = json["conc"].get<std::int64_t>();
  SetValues(json["metrics"], disaggregated, row.values);
  return row;
}

}  // namespace

WallTime At(const std::string& day) {
  return {DayNumber(*catalog::ParseDate(day)) * 86'400'000'000};
}

spec::Row MakeRow(const std::string& chip, std::int64_t concurrency, double interactivity,
                  double total_tps_per_chip) {
  spec::Row row;
  row.origin.format = "test";
  row.origin.source = "run";
  row.measured = At("2026-08-01");
  row.protocol = "steady";
  row.deployment.model = "dsr1";
  row.deployment.precision = "fp8";
  row.deployment.engine = "vllm";
  row.deployment.speculative = "none";
  row.deployment.chip = chip;
  spec::Role role;
  role.chips_per_worker = 8;
  role.tp = 8;
  row.deployment.roles = {role};
  row.concurrency = concurrency;
  row.values.Set("interactivity_p50_tps", interactivity);
  row.values.Set("total_tps_per_chip", total_tps_per_chip);
  return row;
}

const catalog::Catalog& ShippedCatalog() {
  static const catalog::Catalog catalog = [] {
    std::vector<catalog::CatalogFile> files;
    for (const std::string_view folder : catalog::Folders()) {
      for (const auto& entry :
           std::filesystem::directory_iterator(std::filesystem::path("catalog") / folder)) {
        files.push_back(
            {std::string(folder) + "/" + entry.path().filename().string(), ReadAll(entry.path())});
      }
    }
    Result<catalog::Catalog> parsed = catalog::ParseCatalog(files);
    if (!parsed) ADD_FAILURE() << parsed.error().message;
    return parsed ? *parsed : catalog::Catalog{};
  }();
  return catalog;
}

std::vector<spec::Row> InferenceXRows(const std::string& name) {
  const auto path = Shared() / "inferencex" / "api_captures" / (name + ".json");
  if (!std::filesystem::exists(path)) return {};
  const Json json = Json::parse(ReadAll(path), nullptr, false);
  std::vector<spec::Row> rows;
  if (json.is_discarded()) return rows;
  for (const Json& item : json) rows.push_back(RowOf(item));
  return rows;
}

std::string MissingSharedData() {
  return "no " + (Shared() / "inferencex").string() +
         ": the published rows are not here; set ROOFSCAPE_SHARED_DATA to their folder";
}

/// Law 6 of the published rows: chips are counted as devices, never TP x EP.
TEST(TestRows, ReadThePublishedOnes) {
  const std::vector<spec::Row> rows = InferenceXRows("benchmarks");
  if (rows.empty()) GTEST_SKIP() << MissingSharedData();
  for (const spec::Row& row : rows) {
    ASSERT_TRUE(spec::ChipCount(row.deployment));
    ASSERT_TRUE(row.values.Get("total_tps_per_chip"));
    ASSERT_TRUE(catalog::FindChip(ShippedCatalog(), row.deployment.chip)) << row.deployment.chip;
  }
}

}  // namespace roofscape::analysis
