#include "model/perf/slot_runs.h"

#include <numeric>

#include <gtest/gtest.h>

namespace roofscape::perf {
namespace {

double Passes(const std::vector<double>& runs) {
  return std::accumulate(runs.begin(), runs.end(), 0.0);
}

double Busy(const std::vector<double>& runs) {
  double slots = 0.0;
  for (std::size_t i = 0; i < runs.size(); ++i) slots += static_cast<double>(i + 1) * runs[i];
  return slots;
}

TEST(SlotRuns, RunsAddUpToTheUsersWithoutTheirGaps) {
  for (const std::int64_t users : {1, 2, 4, 8, 16}) {
    const auto runs = SlotRuns({16, users, 20, 0.8, 64});
    ASSERT_EQ(runs.size(), static_cast<std::size_t>(users));
    // An answer of 58 tokens in the mean, a gap of 1.5: 2.6 % of the time without a slot.
    EXPECT_NEAR(Busy(runs), 0.974 * static_cast<double>(users), 0.01 * static_cast<double>(users));
    EXPECT_LE(Passes(runs), Busy(runs) + 1e-9);
  }
}

TEST(SlotRuns, FewUsersInManySlotsFallApart) {
  const auto half = SlotRuns({16, 8, 20, 0.8, 64});
  const auto all = SlotRuns({8, 8, 20, 0.8, 64});
  // Mixed up altogether, 8 of 16 make 8 x 9 / 16 = 4.5 runs.
  EXPECT_GT(Passes(half), 2.5);
  EXPECT_LT(Passes(half), 5.0);
  EXPECT_LT(Passes(all), 2.0);
}

TEST(SlotRuns, AreMixedUpAltogetherAfterLong) {
  const auto runs = SlotRuns({16, 8, 2000, 0.8, 1e6});
  EXPECT_NEAR(Passes(runs), 4.5, 0.25);
}

TEST(SlotRuns, StayInOrderWhereAllAnswersAreAlike) {
  // Two users half an answer apart never overtake one another: one run, or two where it wraps.
  const auto runs = SlotRuns({16, 2, 40, 1.0, 1e6});
  EXPECT_GT(runs[1], 0.8);
}

TEST(SlotRuns, ServeAtMostAsManyAsThereAreSlotsAndAreTheSameAgain) {
  EXPECT_EQ(SlotRuns({4, 100, 20, 0.8, 64}).size(), 4U);
  EXPECT_EQ(SlotRuns({16, 7, 20, 0.8, 64}), SlotRuns({16, 7, 20, 0.8, 64}));
  EXPECT_EQ(SlotRuns({0, 0, 0, 0.8, 0}).size(), 1U);
}

}  // namespace
}  // namespace roofscape::perf
