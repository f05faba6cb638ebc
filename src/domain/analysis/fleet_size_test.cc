#include "domain/analysis/fleet_size.h"

#include <gtest/gtest.h>

#include "domain/analysis/test_rows.h"

namespace roofscape::analysis {
namespace {

Pricing Prices() { return {&ShippedCatalog(), catalog::Tier::kOwnedHyperscaler, {2026, 8, 15}}; }

/// Eight B200 at 300 output tokens/s each and 50 tokens/s a user: 48 users a deployment.
spec::Row Point() {
  spec::Row row = MakeRow("b200", 48, 50, 600);
  row.values.Set("output_tps_per_chip", 300);
  return row;
}

TEST(FleetSize, FromMegawattsInWholeDeployments) {
  const auto fleet = FleetFromPower(Point(), 1.0, Prices());
  ASSERT_TRUE(fleet);
  EXPECT_EQ(fleet->deployments, 73);  // 1000 / 1.71 = 584.8 chips = 73.1 deployments.
  EXPECT_EQ(fleet->chips, 584);
  EXPECT_EQ(fleet->users, 584 * 300 / 50);
  EXPECT_NEAR(fleet->megawatts, 584 * 1.71e-3, 1e-12);
  EXPECT_NEAR(*fleet->usd_per_month, 584 * 1.73 * 730, 1e-6);
  EXPECT_FALSE(FleetFromPower(Point(), 0.01, Prices())) << "5 chips are no deployment of 8";
}

TEST(FleetSize, FromUsersRoundsUp) {
  const struct {
    std::int64_t users, deployments;
  } cases[] = {{1, 1}, {48, 1}, {49, 2}, {96, 2}, {97, 3}, {4800, 100}};
  for (const auto& c : cases) {
    const auto fleet = FleetFromUsers(Point(), c.users, Prices());
    ASSERT_TRUE(fleet);
    EXPECT_EQ(fleet->deployments, c.deployments) << c.users;
    EXPECT_GE(fleet->users, c.users);
  }
}

/// Sizing by the power that a fleet draws gives the fleet again.
TEST(FleetSize, BothWaysAgree) {
  for (std::int64_t users = 1; users < 2000; users += 37) {
    const auto fleet = FleetFromUsers(Point(), users, Prices());
    ASSERT_TRUE(fleet);
    const auto again = FleetFromPower(Point(), fleet->megawatts * (1 + 1e-9), Prices());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->chips, fleet->chips) << users;
  }
}

TEST(FleetSize, AMissingPriceIsNoCost) {
  Pricing pricing = Prices();
  pricing.tier = catalog::Tier::kOnDemand;
  spec::Row row = Point();
  row.deployment.chip = "gb300";
  const auto fleet = FleetFromUsers(row, 10, pricing);
  ASSERT_TRUE(fleet);
  EXPECT_FALSE(fleet->usd_per_month);
  EXPECT_FALSE(FleetFromUsers(MakeRow("b200", 1, 1, 1), 10, Prices())) << "no output rate";
}

}  // namespace
}  // namespace roofscape::analysis
