#include "domain/analysis/energy.h"

#include <gtest/gtest.h>

#include "domain/analysis/test_rows.h"

namespace roofscape::analysis {
namespace {

PowerContext Context() { return {&ShippedCatalog(), {2026, 8, 15}, {}, {}}; }

spec::Row Measured() {
  spec::Row row = MakeRow("b200", 64, 30, 1000);
  row.values.Set("device_power_w", 8 * 800.0);
  return row;
}

TEST(Energy, EachBoundaryHasItsOwnFigure) {
  PowerContext context = Context();
  context.host_w = 10000;
  context.pue = 1.3;
  const struct {
    Boundary boundary;
    double chip_w;
  } cases[] = {{Boundary::kDevice, 800},
               {Boundary::kHost, 1250},
               {Boundary::kProvisioned, 1710},  // Already at the utility: no PUE on top.
               {Boundary::kFacility, 1250 * 1.3}};
  for (const auto& c : cases) {
    const auto joules = JoulesPerToken(Measured(), TokenKind::kTotal, c.boundary, context);
    const auto rate = TpsPerMw(Measured(), TokenKind::kTotal, c.boundary, context);
    ASSERT_TRUE(joules && rate) << Name(c.boundary);
    EXPECT_NEAR(joules->value, c.chip_w / 1000, 1e-12) << Name(c.boundary);
    EXPECT_NEAR(rate->value, 1e6 * 1000 / c.chip_w, 1e-6) << Name(c.boundary);
    EXPECT_NEAR(rate->value * joules->value, 1e6, 1e-6) << Name(c.boundary);
  }
}

TEST(Energy, NothingIsGuessed) {
  PowerContext context = Context();
  const spec::Row bare = MakeRow("b200", 64, 30, 1000);
  EXPECT_FALSE(JoulesPerToken(bare, TokenKind::kTotal, Boundary::kDevice, context));
  EXPECT_FALSE(JoulesPerToken(bare, TokenKind::kTotal, Boundary::kHost, context));
  EXPECT_FALSE(JoulesPerToken(bare, TokenKind::kOutput, Boundary::kProvisioned, context));
  context.host_w = 9000;
  EXPECT_FALSE(JoulesPerToken(bare, TokenKind::kTotal, Boundary::kFacility, context));
  EXPECT_FALSE(ChipPower(MakeRow("", 1, 1, 1), Boundary::kProvisioned, context));
}

TEST(Energy, PublishedJoulesCountAtTheDevice) {
  spec::Row row = MakeRow("mi355x", 4, 100, 200);
  row.values.Set("joules_per_total_token_device", 3.0);
  const auto joules = JoulesPerToken(row, TokenKind::kTotal, Boundary::kDevice, Context());
  ASSERT_TRUE(joules);
  EXPECT_EQ(joules->value, 3.0);
  const auto power = ChipPower(row, Boundary::kDevice, Context());
  ASSERT_TRUE(power);
  EXPECT_NEAR(power->value, 600, 1e-9);
}

TEST(Energy, SampledPowerCountsOnlyWhereItIsValid) {
  const std::vector<PowerSample> samples = {
      {0.0, 500.0, "0"}, {1.0, 500.0, "0"}, {2.0, 500.0, "0"}};
  const auto good =
      JoulesPerToken(IntegratePower(samples, {0.5, 1.5, 1, 1}), 1000, Boundary::kDevice);
  ASSERT_TRUE(good);
  EXPECT_NEAR(good->value, 0.5, 1e-12);
  const auto bad =
      JoulesPerToken(IntegratePower(samples, {0.5, 2.5, 2, 1}), 1000, Boundary::kDevice);
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find("benchmark_window_not_bracketed"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::analysis
