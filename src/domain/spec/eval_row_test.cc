#include "domain/spec/eval_row.h"

#include <cmath>
#include <optional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace roofscape::spec {
namespace {

TEST(IntervalOf, FollowsThePublishedErrorElseWilson) {
  struct Case {
    double score;
    std::optional<double> error;
    std::optional<std::int64_t> questions;
    std::optional<ScoreInterval> expected;
  };
  // Wilson's by hand: 81 of 263 is (0.2553, 0.3662) in R. G. Newcombe (1998), table I.
  const Case cases[] = {
      {0.95, 0.01, 1319, ScoreInterval{0.9304, 0.9696}},
      {0.99, 0.01, std::nullopt, ScoreInterval{0.9704, 1.0}},
      {81.0 / 263, std::nullopt, 263, ScoreInterval{0.2553, 0.3662}},
      {1.0, 0.0, 10, ScoreInterval{0.7225, 1.0}},  // 10 / (10 + z^2)
      {0.0, 0.0, 10, ScoreInterval{0.0, 0.2775}},
      {0.5, std::nullopt, std::nullopt, std::nullopt},
      {0.5, 0.0, 0, std::nullopt},
  };
  for (const Case& c : cases) {
    const auto interval = IntervalOf(c.score, c.error, c.questions);
    ASSERT_EQ(interval.has_value(), c.expected.has_value()) << c.score;
    if (!interval) continue;
    EXPECT_NEAR(interval->low, c.expected->low, 1e-4) << c.score;
    EXPECT_NEAR(interval->high, c.expected->high, 1e-4) << c.score;
  }
}

TEST(IntervalOf, HoldsTheScoreAndShrinksWithQuestions) {
  for (int right = 0; right <= 20; ++right) {
    const double score = right / 20.0;
    double before = 2.0;
    for (const std::int64_t n : {20, 200, 2000}) {
      const auto interval = IntervalOf(score, std::nullopt, n);
      ASSERT_TRUE(interval);
      EXPECT_LE(interval->low, score + 1e-12);
      EXPECT_GE(interval->high, score - 1e-12);
      EXPECT_LT(interval->high - interval->low, before);
      before = interval->high - interval->low;
    }
  }
}

TEST(EvalRowJson, LeavesOutWhatIsUnknown) {
  EvalRow row;
  row.task = "gsm8k";
  row.scores = {{"em_strict", 0.5, std::nullopt, 100, ScoreInterval{0.4, 0.6}}};
  const Json json = ToJson(row);
  EXPECT_TRUE(json["measured"].is_null());
  EXPECT_TRUE(json["scores"][0]["error"].is_null());
  EXPECT_EQ(json["scores"][0]["low"], 0.4);
}

}  // namespace
}  // namespace roofscape::spec
