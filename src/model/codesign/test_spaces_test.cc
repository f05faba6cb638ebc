#include "model/codesign/test_spaces.h"

#include <gtest/gtest.h>

namespace roofscape::codesign {
namespace {

TEST(TestSpaces, HavePlansOfBothKinds) {
  std::size_t alone = 0;
  std::size_t pairs = 0;
  for (const Plan& plan : AllPlans(TestSpace(TestWish(), true))) {
    (plan.prefill == kNoPrefill ? alone : pairs) += 1;
  }
  EXPECT_EQ(alone, 7U);  // 4 of one chip, 2 of two, 1 of four.
  EXPECT_GT(pairs, 6U);
}

}  // namespace
}  // namespace roofscape::codesign
