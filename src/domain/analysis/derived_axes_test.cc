#include "domain/analysis/derived_axes.h"

#include <set>

#include <gtest/gtest.h>

#include "domain/analysis/test_rows.h"

namespace roofscape::analysis {
namespace {

Pricing PricesOf(const std::string& day) {
  Pricing pricing;
  pricing.catalog = &ShippedCatalog();
  pricing.date = *catalog::ParseDate(day);
  return pricing;
}

TEST(DerivedAxes, HaveTheValuesOfTheFormulasTheyNameFor) {
  const Pricing pricing = PricesOf("2026-08-01");
  const spec::Row row = MakeRow("b200-sxm", 8, 50, 1000);
  const auto cost = AxisNamed("usd_per_mtok_total", pricing);
  ASSERT_TRUE(cost) << cost.error().message;
  const auto expected = UsdPerMtok(row, TokenKind::kTotal, pricing);
  ASSERT_TRUE(expected);
  EXPECT_EQ(cost->value(row), expected->value);
  // Twice, because prices are remembered by chip.
  EXPECT_EQ(cost->value(row), expected->value);
  const auto joules = AxisNamed("joules_per_total_token_provisioned", pricing);
  const auto per_mw = AxisNamed("total_tps_per_mw_provisioned", pricing);
  ASSERT_TRUE(joules && per_mw);
  ASSERT_TRUE(joules->value(row) && per_mw->value(row));
  // J/token x tokens/s/MW = 1e6 W.
  EXPECT_NEAR(*joules->value(row) * *per_mw->value(row), 1e6, 1e-3);
}

TEST(DerivedAxes, AreMissingWhereAPriceIsNotKnown) {
  const spec::Row row = MakeRow("abacus", 8, 50, 1000);
  for (const char* name : {"usd_per_mtok_total", "joules_per_total_token_provisioned"}) {
    const auto axis = AxisNamed(name, PricesOf("2026-08-01"));
    ASSERT_TRUE(axis);
    EXPECT_EQ(axis->value(row), std::nullopt) << name;
  }
  // Before the first book.
  const auto early = AxisNamed("usd_per_mtok_total", PricesOf("1999-01-01"));
  EXPECT_EQ(early->value(MakeRow("b200-sxm", 8, 50, 1000)), std::nullopt);
}

TEST(DerivedAxes, EveryAxisCanBeNamedAndNamesAreUnique) {
  std::set<std::string> names;
  for (const AxisInfo& info : AllAxes()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    const auto axis = AxisNamed(info.name, PricesOf("2026-08-01"));
    ASSERT_TRUE(axis) << info.name << ": " << axis.error().message;
    EXPECT_EQ(axis->name, info.name);
    EXPECT_EQ(axis->unit, info.unit);
    EXPECT_EQ(axis->direction, info.direction);
  }
  EXPECT_TRUE(names.contains("ttft_p99_s") && names.contains("usd_per_mtok_output"));
}

TEST(DerivedAxes, RefuseUnknownNamesAndThoseOfNoDirection) {
  EXPECT_NE(FindAxis("ttft_p50").error().message.find("ttft_p50_s"), std::string::npos);
  EXPECT_FALSE(FindAxis("requests"));
  EXPECT_FALSE(AxisNamed("input_tps_per_mw_provisioned", PricesOf("2026-08-01")));
  EXPECT_EQ(CostKindOf("usd_per_mtok_input"), TokenKind::kInput);
  EXPECT_EQ(CostKindOf("ttft_p50_s"), std::nullopt);
}

}  // namespace
}  // namespace roofscape::analysis
