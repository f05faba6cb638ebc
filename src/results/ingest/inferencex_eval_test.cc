// Evals of InferenceX in all shapes, with invented numbers, and all that it has published.

#include <map>
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "results/ingest/test_data.h"

namespace roofscape::ingest {
namespace {

/// One deployment of the API, published as two roles and with TP x EP chips.
Json ApiEval() {
  return Json::parse(R"({"id": "7", "config_id": 4, "hardware": "b200", "framework": "sglang",
    "model": "dsr1", "precision": "fp4", "spec_method": "none", "disagg": true,
    "is_multinode": false, "prefill_tp": 4, "prefill_ep": 4, "prefill_dp_attention": false,
    "prefill_num_workers": 1, "decode_tp": 4, "decode_ep": 4, "decode_dp_attention": false,
    "decode_num_workers": 1, "num_prefill_gpu": 16, "num_decode_gpu": 16, "task": "gsm8k",
    "date": "2026-06-14", "conc": 64, "metrics": {"n_eff": 1319, "em_strict": 0.95,
    "em_flexible": 0.96, "em_strict_se": 0.006, "em_flexible_se": 0.0054},
    "timestamp": "2026-06-14T04:08:16Z", "run_url": "https://example.org/runs/1"})");
}

spec::EvalRow Only(const Json& json) {
  const Batch batch = ReadAll("inferencex", json.dump());
  EXPECT_TRUE(batch.aside.empty()) << batch.aside[0].reason;
  EXPECT_TRUE(batch.rows.empty());
  EXPECT_EQ(batch.evals.size(), 1U);
  return batch.evals.empty() ? spec::EvalRow{} : batch.evals[0];
}

TEST(InferencexEvals, AreReadWithTheirIntervals) {
  const spec::EvalRow row = Only(ApiEval());
  EXPECT_EQ(row.task, "gsm8k");
  EXPECT_EQ(row.concurrency, 64);
  EXPECT_EQ(row.measured.ToIso(), "2026-06-14T04:08:16.000000Z");
  EXPECT_FALSE(row.day_only);
  ASSERT_EQ(row.scores.size(), 2U);
  EXPECT_EQ(row.scores[1].measure, "em_strict");
  EXPECT_EQ(row.scores[1].questions, 1319);
  ASSERT_TRUE(row.scores[1].interval);
  EXPECT_NEAR(row.scores[1].interval->low, 0.95 - 1.96 * 0.006, 1e-5);
  EXPECT_EQ(row.deployment.chip, "b200-sxm");
  EXPECT_EQ(row.origin.url, "https://example.org/runs/1");
}

TEST(InferencexEvals, OneDeploymentPublishedAsTwoRolesIsOne) {
  const spec::EvalRow row = Only(ApiEval());
  ASSERT_EQ(row.deployment.roles.size(), 1U);
  EXPECT_EQ(row.deployment.roles[0].name, "serve");
  EXPECT_EQ(spec::ChipCount(row.deployment), 4);
  const std::vector<spec::Correction> expected = {{"disaggregated", "disagg", "true", "false"},
                                                  {"devices", "num_prefill_gpu", "16", "4"}};
  EXPECT_EQ(row.corrections, expected);
}

TEST(InferencexEvals, RolesThatDifferStayRoles) {
  Json json = ApiEval();
  json.update({{"framework", "dynamo-sglang"},
               {"is_multinode", true},
               {"prefill_num_workers", 2},
               {"num_prefill_gpu", 32},
               {"decode_ep", 1},
               {"num_decode_gpu", 4}});
  const spec::EvalRow row = Only(json);
  ASSERT_EQ(row.deployment.roles.size(), 2U);
  EXPECT_EQ(spec::ChipCount(row.deployment), 12);
  ASSERT_EQ(row.corrections.size(), 1U);
  EXPECT_EQ(row.corrections[0].was, "32+4");
  EXPECT_EQ(row.corrections[0].now, "8+4");
}

TEST(InferencexEvals, AnArtifactAndADumpSayTheSame) {
  Json artifact = ApiEval();
  const Json metrics = artifact["metrics"];
  artifact.erase("metrics");
  artifact.update(metrics);
  artifact.update({{"score", 0.95}, {"score_name", "em_strict"}, {"score_se", 0.006}});
  const spec::EvalRow plain = Only(artifact);
  EXPECT_EQ(plain.scores, Only(ApiEval()).scores);

  Json config = ApiEval();
  for (const char* name : {"metrics", "task", "date", "timestamp", "run_url", "conc"}) {
    config.erase(name);
  }
  config["id"] = 4;
  const Json result = {
      {"id", 1},    {"config_id", 4},       {"workflow_run_id", 7}, {"task", "gsm8k"},
      {"conc", 64}, {"date", "2026-06-14"}, {"metrics", metrics},   {"lm_eval_version", "0.4.9"}};
  const Json dump = {{"configs", {config}},
                     {"workflow_runs", {{{"id", 7}, {"html_url", "https://example.org/runs/1"}}}},
                     {"eval_results", {result, {{"config_id", 5}}}}};
  const Batch batch = ReadAll("inferencex", dump.dump());
  ASSERT_EQ(batch.evals.size(), 1U);
  EXPECT_EQ(batch.evals[0].origin.key, Only(ApiEval()).origin.key);
  EXPECT_EQ(batch.evals[0].harness, "lm-eval 0.4.9");
  EXPECT_TRUE(batch.evals[0].day_only);
  EXPECT_EQ(AsideCodes(batch), (std::map<std::string, int>{{"no_config", 1}}));
}

TEST(InferencexEvals, WhatIsNoScoreIsKeptAside) {
  const std::map<std::string, Json> cases = {
      {"not_a_share", {{"metrics", {{"em_strict", 1.2}}}}},
      {"no_score", {{"metrics", {{"n_eff", 3}}}}},
      {"no_questions", {{"metrics", {{"em_strict", 0.5}, {"n_eff", 0}}}}},
      {"unknown_model", {{"model", "nobody"}}},
      {"no_task", {{"task", 3}}},
      {"bad_date", {{"timestamp", "yesterday"}}},
  };
  for (const auto& [code, change] : cases) {
    Json json = ApiEval();
    json.update(change);
    const Batch batch = ReadAll("inferencex", json.dump());
    EXPECT_TRUE(batch.evals.empty()) << code;
    EXPECT_EQ(AsideCodes(batch), (std::map<std::string, int>{{code, 1}}));
  }
}

TEST(InferencexEvals, FilesWithoutPointsAreKeptWholeWithTheReason) {
  const std::map<std::string, std::string_view> cases = {
      {R"([{"hardware": "b200", "date": "2026-06-14", "n_success": 3, "total": 4}])", kJobCounts},
      {R"({"b200": {"n_success": 9, "total": 10}})", kJobCounts},
      {R"([{"model": "dsr1", "isl": 1, "osl": 1, "precision": "fp4", "hardware": "b200",
            "framework": "trt", "date": "2026-06-14"}])",
       kAvailability},
  };
  for (const auto& [text, code] : cases) {
    const Batch batch = ReadAll("inferencex", text);
    ASSERT_EQ(batch.aside.size(), 1U) << text;
    EXPECT_EQ(batch.aside[0].code, code);
    EXPECT_EQ(batch.aside[0].bytes, static_cast<std::int64_t>(text.size()));
  }
}

