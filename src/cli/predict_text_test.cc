#include "cli/predict_text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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
