#include "cli/agreement_text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <vector>

namespace roofscape::cli {
namespace {

std::vector<AgreementRow> Rows() {
  std::vector<AgreementRow> rows(3);
  rows[0] = {"4", "predicted", 0.2, std::nullopt, 0.011, 90.0, ""};
  rows[1] = {"4", "simulated", 0.1, 0.1, 0.010, 100.0, ""};
  rows[2] = {"16", "twin", 0.3, 0.3, 0.02, 300.0, "DEGRADED"};
  return rows;
}

TEST(AgreementTextTest, DifferencesAreFromTheSameLoad) {
  const std::string text = AgreementTable(Rows(), "simulated", {});
  EXPECT_NE(text.find("+10.0 %"), std::string::npos) << text;  // TPOT of what was predicted.
  EXPECT_NE(text.find("-10.0 %"), std::string::npos) << text;  // Its output.
  EXPECT_EQ(text.find("+100.0 %"), std::string::npos) << "16 has nothing to be held against";
  EXPECT_NE(text.find("DEGRADED"), std::string::npos);
}

TEST(AgreementTextTest, WhatIsMissingIsNull) {
  const Json json = AgreementJson(Rows(), "simulated");
  EXPECT_TRUE(json[0]["ttft_p50_s"].is_null());
  EXPECT_TRUE(json[0]["ttft_p50_difference_fraction"].is_null());
  EXPECT_NEAR(json[0]["tpot_difference_fraction"].get<double>(), 0.1, 1e-12);
  EXPECT_FALSE(json[1].contains("tpot_difference_fraction"));
  EXPECT_FALSE(json[2].contains("tpot_difference_fraction"));
}

}  // namespace
}  // namespace roofscape::cli
