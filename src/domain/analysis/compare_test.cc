#include "domain/analysis/compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/core/rng.h"
#include "domain/analysis/test_rows.h"

namespace roofscape::analysis {
namespace {

using Rows = std::vector<spec::Row>;

RowAxis Rate() { return *MetricAxis("total_tps_per_chip"); }

/// `repeats` rows at each of three loads around 1000 x factor with log noise sigma.
Rows Curve(int repeats, double factor, double sigma, Rng& rng) {
  Rows rows;
  for (const int load : {4, 16, 64}) {
    for (int i = 0; i < repeats; ++i) {
      rows.push_back(
          MakeRow("b200", load, 200.0 / load, 1000 * factor * std::exp(sigma * rng.Normal())));
    }
  }
  return rows;
}

TEST(Compare, OneRunASideDecidesNothing) {
  Rng rng(1);
  const Rows a = Curve(1, 1, 0, rng);
  const struct {
    double factor;
    Finding finding;
  } cases[] = {{1.0, Finding::kCannotShow},
               {1.05, Finding::kCannotShow},
               {0.91, Finding::kCannotShow},
               {1.2, Finding::kHint},
               {0.7, Finding::kHint}};
  for (const auto& c : cases) {
    const auto comparison = CompareByLoad(a, Curve(1, c.factor, 0, rng), Rate());
    ASSERT_TRUE(comparison);
    EXPECT_NEAR(*comparison->floor, 0.1009, 1e-12);
    EXPECT_NEAR(*comparison->change, c.factor - 1, 1e-9);
    EXPECT_EQ(comparison->finding, c.finding) << c.factor;
    EXPECT_FALSE(comparison->low);
  }
}

/// 95 % intervals: no difference is found in about 5 % of cases, and a real one is.
TEST(Compare, RepeatsDecide) {
  const std::uint64_t seed = 17;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng rng(seed);
  int false_findings = 0, found = 0, inside = 0;
  for (int trial = 0; trial < 400; ++trial) {
    const Rows a = Curve(4, 1, 0.01, rng);
    const auto same = CompareByLoad(a, Curve(4, 1, 0.01, rng), Rate());
    const auto worse = CompareByLoad(a, Curve(4, 0.97, 0.01, rng), Rate());
    ASSERT_TRUE(same && worse);
    false_findings += same->finding != Finding::kNoDifference ? 1 : 0;
    found += worse->finding == Finding::kWorse ? 1 : 0;
    inside += *worse->low < -0.03 && -0.03 < *worse->high ? 1 : 0;
  }
  EXPECT_LE(false_findings, 36);  // 5 % of 400 is 20 +- 4.4.
  EXPECT_GE(found, 390);
  EXPECT_GE(inside, 364);
}

TEST(Compare, LowerIsBetterWhereItIs) {
  Rng rng(2);
  Rows a = Curve(3, 1, 0.01, rng), b = a;
  for (Rows* rows : {&a, &b}) {
    for (spec::Row& row : *rows) {
      const double base = rows == &a ? 1.0 : 0.5;
      row.values.Set("ttft_p50_s", base * std::exp(0.01 * rng.Normal()));
    }
  }
  const auto comparison = CompareByLoad(a, b, *MetricAxis("ttft_p50_s"));
  ASSERT_TRUE(comparison);
  EXPECT_EQ(comparison->finding, Finding::kBetter);
}

TEST(Compare, WhatDoesNotCompareIsRefused) {
  Rng rng(3);
  const Rows a = Curve(1, 1, 0, rng);
  for (const char* what : {"protocol", "window", "shape"}) {
    Rows b = a;
    for (spec::Row& row : b) {
      if (std::string(what) == "protocol") row.protocol = "inferencex";
      if (std::string(what) == "window") row.window = "steady";
      if (std::string(what) == "shape") row.workload.input.tokens = 8192;
    }
    const auto comparison = CompareByLoad(a, b, Rate());
    ASSERT_FALSE(comparison) << what;
    EXPECT_NE(comparison.error().message.find(what), std::string::npos);
  }
  Rows other = a;
  for (spec::Row& row : other) row.deployment.engine = "sglang";
  const auto engines = CompareByLoad(a, other, Rate());
  ASSERT_TRUE(engines);
  EXPECT_EQ(engines->differs, std::vector<std::string>{"engine"});
}

TEST(Compare, LayoutsAndEnginesAreNoRepeats) {
  Rng rng(5);
  Rows a = Curve(1, 1, 0, rng);
  for (spec::Row row : Curve(1, 2, 0, rng)) {
    row.deployment.roles[0].ep = 8;
    a.push_back(row);
  }
  const auto same = CompareByLoad(a, a, Rate());
  ASSERT_TRUE(same);
  EXPECT_EQ(same->matches.size(), 6U);
  EXPECT_FALSE(same->low) << "two layouts are not two runs";
  Rows other = Curve(1, 1, 0, rng);
  for (spec::Row& row : other) row.deployment.roles[0].tp = 4;
  EXPECT_FALSE(CompareByLoad(a, other, Rate())) << "which of the two layouts?";
  a.back().deployment.engine = "sglang";
  EXPECT_FALSE(CompareByLoad(a, a, Rate()));
}

TEST(Compare, AtAnInteractivityByStep) {
  Rng rng(4);
  const Rows a = Curve(1, 1, 0, rng);  // 50, 12.5 and 3.1 tokens/s/user, all at 1000.
  Rows b = a;
  b.pop_back();
  const std::vector<double> targets = {2, 10, 40, 60};
  const auto comparison = CompareAt(a, b, *MetricAxis("interactivity_p50_tps"), Rate(), targets);
  ASSERT_TRUE(comparison);
  EXPECT_EQ(comparison->matches.size(), 3U);
  EXPECT_EQ(comparison->only_a, 1U);  // Nobody meets 60.
  EXPECT_EQ(comparison->only_b, 1U);
}

TEST(Compare, WhatDoesNotCompareIsToldWithTheFlagThatChooses) {
  Rng rng(3);
  const Rows a = Curve(1, 1, 0, rng);
  using Change = void (*)(spec::Row&);
  const struct {
    Change change;
    const char* says;
  } cases[] = {
      {[](spec::Row& r) { r.workload.input = {8192, 0.8}; }, "with --shape 8192/"},
      {[](spec::Row& r) { r.protocol = "inferencex"; }, "with --protocol steady"},
      {[](spec::Row& r) { r.deployment.engine = "sglang"; },
       "one side is not of one engine but of sglang and vllm; choose rows of one, e.g. with "
       "--engine vllm"},
      {[](spec::Row& r) { r.workload.prompt_cache = true; }, "not of one prompt rule but of"},
  };
  for (const auto& c : cases) {
    Rows b = a;
    c.change(b[0]);
    const auto comparison = CompareByLoad(a, b, Rate());
    ASSERT_FALSE(comparison) << c.says;
    EXPECT_NE(comparison.error().message.find(c.says), std::string::npos)
        << comparison.error().message;
  }
}

}  // namespace
}  // namespace roofscape::analysis
