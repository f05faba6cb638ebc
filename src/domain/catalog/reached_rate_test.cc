#include "domain/catalog/reached_rate.h"

#include <gtest/gtest.h>

namespace roofscape::catalog {
namespace {

/// Of a million weights that are read in 100 us, each token then costing 50 us: 2e6 m operations.
double Gflops(std::int64_t m) {
  return 2e6 * static_cast<double>(m) / (100e3 + 50e3 * static_cast<double>(m));
}

Chip Measured() {
  Chip chip;
  for (const std::int64_t m : {1, 4, 16}) {
    chip.products.push_back({"q8_0", "own", 1, m, 1000, 1000, 100, Gflops(m)});
    chip.products.push_back({"q8_0", "slow", 1, m, 1000, 1000, 100, Gflops(m) / 2});
    chip.products.push_back({"q8_0", "own", 2, m, 1000, 1000, 100, Gflops(m) * 2});
  }
  chip.products.push_back({"q8_0", "own", 1, 1, 1000, 1000, 10, Gflops(1) * 3});
  chip.products.push_back({"q8_0", "own", 1, 1, 100, 4000, 100, Gflops(1) / 5});
  chip.reads = {{1, 100, 20}, {1, 10, 60}, {2, 100, 30}};
  return chip;
}

struct Case {
  const char* what;
  MatrixWork work;
  double want_us;
};

TEST(MatrixTime, ReadsBetweenWhatWasMeasured) {
  const Case cases[] = {
      {"as measured, by the faster library", {"q8_0", 1, 4, 1000, 1000, 100}, 300},
      {"between two", {"q8_0", 1, 10, 1000, 1000, 100}, 600},
      {"beyond the largest the rate stays", {"q8_0", 1, 32, 1000, 1000, 100}, 1800},
      {"in proportion to the weights", {"q8_0", 1, 4, 2000, 1000, 100}, 600},
      {"with more threads", {"q8_0", 2, 4, 1000, 1000, 100}, 150},
      {"what is in the cache", {"q8_0", 1, 1, 1000, 1000, 12}, 50},
      {"where the cache was not measured", {"q8_0", 1, 4, 1000, 1000, 12}, 300},
      {"by the nearer shape", {"q8_0", 1, 1, 100, 4000, 100}, 300},
      {"no tokens cost what one does", {"q8_0", 1, 0, 1000, 1000, 100}, 150},
  };
  const Chip chip = Measured();
  for (const Case& c : cases) {
    const auto time = MatrixTime(chip, c.work);
    ASSERT_TRUE(time) << c.what;
    EXPECT_NEAR(time->value() * 1e6, c.want_us, 1e-6) << c.what;
  }
}

TEST(MatrixTime, SaysNothingOfWhatWasNotMeasured) {
  EXPECT_FALSE(MatrixTime(Measured(), {"f16", 1, 1, 1000, 1000, 100}));
  EXPECT_FALSE(MatrixTime(Measured(), {"q8_0", 3, 1, 1000, 1000, 100}));
  EXPECT_FALSE(MatrixTime(Chip{}, {"q8_0", 1, 1, 1000, 1000, 100}));
}

TEST(MatrixTime, TakesTheRowsOfALibraryWhereItHasAny) {
  Chip chip = Measured();
  chip.products.push_back({"q8_0", "ggml AMX", 1, 1, 1000, 1000, 100, Gflops(1) / 4});
  MatrixWork work{"q8_0", 1, 1, 1000, 1000, 100, "ggml"};
  EXPECT_NEAR(MatrixTime(chip, work)->value() * 1e6, 600, 1e-6);
  work.m = 4;  // Of that library one token alone was measured: its rate stays.
  EXPECT_NEAR(MatrixTime(chip, work)->value() * 1e6, 2400, 1e-6);
  work.threads = 2;  // It has none with two threads.
  EXPECT_NEAR(MatrixTime(chip, work)->value() * 1e6, 150, 1e-6);
}

/// 1 us a query and key beside 10 us a query; prompts at twice that rate for each pair.
TEST(AttentionTime, IsLinearInTheKeysOfAQuery) {
  Chip chip;
  for (const std::int64_t keys : {10, 100}) {
    const double us = 10 + static_cast<double>(keys);
    chip.attentions.push_back(
        {"a", 1, 1, keys, 4, 1, 64, 4e-3 * 4 * 64 * static_cast<double>(keys) / us});
  }
  const double pairs = 0.5 * 64 * 65;
  chip.attentions.push_back({"a", 1, 64, 64, 4, 1, 64, 4e-3 * 4 * 64 * pairs / (0.5 * pairs)});
  const auto us = [&](AttentionWork work) { return AttentionTime(chip, work)->value() * 1e6; };
  EXPECT_NEAR(us({1, false, 10, 4, 64}), 20, 1e-9);
  EXPECT_NEAR(us({1, false, 55, 4, 64}), 65, 1e-9);
  EXPECT_NEAR(us({1, false, 1, 4, 64}), 20, 1e-9);     // Not below what was measured.
  EXPECT_NEAR(us({1, false, 200, 4, 64}), 220, 1e-9);  // The rate stays.
  EXPECT_NEAR(us({1, false, 55, 8, 128}), 260, 1e-9);
  EXPECT_NEAR(us({1, true, 64, 4, 64}), 0.5 * pairs, 1e-9);
  EXPECT_NEAR(us({1, true, 128, 4, 64}), 2.0 * pairs, 1e-9);
  EXPECT_FALSE(AttentionTime(chip, {2, false, 10, 4, 64}));
}

TEST(ReadGbPerSecond, TakesTheNearestSet) {
  EXPECT_EQ(ReadGbPerSecond(Measured(), 1, 1000), 20);
  EXPECT_EQ(ReadGbPerSecond(Measured(), 1, 17), 60);
  EXPECT_EQ(ReadGbPerSecond(Measured(), 2, 1), 30);
  EXPECT_FALSE(ReadGbPerSecond(Measured(), 4, 100));
}

}  // namespace
}  // namespace roofscape::catalog
