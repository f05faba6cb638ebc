#include "cli/eval_text.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace roofscape::cli {
namespace {

spec::EvalRow SomeEval() {
  spec::EvalRow row;
  row.deployment.model = "deepseek-v3";
  row.deployment.chip = "b200-sxm";
  row.deployment.engine = "sglang";
  row.deployment.precision = "fp4";
  row.task = "gsm8k";
  row.scores = {{"em_flexible", 0.25, std::nullopt, std::nullopt, std::nullopt},
                {"em_strict", 0.95, 0.006, 1319, spec::ScoreInterval{0.938, 0.962}}};
  return row;
}

TEST(EvalTable, ShowsEveryScoreAndADashForWhatIsUnknown) {
  const spec::EvalRow row = SomeEval();
  const std::string text = EvalTable({&row, 1}, {.bold = false, .width = 120});
  EXPECT_EQ(text.find("gsm8k\n"), 0U);
  EXPECT_NE(text.find("em_strict     95.0  93.8-96.2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("em_flexible   25.0          -\n"), std::string::npos) << text;
}

TEST(EvalCsv, HasALineAScoreAndEmptyCells) {
  const spec::EvalRow row = SomeEval();
  const std::string text = EvalCsv({&row, 1});
  EXPECT_NE(text.find("\n,deepseek-v3,fp4,b200-sxm,,sglang,,,,,gsm8k,,em_flexible,0.25,,,,,,\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(",em_strict,0.95,0.006,0.938,0.962,1319,,\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace roofscape::cli
