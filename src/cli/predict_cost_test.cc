#include "cli/predict_cost.h"

#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace roofscape::cli {
namespace {

catalog::Catalog Priced() {
  catalog::Catalog catalog;
  catalog::Chip chip;
  chip.entry.id = "h100";
  chip.entry.aliases = {"h100-sxm"};
  catalog.chips = {chip};
  const auto book = [](const char* id, const char* day, double usd, double kw) {
    catalog::PriceBook b;
    b.entry.id = id;
    b.date = catalog::ParseDate(day);
    catalog::Price price;
    price.chip = "h100";
    price.usd_hr[0] = usd;
    price.all_in_kw = kw;
    b.prices = {price};
    return b;
  };
  catalog.prices = {book("early", "2026-01-01", 3.6, 1.5), book("late", "2026-06-01", 7.2, 1.4)};
  return catalog;
}

calibrate::Prediction Thousand() {
  calibrate::Prediction p;
  p.tput_per_chip = {1000, 800, 1250};
  return p;
}

TEST(PredictCost, IsThePriceOverTheTokensOfAnHour) {
  const catalog::Catalog catalog = Priced();
  const analysis::Pricing pricing{&catalog, catalog::Tier::kOwnedHyperscaler,
                                  *catalog::ParseDate("2026-03-01")};
  const PointCost cost = CostOf(Thousand(), {}, 0.25, "H100 SXM", pricing);
  ASSERT_TRUE(cost.price && cost.usd_per_mtok_total);
  EXPECT_EQ(cost.price->book, "early");  // A later book changes nothing.
  EXPECT_NEAR(cost.usd_per_mtok_total->value, 1.0, 1e-12);
  EXPECT_NEAR(cost.usd_per_mtok_total->low80, 0.8, 1e-12);  // More tokens, less each.
  EXPECT_NEAR(cost.usd_per_mtok_total->high80, 1.25, 1e-12);
  EXPECT_NEAR(cost.usd_per_mtok_output->value, 4.0, 1e-12);
  EXPECT_NEAR(cost.usd_per_mtok_input->value, 4.0 / 3.0, 1e-12);
  EXPECT_NEAR(cost.joules_per_token_provisioned->value, 1.5, 1e-12);
  EXPECT_FALSE(cost.chip_w);
  EXPECT_NE(CostNote(cost, pricing).find("does not know its TDP"), std::string::npos);
}

TEST(PredictCost, EnergyIsPowerOverTokensWithBothDoubts) {
  const catalog::Catalog catalog = Priced();
  const analysis::Pricing pricing{&catalog, catalog::Tier::kOwnedHyperscaler,
                                  *catalog::ParseDate("2026-07-01")};
  calibrate::Explanation why;
  why.chip_w = 500;
  const PointCost cost = CostOf(Thousand(), why, 0.5, "h100", pricing);
  EXPECT_NEAR(cost.joules_per_token_device->value, 0.5, 1e-12);
  EXPECT_NEAR(cost.joules_per_output_token_device->value, 1.0, 1e-12);
  const auto width = [](const calibrate::Figure& f) { return std::log(f.high80 / f.value); };
  EXPECT_NEAR(width(*cost.joules_per_token_device), std::hypot(width(*cost.chip_w), std::log(1.25)),
              1e-9);
  EXPECT_EQ(cost.price->book, "late");
}

TEST(PredictCost, WhatIsNotKnownIsMissing) {
  const catalog::Catalog catalog = Priced();
  const analysis::Pricing pricing{&catalog, catalog::Tier::kOnDemand,
                                  *catalog::ParseDate("2025-01-01")};
  const PointCost cost = CostOf(Thousand(), {}, 0.5, "h100", pricing);
  const Json json = CostJson(cost, pricing);
  for (const char* name : {"chip_w_device", "joules_per_total_token_device", "all_in_kw",
                           "usd_per_chip_hour", "usd_per_mtok_total"}) {
    EXPECT_TRUE(json[name].is_null()) << name;
  }
  EXPECT_EQ(json["price_tier"], "on_demand");
  EXPECT_NE(CostNote(cost, pricing).find("no price book up to 2025-01-01"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::cli
