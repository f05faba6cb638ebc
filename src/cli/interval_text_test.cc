#include "cli/interval_text.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace roofscape::cli {
namespace {

constexpr Style kPlain = {.bold = false, .width = 80};

TEST(IntervalTextTest, AFigureWithHalfItsInterval) {
  spec::PointMetrics metrics;
  metrics.intervals["output_tps"] = {823, 847};
  EXPECT_EQ(WithInterval(835.0, metrics, "output_tps"), "835 ± 12");
  EXPECT_EQ(WithInterval(835.0, metrics, "total_tps"), "835");
  EXPECT_EQ(WithInterval(std::nullopt, metrics, "output_tps"), "-");
  EXPECT_EQ(HalfWidth(metrics, "output_tps"), "± 12");
  EXPECT_EQ(HalfWidth(metrics, "ttft_p50_s"), "");
}

TEST(IntervalTextTest, FailuresAreInfinitelyLate) {
  spec::PointMetrics metrics;
  EXPECT_EQ(AttemptedText(metrics), "");
  metrics.failures = 1;
  metrics.ttft_attempted_p50_s = 0.0123;
  metrics.ttft_attempted_p99_s = std::numeric_limits<double>::infinity();
  EXPECT_EQ(AttemptedText(metrics),
            "with failures as infinitely late: TTFT p50 12.3 ms, p99 inf; TPOT p50 -, p99 -; E2E "
            "p50 -, p99 -");
}

TEST(IntervalTextTest, RepeatsHaveATableThatSaysWhatItIsFor) {
  spec::RunResult run;
  EXPECT_EQ(RepeatTable(run, kPlain), "");
  run.plan.load.repeat = 3;
  EXPECT_NE(RepeatTable(run, kPlain).find("No interval over the repeats"), std::string::npos);
  spec::RepeatGroup& closed = run.repeats.emplace_back();
  closed.concurrency = 4;
  closed.points = {0, 1, 2};
  closed.figures["output_tps"] = {835, {823, 847}};
  closed.figures["ttft_p50_s"] = {0.0123, {0.0113, 0.0133}};
  spec::RepeatGroup& open = run.repeats.emplace_back();
  open.concurrency = 0;
  open.rate_rps = 2.5;
  open.points = {3, 4};
  const std::string text = RepeatTable(run, kPlain);
  EXPECT_NE(text.find("   4     3  12.3 ± 1"), std::string::npos) << text;
  EXPECT_NE(text.find("835 ± 12\n"), std::string::npos) << text;
  EXPECT_NE(text.find("2.5/s     2"), std::string::npos) << text;
  EXPECT_NE(text.find("Only these intervals decide"), std::string::npos) << text;
}

}  // namespace
}  // namespace roofscape::cli
