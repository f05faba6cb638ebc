#include "model/calibrate/wish.h"

#include <string>

#include <gtest/gtest.h>

#include "model/calibrate/test_rows.h"

namespace roofscape::calibrate {
namespace {

class CheckFitsTest : public testing::Test {
 protected:
  CheckFitsTest() : catalog_(TestCatalog()) {
    wish_.chip = "chip-a";
    wish_.model = "dense-model";
    wish_.tp = 4.0;
  }

  /// The refusal, or "".
  std::string Refused() const {
    ServingRow row = RowOf(wish_);
    row.input = row.output = 1024.0;
    row.concurrency = 4.0;
    const auto c = MakeCase(catalog_, row);
    EXPECT_TRUE(c) << c.error().message;
    const Result<> fits = CheckFits(*c);
    return fits ? "" : fits.error().message;
  }

  catalog::Catalog catalog_;
  Wish wish_;
};

TEST_F(CheckFitsTest, EveryWorkerHoldsTheWeights) {
  EXPECT_EQ(Refused(), "");
  // 16 GB of weights: half a chip of 20 GB has room for them, and a whole one has none.
  catalog_.chips[0].memory.usable_gb = 20.0;
  EXPECT_EQ(Refused(), "");
  wish_.prefill_tp = 1.0;
  EXPECT_NE(Refused().find("prefill worker"), std::string::npos) << Refused();
  EXPECT_NE(Refused().find("--prefill-tp"), std::string::npos) << Refused();
  wish_.prefill_tp = 4.0;
  EXPECT_EQ(Refused(), "");
  wish_.tp = 1.0;
  EXPECT_NE(Refused().find("leave no room"), std::string::npos) << Refused();
}

TEST_F(CheckFitsTest, APowerCapLiesBetweenIdleAndTheTdp) {
  const auto made = [&](double watts) {
    wish_.power_cap_w = watts;
    ServingRow row = RowOf(wish_);
    row.input = row.output = 1024.0;
    return MakeCase(catalog_, row);
  };
  catalog_.chips[0].tdp_w = 1000.0;
  const auto c = made(500.0);
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ(c->service.machine.power_cap_w, 500.0);
  for (const double wrong : {150.0, 1001.0}) {
    const auto refused = made(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_NE(refused.error().message.find("TDP of 1000 W"), std::string::npos);
  }
  catalog_.chips[0].tdp_w.reset();
  EXPECT_NE(made(500.0).error().message.find("not known"), std::string::npos);
}

TEST_F(CheckFitsTest, HitsAreSharesOfThePrompt) {
  const auto made = [&] {
    ServingRow row = RowOf(wish_);
    row.input = row.output = 1000.0;
    row.length_share = 1.0;
    return MakeCase(catalog_, row);
  };
  wish_.prefix_hit = 0.5;
  EXPECT_DOUBLE_EQ(made()->load.Fresh(), 500.0);
  wish_.host_hit = 0.25;
  wish_.host_gbps = 40.0;
  const auto c = made();
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_DOUBLE_EQ(c->load.Fresh(), 250.0);
  EXPECT_DOUBLE_EQ(c->service.host_bandwidth, 40e9);
  // As quick as the chip's own link where nothing is said, and refused where that is not known.
  wish_.host_gbps.reset();
  EXPECT_NE(made().error().message.find("host's memory is not known"), std::string::npos);
  catalog_.chips[0].host.link_gb_s = 450.0;
  EXPECT_DOUBLE_EQ(made()->service.host_bandwidth, 450e9);
  wish_.host_hit = 0.5;
  EXPECT_NE(made().error().message.find("whole prompts"), std::string::npos);
}

TEST_F(CheckFitsTest, LinksThatNobodyKnowsAreNotFree) {
  wish_.tp = 8.0;
  EXPECT_EQ(Refused(), "");
  wish_.tp = 16.0;  // Of 8 that are joined, without rails.
  EXPECT_NE(Refused().find("join 8 chips"), std::string::npos) << Refused();
  catalog_.fabrics[0].chip_gb_s.reset();
  wish_.tp = 2.0;
  EXPECT_NE(Refused().find("links of 'chip-a'"), std::string::npos) << Refused();
  wish_.tp = 1.0;
  EXPECT_EQ(Refused(), "");
}

}  // namespace
}  // namespace roofscape::calibrate
