#include "cli/model_source.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include <unistd.h>

#include "cli/embedded_catalog.h"
#include "cli/write_file.h"

namespace roofscape::cli {
namespace {

/// Experts over eight chips: a lone request, and more long ones than fit.
constexpr const char* kRows =
    "hardware,model,backend,isl,osl,concurrency,precision,tp,ep,attention_dp,n_gpus\n"
    "h200-sxm,deepseek-r1,sglang,8192,1024,1,fp8,1,8,8,8\n"
    "h200-sxm,deepseek-r1,sglang,65536,1024,512,fp8,1,8,8,8\n";
constexpr std::size_t kLone = 0;
constexpr std::size_t kMany = 1;

class CasesWithoutTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() /
            ("roofscape_rows_" + std::to_string(getpid()) + ".csv");
    ASSERT_TRUE(WriteWholeFile(path_.string(), kRows));
    auto catalog = catalog::ParseCatalog(EmbeddedCatalog());
    ASSERT_TRUE(catalog);
    catalog_ = std::move(*catalog);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  /// By the priors, which no fit moves.
  calibrate::Prediction Without(const std::vector<std::string>& parts, std::size_t row) const {
    const auto rows = LoadCalibrationRows(path_.string(), catalog_, CasesWithout(parts));
    EXPECT_TRUE(rows) << rows.error().message;
    const auto model = LoadModel("");
    EXPECT_TRUE(model);
    return model->Predict(rows->cases.at(row), {.residual = false, .fitted = false});
  }

  std::filesystem::path path_;
  catalog::Catalog catalog_;
};

TEST_F(CasesWithoutTest, WhatIsLeftOutTakesNoTime) {
  const calibrate::Prediction whole = Without({}, kLone);
  for (const char* part : {"imbalance", "host-cost"}) {
    const calibrate::Prediction p = Without({part}, kLone);
    EXPECT_LT(p.tpot_s.value, 0.999 * whole.tpot_s.value) << part;
    EXPECT_LT(p.ttft_s.value, 0.999 * whole.ttft_s.value) << part;
  }
  EXPECT_EQ(Without({"cache-limit"}, kLone).ttft_s.value, whole.ttft_s.value);
  EXPECT_LT(Without({"cache-limit"}, kMany).ttft_s.value, 0.8 * Without({}, kMany).ttft_s.value);
}

TEST_F(CasesWithoutTest, WholePeaksAreFasterThanReachedOnes) {
  const calibrate::Prediction rooflines = Without({"curves"}, kLone);
  const calibrate::Prediction peaks = Without({"reached-peaks"}, kLone);
  EXPECT_LT(peaks.tpot_s.value, 0.9 * rooflines.tpot_s.value);
  EXPECT_LT(peaks.ttft_s.value, 0.9 * rooflines.ttft_s.value);
  EXPECT_EQ(Without({"reached-peaks", "curves"}, kLone).tpot_s.value, peaks.tpot_s.value);
}

}  // namespace
}  // namespace roofscape::cli
