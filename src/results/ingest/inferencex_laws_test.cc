// The answers of InferenceX's API that were captured, held against the laws that their rows obey.

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "domain/spec/metric_registry.h"
#include "results/ingest/corrections.h"
#include "results/ingest/test_data.h"

namespace roofscape::ingest {
namespace {

constexpr const char* kLatest = "inferencex/api_captures/benchmarks.json";
constexpr const char* kHistory = "inferencex/api_captures/benchmarks-history.json";

double Value(const spec::Row& row, std::string_view name) {
  return row.values.Get(name).value_or(std::nan(""));
}

bool Disaggregated(const spec::Row& row) { return row.deployment.roles.size() == 2; }

double Tokens(const spec::Row& row) {
  return 0.9 * static_cast<double>(row.workload.input.tokens + row.workload.output.tokens);
}

/// Throughput x time in the system / requests in flight.
double LittleRatio(const spec::Row& row, double e2e_s) {
  return Value(row, "total_tps") * e2e_s / (static_cast<double>(row.concurrency) * Tokens(row));
}

/// REQUIRES: rows of both are in the order of the text.
void CheckDevices(const Batch& batch, const Json& published, int wrong) {
  ASSERT_EQ(batch.rows.size(), published.size());
  int corrected = 0;
  for (std::size_t i = 0; i < published.size(); ++i) {
    const spec::Row& row = batch.rows[i];
    const Json& p = published[i];
    const auto chips = spec::ChipCount(row.deployment);
    ASSERT_TRUE(chips) << row.origin.key;
    if (p["disagg"].get<bool>()) continue;
    EXPECT_EQ(*chips, p["prefill_tp"].get<std::int64_t>()) << row.origin.key;
    const auto ranks = p["prefill_tp"].get<std::int64_t>() * p["prefill_ep"].get<std::int64_t>();
    if (p["num_prefill_gpu"] != ranks || p["prefill_ep"] == 1) continue;
    ++corrected;
    EXPECT_EQ(row.corrections.at(0).code, "devices") << row.origin.key;
  }
  EXPECT_EQ(corrected, wrong);
}

void CheckSums(const Batch& batch, const Json& published, int disaggregated, int without_parts) {
  int roles = 0;
  int missing = 0;
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    const spec::Row& row = batch.rows[i];
    for (const std::string& of : {std::string("_tps"), std::string("_tps_per_chip")}) {
      const double total = Value(row, "total" + of);
      const double sum = Value(row, "input" + of) + Value(row, "output" + of);
      EXPECT_GT(total, 0.0);
      if (std::isnan(sum)) {
        missing += of == "_tps" ? 1 : 0;
        continue;
      }
      EXPECT_NEAR(sum / total, 1.0, 1e-9) << row.origin.key;
    }
    const auto chips = static_cast<double>(*spec::ChipCount(row.deployment));
    EXPECT_NEAR(Value(row, "total_tps") / chips / Value(row, "total_tps_per_chip"), 1.0, 1e-12);
    if (!Disaggregated(row)) continue;
    ++roles;
    const Json& metrics = published[i]["metrics"];
    const double as_published =
        metrics["input_tput_per_gpu"].get<double>() + metrics["output_tput_per_gpu"].get<double>();
    EXPECT_GT(std::abs(as_published / metrics["tput_per_gpu"].get<double>() - 1.0), 1e-3);
    EXPECT_EQ(Value(row, "prefill_chip_input_tps"), metrics["input_tput_per_gpu"].get<double>());
    EXPECT_EQ(Value(row, "decode_chip_output_tps"), metrics["output_tput_per_gpu"].get<double>());
  }
  EXPECT_EQ(roles, disaggregated);
  EXPECT_EQ(missing, without_parts);
}

void CheckInteractivity(const Batch& batch) {
  for (const spec::Row& row : batch.rows) {
    int stats = 0;
    for (const TpotPlace& place : TpotPlaces()) {
      const auto tpot = row.values.Get(place.tpot);
      const auto interactivity = row.values.Get(place.interactivity);
      EXPECT_EQ(tpot.has_value(), interactivity.has_value()) << row.origin.key;
      if (!tpot) continue;
      ++stats;
      EXPECT_NEAR(*tpot * *interactivity, 1.0, 1e-9) << row.origin.key << " " << place.stat;
    }
    EXPECT_GE(stats, 2) << row.origin.key;
  }
}

TEST(InferencexLaws, LatestAnswerIsReadWhole) {
  RS_SHARED_DATA_OR_SKIP(text, kLatest);
  const Batch batch = ReadAll("inferencex", text);
  EXPECT_EQ(batch.rows.size(), 380U);
  EXPECT_EQ(batch.aside.size(), 0U);
  const Json published = Json::parse(text);
  CheckDevices(batch, published, 36);
  // Two rows of the first day have no rates of input and output.
  CheckSums(batch, published, 215, 2);
  CheckInteractivity(batch);
  const auto codes = CorrectionCodes(batch);
  EXPECT_EQ(codes, (std::map<std::string, int>{
                       {"denominator", 215}, {"devices", 36 + 8}, {"energy_boundary", 1}}));
}

TEST(InferencexLaws, HistoryIsReadWhole) {
  RS_SHARED_DATA_OR_SKIP(text, kHistory);
  const Batch batch = ReadAll("inferencex", text);
  EXPECT_EQ(batch.rows.size(), 1294U);
  EXPECT_EQ(batch.aside.size(), 0U);
  const Json published = Json::parse(text);
  CheckDevices(batch, published, 306);
  CheckSums(batch, published, 417, 0);
  CheckInteractivity(batch);
}

TEST(InferencexLaws, OnePointHasOneKeyInBothAnswers) {
  RS_SHARED_DATA_OR_SKIP(latest_text, kLatest);
  RS_SHARED_DATA_OR_SKIP(history_text, kHistory);
  const Batch latest = ReadAll("inferencex", latest_text);
  const Batch history = ReadAll("inferencex", history_text);
  std::map<std::string, const spec::Row*> by_key;
  for (const spec::Row& row : history.rows) {
    EXPECT_TRUE(by_key.emplace(row.origin.key, &row).second) << row.origin.key;
  }
  std::set<std::string> keys;
  int shared = 0;
  for (const spec::Row& row : latest.rows) {
    EXPECT_TRUE(keys.insert(row.origin.key).second) << row.origin.key;
    const auto same = by_key.find(row.origin.key);
    if (same == by_key.end()) continue;
    ++shared;
    EXPECT_EQ(same->second->deployment, row.deployment);
    EXPECT_EQ(same->second->values.Get("total_tps"), row.values.Get("total_tps"));
    EXPECT_EQ(same->second->values.Get("tpot_p99_s"), row.values.Get("tpot_p99_s"));
  }
  EXPECT_GT(shared, 0);
  RecordProperty("shared", shared);
}

/// mean E2E = mean TTFT + mean TPOT x (0.9 OSL - 1): the mean output is 0.9 of the nominal one.
TEST(InferencexLaws, MeanTimesAddUp) {
  RS_SHARED_DATA_OR_SKIP(text, kLatest);
  const Batch batch = ReadAll("inferencex", text);
  int within = 0;
  std::vector<std::string> others;
  for (const spec::Row& row : batch.rows) {
    const double mean_output = 0.9 * static_cast<double>(row.workload.output.tokens);
    const double fits = Value(row, "ttft_mean_s") + Value(row, "tpot_mean_s") * (mean_output - 1);
    const double off = Value(row, "e2e_mean_s") / fits - 1.0;
    if (std::abs(off) <= 0.01) {
      ++within;
      continue;
    }
    // The mean of a product is not the product of means, and 10 x concurrency lengths do not
    // average to 0.9: of 40 lengths the mean strays by 1 %, at concurrency 3 or 4. One large
    // disaggregated run of the first days stands beside them.
    const bool few = row.concurrency <= 4;
    const bool ramp = Disaggregated(row) && row.concurrency == 8192;
    EXPECT_TRUE(few || ramp) << row.origin.key << " " << off;
    EXPECT_LT(std::abs(off), 0.025) << row.origin.key;
    others.push_back(row.origin.key);
  }
  EXPECT_EQ(within, 362);
  EXPECT_EQ(others.size(), 18U);
}

/// Closed loop: throughput x mean time in the system = k x requests in flight, k below 1 for the
/// ramp and the tail.
TEST(InferencexLaws, ThroughputAndTimesAgree) {
  RS_SHARED_DATA_OR_SKIP(text, kLatest);
  const Batch batch = ReadAll("inferencex", text);
  std::vector<double> aggregated;
  std::vector<double> large;
  int marked = 0;
  for (const spec::Row& row : batch.rows) {
    const double k = LittleRatio(row, Value(row, "e2e_mean_s"));
    if (row.facts.contains("littles_law_ratio")) {
      ++marked;
      continue;
    }
    // The lowest: prefill as bottleneck, TTFT two thirds of E2E, and so a long ramp.
    EXPECT_GT(k, Disaggregated(row) ? 0.77 : 0.94) << row.origin.key;
    EXPECT_LT(k, 1.05) << row.origin.key;
    if (!Disaggregated(row)) aggregated.push_back(k);
    if (Disaggregated(row) && row.concurrency >= 512) large.push_back(k);
  }
  const auto share = [](std::vector<double>& values, double p) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(p * static_cast<double>(values.size() - 1))];
  };
  EXPECT_NEAR(share(aggregated, 0.5), 0.976, 0.003);
  // 95 of 100 rows lie in the law's range.
  EXPECT_GE(share(aggregated, 0.025), 0.958);
  EXPECT_LE(share(aggregated, 0.975), 0.996);
  // Ramp and tail weigh more here; a tenth of them lie below 0.93.
  EXPECT_GE(share(large, 0.05), 0.88);
  EXPECT_GE(share(large, 0.5), 0.92);
  EXPECT_LE(share(large, 0.5), 0.96);
  // One row publishes a 40th of what its latencies allow.
  EXPECT_EQ(marked, 1);
}

}  // namespace
}  // namespace roofscape::ingest
