#include "cli/predict_text.h"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/predict_open.h"

namespace roofscape::cli {
namespace {

std::vector<PredictedPoint> Points() {
  std::vector<PredictedPoint> points(2);
  for (std::size_t i = 0; i < points.size(); ++i) {
    points[i].concurrency = i == 0 ? 1.0 : 8.0;
    points[i].prediction.ttft_s = {0.01, 0.009, 0.011};
    points[i].prediction.tpot_s = {0.002, 0.001, 0.003};
    points[i].prediction.tput_per_chip = {90, 80, 100};
    points[i].why.decode.fill(1e-4);
    points[i].why.prefill.fill(1e-3);
  }
  points[1].measured = MeasuredLoad{8.0, 0.02, 0.0016, 100};
  return points;
}

TEST(PredictText, ShowsTheErrorsOfWhatWasMeasuredAlone) {
  const std::string text = AgainstText(Points(), 8.0, {});
  EXPECT_NE(text.find("-50.0 %"), std::string::npos) << text;
  EXPECT_NE(text.find("+25.0 %"), std::string::npos) << text;
  EXPECT_NE(text.find("-10.0 %"), std::string::npos) << text;
  EXPECT_NE(text.find("learned from"), std::string::npos) << text;
  EXPECT_EQ(AgainstText({Points().data(), 1}, std::nullopt, {}), "");
}

TEST(PredictText, SaysHowAStepBecomesATokensTimeAndWhatACapLeaves) {
  std::vector<PredictedPoint> points = Points();
  calibrate::Explanation& why = points[1].why;
  EXPECT_EQ(ExplanationText(points[1], {}).find("TPOT:"), std::string::npos);
  // Nine parts of 0.1 ms, 1.5 tokens: 0.6 ms, and 0.4 of prompts.
  why.gained = 1.5;
  why.formula_tpot_s = 0.001;
  why.prompt_clock = 0.75;
  const std::string text = ExplanationText(points[1], {});
  EXPECT_NE(text.find("TPOT: a step of 0.900 ms / 1.50 tokens it gains + 0.400 ms for prompts in "
                      "between = 1.000 ms;\ncorrected by the nearest rows, x 2.00: 2.00 ms."),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("100 % of the clock in a decode step, 75 % in a prompt"), std::string::npos);
  const std::string table = PredictionTable(points, {});
  EXPECT_NE(table.find("cache room"), std::string::npos) << table;
}

std::vector<OpenRate> Rates() {
  std::vector<OpenRate> rates(2);
  rates[0].rate_rps = 2.0;
  rates[0].open.emplace();
  rates[0].open->prediction.ttft_s = {0.1, 0.08, std::numeric_limits<double>::infinity()};
  rates[0].open->prediction.tpot_s = {0.02, 0.01, 0.03};
  rates[0].open->prediction.tput_per_chip = {90, 90, 90};
  rates[0].open->why.decode.fill(1e-4);
  rates[0].open->why.prefill.fill(1e-3);
  rates[1].rate_rps = 50.0;
  return rates;
}

TEST(PredictText, ASaturatedRateHasAMarkAndNoNumber) {
  const std::string text = OpenTable(Rates(), {7.5, 6.0, 9.0}, {});
  EXPECT_NE(text.find("100 (80.0 to saturated)"), std::string::npos) << text;
  EXPECT_NE(text.find("at most 7.50 requests/s (6.00 to 9.00)"), std::string::npos) << text;
  const catalog::Catalog catalog;
  const analysis::Pricing pricing{&catalog, catalog::Tier::kOnDemand,
                                  *catalog::ParseDate("2026-01-01")};
  EXPECT_NE(OpenDetails(Rates(), pricing, {}).find("At 2.00 requests/s"), std::string::npos);
  EXPECT_EQ(OpenDetails({Rates().data() + 1, 0}, pricing, {}), "");
  const Json json = OpenJson(Rates(), pricing);
  EXPECT_EQ(json[0]["saturated"], false);
  EXPECT_EQ(json[1]["saturated"], true);
  EXPECT_TRUE(json[1]["ttft_mean_s"].is_null());
  // What both have are the same names.
  for (const auto& [name, value] : json[0].items()) EXPECT_TRUE(json[1].contains(name)) << name;
  EXPECT_EQ(json[0].size(), json[1].size());
}

TEST(PredictText, JsonHasMeasuredAndCostOrNull) {
  const catalog::Catalog catalog;
  const analysis::Pricing pricing{&catalog, catalog::Tier::kOnDemand,
                                  *catalog::ParseDate("2026-01-01")};
  const Json json = PredictionJson(Points(), pricing);
  EXPECT_TRUE(json[0]["measured"].is_null());
  EXPECT_EQ(json[1]["measured"]["total_tps_per_chip"], 100);
  EXPECT_TRUE(json[1]["cost"]["usd_per_mtok_total"].is_null());
  EXPECT_EQ(CostTable(Points(), {}), "");
}

}  // namespace
}  // namespace roofscape::cli
