// Rows of InferenceX in all shapes, with invented numbers: what is put right, and what is refused.

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "results/ingest/test_data.h"

namespace roofscape::ingest {
namespace {

/// An aggregated row of the API: TP 8, EP 8, published as 64 chips, in flight 16 by Little's law
/// with 8.
Json ApiRow() {
  return Json::parse(R"({"hardware": "b200", "framework": "sglang", "model": "dsr1",
    "precision": "fp4", "spec_method": "none", "disagg": false, "prefill_tp": 8, "prefill_ep": 8,
    "prefill_dp_attention": false, "prefill_num_workers": 0, "decode_tp": 8, "decode_ep": 8,
    "num_prefill_gpu": 64, "num_decode_gpu": 64, "isl": 1024, "osl": 1024, "conc": 16,
    "image": "example:1", "metrics": {"tput_per_gpu": 384, "input_tput_per_gpu": 190,
    "output_tput_per_gpu": 194, "mean_ttft": 0.2, "median_tpot": 0.01, "mean_tpot": 0.0101,
    "p90_tpot": 0.0125, "mean_itl": 0.1, "mean_e2el": 9.4, "p90_intvty": 80},
    "date": "2026-06-11", "run_url": "https://example.org/runs/1/attempts/1"})");
}

spec::Row Only(const Json& json) {
  const Batch batch = ReadAll("inferencex", json.dump());
  EXPECT_EQ(batch.aside.size(), 0U) << (batch.aside.empty() ? "" : batch.aside[0].reason);
  EXPECT_EQ(batch.rows.size(), 1U);
  return batch.rows.empty() ? spec::Row{} : batch.rows[0];
}

std::string Code(const Json& json) {
  const Batch batch = ReadAll("inferencex", json.dump());
  EXPECT_EQ(batch.rows.size(), 0U);
  return batch.aside.size() == 1 ? batch.aside[0].code : "";
}

bool Corrected(const spec::Row& row, std::string_view code, std::string_view field,
               std::string_view was, std::string_view now) {
  for (const spec::Correction& c : row.corrections) {
    if (c.code == code && c.field == field && c.was == was && c.now == now) return true;
  }
  return false;
}

TEST(Inferencex, CountsChipsAsDevices) {
  const spec::Row row = Only(ApiRow());
  EXPECT_EQ(spec::ChipCount(row.deployment), 8);
  EXPECT_TRUE(Corrected(row, "devices", "num_prefill_gpu", "64", "8"));
  EXPECT_EQ(row.values.Get("total_tps"), 384.0 * 8);
  EXPECT_EQ(row.values.Get("total_tps_per_chip"), 384.0);
  EXPECT_EQ(row.deployment.chip, "b200-sxm");
  EXPECT_EQ(row.deployment.model, "deepseek-v3");
  EXPECT_EQ(row.deployment.engine, "sglang");
  EXPECT_EQ(row.workload.input, (spec::Length{1024, 0.8}));
  EXPECT_EQ(row.protocol, "inferencex");
  EXPECT_TRUE(row.day_only);
  EXPECT_EQ(row.measured.ToIso().substr(0, 10), "2026-06-11");
  EXPECT_EQ(row.facts.at("image"), "example:1");
  // Their ITL is the gap between chunks.
  EXPECT_EQ(row.values.Get("icl_mean_s"), 0.1);
  EXPECT_EQ(row.values.Get("itl_mean_s"), std::nullopt);
}

/// Experts over 8 chips beside TP 1 with data-parallel attention: there TP x EP is the count.
TEST(Inferencex, KeepsTpTimesEpWhereLittlesLawDemandsIt) {
  Json json = ApiRow();
  json["prefill_tp"] = 1;
  json["decode_tp"] = 1;
  json["num_prefill_gpu"] = 8;
  const spec::Row row = Only(json);
  EXPECT_EQ(spec::ChipCount(row.deployment), 8);
  EXPECT_TRUE(row.corrections.empty());
}

Json RoleRow(int prefill, int decode, double input, double output, double total) {
  Json json = ApiRow();
  json["framework"] = "dynamo-sglang";
  json["disagg"] = true;
  json["prefill_ep"] = json["decode_ep"] = 1;
  json["prefill_tp"] = json["num_prefill_gpu"] = prefill;
  json["decode_tp"] = json["num_decode_gpu"] = decode;
  json["metrics"]["input_tput_per_gpu"] = input;
  json["metrics"]["output_tput_per_gpu"] = output;
  json["metrics"]["tput_per_gpu"] = total;
  return json;
}

TEST(Inferencex, DividesByAllChipsOfARow) {
  const spec::Row row = Only(RoleRow(4, 8, 384, 192, 256));
  EXPECT_EQ(spec::ChipCount(row.deployment), 12);
  EXPECT_EQ(row.values.Get("prefill_chip_input_tps"), 384.0);
  EXPECT_EQ(row.values.Get("decode_chip_output_tps"), 192.0);
  EXPECT_EQ(row.values.Get("input_tps"), 1536.0);
  EXPECT_EQ(row.values.Get("input_tps_per_chip"), 128.0);
  EXPECT_EQ(row.values.Get("output_tps_per_chip"), 128.0);
  EXPECT_TRUE(Corrected(row, "denominator", "input_tput_per_gpu", "384", "128"));
  EXPECT_EQ(row.facts.at("orchestrator"), "dynamo");
  EXPECT_EQ(row.facts.at("framework"), "dynamo-sglang");
}

/// The first rows of this kind have the chips of the deployment in both roles.
TEST(Inferencex, FindsTheRolesFromTheirRates) {
  Json json = RoleRow(12, 12, 384, 192, 256);
  json["prefill_num_workers"] = json["decode_num_workers"] = 0;
  const spec::Row row = Only(json);
  EXPECT_EQ(spec::ChipCount(row.deployment), 12);
  EXPECT_TRUE(Corrected(row, "devices", "num_prefill_gpu+num_decode_gpu", "12+12", "4+8"));
}

TEST(Inferencex, RefusesRatesThatNoCountExplains) {
  EXPECT_EQ(Code(RoleRow(4, 8, 384, 192, 500)), "rates_disagree");
}

TEST(Inferencex, ReadsTheFirstArtifacts) {
  Json json = ApiRow()["metrics"];
  json.update(
      Json::parse(R"({"hw": "b200-nv_0", "conc": 16, "model": "deepseek-ai/DeepSeek-R1-0528",
    "framework": "sglang", "precision": "nvfp4", "tp": 8, "ep": 8, "dp_attention": "True",
    "disagg": "false", "isl": 1024, "osl": 1024, "median_ttft": 0.0})"));
  const spec::Row row = Only(json);
  EXPECT_EQ(spec::ChipCount(row.deployment), 8);
  EXPECT_EQ(row.deployment.chip, "b200-sxm");
  EXPECT_EQ(row.deployment.model, "deepseek-v3");
  EXPECT_EQ(row.deployment.precision, "nvfp4");
  EXPECT_EQ(row.deployment.roles.at(0).dp_attention, true);
  EXPECT_TRUE(Corrected(row, "boolean_string", "dp_attention", "\"True\"", "true"));
  EXPECT_TRUE(Corrected(row, "zero_missing", "ttft_p50_s", "0", ""));
  EXPECT_EQ(row.values.Get("ttft_p50_s"), std::nullopt);
}

/// The same field with p90 of the speed instead of the speed at p90 of TPOT.
TEST(Inferencex, InteractivityFollowsTheSlowTail) {
  Json json = ApiRow();
  json["metrics"]["p90_intvty"] = 125.0;
  const spec::Row row = Only(json);
  EXPECT_EQ(row.values.Get("interactivity_p90_tps"), 80.0);
  EXPECT_TRUE(Corrected(row, "interactivity_tail", "interactivity_p90_tps", "125", "80"));
  // What was not published follows from TPOT.
  EXPECT_EQ(row.values.Get("interactivity_p50_tps"), 100.0);
}

TEST(Inferencex, JoulesAreThoseOfTheDeployment) {
  Json json = RoleRow(4, 8, 384, 192, 256);
  json["metrics"]["avg_power_w"] = 512.0;
  json["metrics"]["joules_per_total_token"] = 2.0;
  json["metrics"]["joules_per_output_token"] = 3.0;  // Of the decode chips alone.
  const spec::Row row = Only(json);
  EXPECT_EQ(row.values.Get("device_power_w"), 512.0 * 12);
  EXPECT_EQ(row.values.Get("joules_per_total_token_device"), 2.0);
  EXPECT_EQ(row.values.Get("joules_per_output_token_device"), 4.0);
  EXPECT_TRUE(Corrected(row, "energy_boundary", "joules_per_output_token", "3", "4"));
  json["metrics"]["power_metric_schema_version"] = 2;
  EXPECT_EQ(Only(json).values.Get("joules_per_output_token_device"), 3.0);
  json["metrics"]["power_valid"] = 0;
  const spec::Row invalid = Only(json);
  EXPECT_EQ(invalid.values.Get("device_power_w"), std::nullopt);
  EXPECT_TRUE(Corrected(invalid, "power_invalid", "avg_power_w", "512", ""));
}

TEST(Inferencex, RefusesPowerOfOtherChips) {
  Json json = ApiRow();
  json["metrics"]["avg_power_w"] = 500.0;
  json["workers"] = Json::array({{{"num_gpus", 16}}});
  const spec::Row row = Only(json);
  EXPECT_EQ(row.values.Get("device_power_w"), std::nullopt);
  EXPECT_TRUE(Corrected(row, "power_devices", "avg_power_w", "500", ""));
}

TEST(Inferencex, ReadsAgenticArtifacts) {
  RS_SHARED_DATA_OR_SKIP(text, "inferencex/samples/agg_agentic_v3.synthetic.json");
  const Batch batch = ReadAll("inferencex", text);
  ASSERT_EQ(batch.rows.size(), 1U) << batch.aside.at(0).reason;
  const spec::Row& row = batch.rows[0];
  EXPECT_EQ(row.protocol, "inferencex-agentic");
  EXPECT_EQ(row.values.Get("total_tps_per_chip"), 1922.0);
  EXPECT_EQ(row.values.Get("total_tps"), 15376.0);
  EXPECT_EQ(row.values.Get("tpot_p90_s"), 0.026000000000000002);
  EXPECT_EQ(row.values.Get("icl_p90_s"), std::nullopt);
  EXPECT_TRUE(row.values.Get("e2e_interactivity_p90_tps").has_value());
  EXPECT_EQ(row.facts.at("offload_mode"), "dram");
  EXPECT_EQ(row.facts.at("offload_backend"), "hicache");
}

TEST(Inferencex, ReadsTheOtherSamples) {
  for (const char* name : {"agg_v1_single.synthetic", "agg_bmk_v2_single.synthetic",
                           "agg_v2_multinode_disagg.real_partial", "client_raw.synthetic"}) {
    const std::string path = std::string("inferencex/samples/") + name + ".json";
    RS_SHARED_DATA_OR_SKIP(text, path);
    const Batch batch = ReadAll("inferencex", text);
    EXPECT_EQ(batch.rows.size(), 1U) << name << (batch.aside.empty() ? "" : batch.aside[0].reason);
  }
}

/// A dump's rows have the keys of the API's.
TEST(Inferencex, ReadsDumpsOfTheDatabase) {
  const Json api = ApiRow();
  Json config = Json::object();
  Json result = Json::object();
  for (const auto& [key, value] : api.items()) {
    const bool of_config = key.starts_with("prefill") || key.starts_with("decode") ||
                           key.starts_with("num_") || key == "hardware" || key == "framework" ||
                           key == "model" || key == "precision" || key == "spec_method" ||
                           key == "disagg";
    if (key != "run_url") (of_config ? config : result)[key] = value;
  }
  config["id"] = 5;
  result["config_id"] = "5";
  result["workflow_run_id"] = 7;
  Json lost = result;
  lost["config_id"] = 6;
  const Json run = {{"id", 7}, {"html_url", "https://example.org/runs/1"}, {"run_attempt", 1}};
  const Json dump = {{"benchmark_results", {result, lost}},
                     {"configs", {config}},
                     {"workflow_runs", Json::array({run})}};
  const Batch batch = ReadAll("inferencex", dump.dump());
  ASSERT_EQ(batch.rows.size(), 1U);
  EXPECT_EQ(batch.rows[0].origin.key, Only(api).origin.key);
  EXPECT_EQ(batch.rows[0].values, Only(api).values);
  EXPECT_EQ(AsideCodes(batch), (std::map<std::string, int>{{"no_config", 1}}));
}

TEST(Inferencex, KeepsAsideWhatItCannotUnderstand) {
  const auto with = [](const char* field, Json value) {
    Json json = ApiRow();
    (json.contains(field) ? json : json["metrics"])[field] = std::move(value);
    return json;
  };
  EXPECT_EQ(Code(with("hardware", "abacus")), "unknown_chip");
  EXPECT_EQ(Code(with("model", "parrot")), "unknown_model");
  EXPECT_EQ(Code(with("conc", 0)), "no_concurrency");
  EXPECT_EQ(Code(with("conc", -4)), "negative_number");
  EXPECT_EQ(Code(with("conc", 1.5)), "wrong_type");
  EXPECT_EQ(Code(with("isl", nullptr)), "no_shape");
  EXPECT_EQ(Code(with("disagg", "perhaps")), "wrong_type");
  EXPECT_EQ(Code(with("date", "yesterday")), "bad_date");
  EXPECT_EQ(Code(with("metrics", Json::object())), "no_rate");
  EXPECT_EQ(Code(with("tput_per_gpu", 0)), "no_rate");
  EXPECT_EQ(Code(with("tput_per_gpu", 1e308)), "absurd_number");
  EXPECT_EQ(Code(with("mean_ttft", -1)), "negative_number");
  EXPECT_EQ(Code(with("mean_ttft", "NaN")), "not_a_number");
  EXPECT_EQ(Code(with("mean_ttft", Json::array())), "not_a_number");
}

TEST(Inferencex, OneBrokenRowLeavesTheOthers) {
  const std::string good = ApiRow().dump();
  std::string nan = good;
  nan.replace(nan.find("0.2"), 3, "NaN");
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  const std::string text = "[" + good + ", {\"hardware\": }, 7, {\"metrics\": " + deep + "}, " +
                           nan + ", " + good.substr(0, 100);
  const Batch batch = ReadAll("inferencex", text);
  EXPECT_EQ(batch.rows.size(), 2U);
  EXPECT_EQ(batch.rows.size() + batch.aside.size(), 6U);
  // A file that was cut off within a row is told as such, as one that lacks the end of its list is.
  EXPECT_EQ(AsideCodes(batch).at("broken_end"), 1);
  EXPECT_EQ(AsideCodes(ReadAll("inferencex", good.substr(0, 100))).at("broken_end"), 1);
  EXPECT_EQ(AsideCodes(ReadAll("inferencex", "[" + good)).at("broken_end"), 1);
  EXPECT_EQ(AsideCodes(ReadAll("inferencex", "[" + good + "] 1")).at("broken_end"), 1);
  EXPECT_EQ(CorrectionCodes(batch).at("nan_missing"), 1);
  const Aside& second = batch.aside.at(0);
  EXPECT_EQ(second.place, 1);
  EXPECT_EQ(
      text.substr(static_cast<std::size_t>(second.offset), static_cast<std::size_t>(second.bytes)),
      "{\"hardware\": }");
}

TEST(Inferencex, RefusesWhatIsNoJson) {
  Source source;
  source.name = "x.json";
  source.catalog = &ShippedCatalog();
  const auto read =
      (*FindFormat("inferencex"))->read("<html>", source, [](const Batch&) -> Result<> {
        return {};
      });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message,
            "x.json: expected rows of InferenceX as a JSON list or one object, got '<html>'");
}

}  // namespace
}  // namespace roofscape::ingest