TEST(InferencexEvals, EveryPublishedOneIsRead) {
  RS_SHARED_DATA_OR_SKIP(text, "inferencex/api_captures/evaluations.json");
  const Batch batch = ReadAll("inferencex", text);
  EXPECT_EQ(batch.evals.size(), 531U);
  EXPECT_TRUE(batch.aside.empty()) << batch.aside[0].reason;
  std::set<std::string> keys;
  int one_deployment = 0;
  for (const spec::EvalRow& row : batch.evals) {
    keys.insert(row.origin.key);
    one_deployment += row.deployment.roles.size() == 1 ? 1 : 0;
    for (const spec::EvalScore& score : row.scores) {
      ASSERT_TRUE(score.interval);
      EXPECT_LT(score.interval->low, score.score);
      EXPECT_GT(score.interval->high, score.score);
    }
  }
  // Twelve were published twice, with all digits the same: eight of them as disaggregated and as
  // not, which shows that these are one deployment.
  EXPECT_EQ(keys.size(), 519U);
  EXPECT_EQ(one_deployment, 478);  // On one node; 53 of several were disaggregated.
  EXPECT_EQ(ReadAll("inferencex", text).evals, batch.evals);
}

TEST(InferencexEvals, JobCountsAndAvailabilityAsPublishedHoldNoPoints) {
  RS_SHARED_DATA_OR_SKIP(jobs, "inferencex/api_captures/reliability.json");
  RS_SHARED_DATA_OR_SKIP(available, "inferencex/api_captures/availability.json");
  EXPECT_EQ(ReadAll("inferencex", jobs).aside.at(0).code, kJobCounts);
  EXPECT_EQ(ReadAll("inferencex", available).aside.at(0).code, kAvailability);
}

}  // namespace
}  // namespace roofscape::ingest
