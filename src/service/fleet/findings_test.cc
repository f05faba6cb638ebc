// Days of made-up figures: what is found, once, and with what changed.

#include "service/fleet/findings.h"

#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace roofscape::fleet {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

/// Throughput of four loads with a wobble of a few tenths of a percent that differs by day.
Batch DayOf(std::int64_t day, double factor, const std::string& version) {
  Batch batch;
  batch.occasion = day;
  batch.at = WallTime{day * kDayUs};
  for (const std::int64_t users : {1, 4, 16, 64}) {
    for (int repeat = 0; repeat < 2; ++repeat) {
      const double wobble = 1 + 0.003 * std::sin(static_cast<double>(day * 7 + users + repeat * 3));
      spec::RunResult run;
      run.id = "r";
      run.plan.deployment.model = "m";
      run.plan.deployment.engine = "e";
      run.plan.deployment.engine_version = version;
      run.plan.workload.input.tokens = 8;
      run.plan.workload.output.tokens = 8;
      run.host["driver_version"] = "570.1";
      spec::PointResult point;
      point.concurrency = users;
      point.protocol = "whole";
      point.complete = true;
      point.whole.total_tps = 100.0 * std::sqrt(static_cast<double>(users)) * factor * wobble;
      point.whole.tpot_s.p50 = 0.01 * static_cast<double>(users) / factor * wobble;
      point.whole.interactivity_tps.p50 = 1 / *point.whole.tpot_s.p50;
      run.points = {point};
      LayoutState layout;
      layout.name = "d";
      layout.start.command = "serve --port {port}";
      for (Evidence& one : EvidenceOf(run, layout)) batch.evidence.push_back(std::move(one));
    }
  }
  return batch;
}

JudgeSettings Settings() {
  JudgeSettings settings;
  settings.record_at = {20};
  return settings;
}

/// What a report keeps for later.
void Remember(const Findings& findings, std::int64_t occasion, Past& past) {
  for (const Change& change : findings.changes) past.changed[change.family] = occasion;
  past.levels.insert(past.levels.end(), findings.levels.begin(), findings.levels.end());
}

TEST(Findings, APlantedRegressionIsFoundOnceWithWhatChanged) {
  std::vector<Batch> days;
  Past past;
  for (std::int64_t day = 1; day <= 12; ++day) {
    const bool late = day >= 3;
    days.push_back(DayOf(day, late ? 0.9 : 1.0, late ? "1.1" : "1.0"));
    const Findings found = Judge(days, past, Settings());
    EXPECT_EQ(found.changes.size(), day == 3 ? 1U : 0U) << "day " << day;
    EXPECT_EQ(found.alone.size(), day == 1 ? 1U : 0U);
    for (const Level& level : found.levels) EXPECT_FALSE(level.record) << "day " << day;
    if (day == 3) {
      ASSERT_FALSE(found.changes.empty());
      const Change& change = found.changes[0];
      EXPECT_TRUE(change.worse);
      EXPECT_EQ(change.title, "d, 8/8");
      ASSERT_EQ(change.changed.size(), 1U);
      EXPECT_EQ(change.changed[0], (FactChange{"engine version", "1.0", "1.1"}));
      ASSERT_FALSE(change.shifts.empty());
      EXPECT_EQ(change.shifts[0].metric, "total_tps");  // No chips are known, so not per chip.
      EXPECT_NEAR(change.shifts[0].shift.change, -0.1, 0.01);
    }
    Remember(found, day, past);
  }
}

TEST(Findings, QuietDaysAlarmNobody) {
  std::vector<Batch> days;
  Past past;
  for (std::int64_t day = 1; day <= 60; ++day) {
    days.push_back(DayOf(day, 1.0, fmt::format("1.{}", day)));
    const Findings found = Judge(days, past, Settings());
    EXPECT_TRUE(found.changes.empty()) << "day " << day;
    Remember(found, day, past);
  }
}

TEST(Findings, RecoveryIsAnImprovementAndNoRecord) {
  std::vector<Batch> days;
  Past past;
  const double factors[] = {1, 1, 0.85, 0.85, 1};
  for (std::int64_t day = 1; day <= 5; ++day) {
    days.push_back(DayOf(day, factors[day - 1], "1.0"));
    const Findings found = Judge(days, past, Settings());
    EXPECT_EQ(found.changes.size(), day == 3 || day == 5 ? 1U : 0U) << "day " << day;
    if (day == 3) {
      EXPECT_TRUE(found.changes.at(0).changed.empty());  // Nothing that is known of.
    }
    if (day == 5) {
      EXPECT_FALSE(found.changes.at(0).worse);
      EXPECT_FALSE(found.levels.at(0).record);
    }
    Remember(found, day, past);
  }
}

TEST(Findings, ARecordIsToldOnceAndCreepingOnesAddUp) {
  std::vector<Batch> days;
  Past past;
  std::vector<std::int64_t> records;
  for (std::int64_t day = 1; day <= 20; ++day) {
    const double factor = day < 3 ? 1.0 : day < 6 ? 1.2 : 1.2 + 0.01 * static_cast<double>(day - 5);
    days.push_back(DayOf(day, factor, "1.0"));
    const Findings found = Judge(days, past, Settings());
    ASSERT_EQ(found.levels.size(), 1U);
    if (found.levels[0].record) records.push_back(day);
    Remember(found, day, past);
  }
  ASSERT_GE(records.size(), 2U);
  EXPECT_EQ(records[0], 3);
  EXPECT_GT(records[1], 8);  // 7 % above the one before.
}

TEST(Findings, OneLoadIsNoCurve) {
  std::vector<Batch> days = {DayOf(1, 1, "1.0"), DayOf(2, 0.5, "1.0")};
  for (Batch& day : days) day.evidence.resize(2);
  const Findings found = Judge(days, {}, Settings());
  EXPECT_TRUE(found.changes.empty());
  EXPECT_EQ(found.alone.size(), 1U);
}

TEST(Findings, OfLongTextsOnlyWhatDiffersIsShown) {
  const std::string before(200, 'x');
  const FactChange change{"recipe: command", before + " --slots 4 --other " + before,
                          before + " --slots 8 --other " + before};
  const std::string text = TextOf(change);
  EXPECT_LT(text.size(), 120U) << text;
  EXPECT_NE(text.find("--slots 4"), std::string::npos) << text;
  EXPECT_NE(text.find("--slots 8"), std::string::npos) << text;
  EXPECT_EQ(TextOf({"image", "", "b"}), "image (nothing), now b");
}

}  // namespace
}  // namespace roofscape::fleet
