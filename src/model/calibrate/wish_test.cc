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
