// What follows from events, and which points a plan adds to what is there.

#include "service/fleet/state.h"

#include <gtest/gtest.h>

#include "service/fleet/events.h"
#include "service/fleet/prepare.h"
#include "service/fleet/test_plans.h"

namespace roofscape::fleet {
namespace {

constexpr WallTime kNow{1'000'000'000'000};

/// A campaign's record as the store would keep it.
class RecordOf {
 public:
  explicit RecordOf(const Expansion& expansion) {
    for (const Layout& layout : expansion.layouts) {
      record_.layouts.push_back(StoredLayout(layout, "/plan"));
    }
    for (const Point& point : expansion.points) {
      record_.points.push_back(StoredPoint(point, 0, 2.0));
    }
  }

  void Add(store::SweepEvent event) {
    event.index = record_.last_event() + 1;
    record_.events.push_back(std::move(event));
  }
  const std::string& layout() const { return record_.points.front().layout; }
  const std::string& key(std::size_t i) const { return record_.points[i].key; }
  CampaignState State() const {
    auto state = CampaignState::Of(record_);
    EXPECT_TRUE(state) << state.error().message;
    return *std::move(state);
  }
  Result<CampaignState> Try() const { return CampaignState::Of(record_); }

 private:
  store::SweepRecord record_;
};

JobState SomeJob(const RecordOf& record) {
  JobState job;
  job.name = "rs-1";
  job.folder = "/jobs/rs-1";
  job.points = {record.key(0), record.key(1)};
  return job;
}

TEST(StateTest, AJobsEndMakesWhatItHadBegunPendingAgain) {
  RecordOf record(MustExpand(kSmallPlan));
  const JobState job = SomeJob(record);
  record.Add(events::Claimed(record.layout(), "c", kNow));
  record.Add(events::JobMade(record.layout(), job, kNow));
  record.Add(events::Submitted(record.layout(), "rs-1", "17", kNow));
  record.Add(events::Running(record.layout(), "rs-1", "n1", kNow));
  record.Add(events::Done(record.key(0), "run-0", "VALID", kNow));
  record.Add(events::Begun(record.key(1), "rs-1", kNow));
  CampaignState state = record.State();
  EXPECT_EQ(state.layouts().at(record.layout()).job->id, "17");
  EXPECT_EQ(state.FindPoint(record.key(1))->status, PointStatus::kRunning);
  const Failure failure{"node", "it burns", "water"};
  record.Add(events::Ended(record.layout(), job, &failure, 12.0, nullptr, kNow));
  state = record.State();
  EXPECT_EQ(state.FindPoint(record.key(0))->status, PointStatus::kDone);
  EXPECT_EQ(state.FindPoint(record.key(0))->run, "run-0");
  EXPECT_EQ(state.FindPoint(record.key(1))->status, PointStatus::kPending);
  EXPECT_FALSE(state.layouts().at(record.layout()).job);
  EXPECT_EQ(state.layouts().at(record.layout()).failures.at("node"), 1);
  EXPECT_EQ(state.hosts().at("n1").failures, 1);
  EXPECT_EQ(state.device_seconds(), 12.0);
  EXPECT_EQ(state.Waiting(record.layout()).size(), 3U);
}

TEST(StateTest, WhatNoRoofscapeWroteIsRefused) {
  RecordOf record(MustExpand(kSmallPlan));
  record.Add(events::Submitted(record.layout(), "rs-9", "17", kNow));
  ASSERT_FALSE(record.Try());
  EXPECT_EQ(record.Try().error().code, ErrorCode::kProtocol);
}

TEST(StateTest, PlansAddWhatIsNewAndWhatIsOld) {
  const SweepPlan plan = MustParse(kSmallPlan);
  const Expansion expansion = MustExpand(kSmallPlan);
  RecordOf record(expansion);
  constexpr std::int64_t kDayUs = 86'400'000'000;
  const Failure failure{"memory", "no", "more"};
  record.Add(events::Done(record.key(0), "run-0", "VALID", WallTime{kNow.unix_us - 3 * kDayUs}));
  record.Add(events::Done(record.key(1), "run-1", "VALID", WallTime{kNow.unix_us - kDayUs}));
  record.Add(events::Failed(record.key(2), failure, true, kNow));
  record.Add(events::Skipped(record.key(3), "budget", kNow));
  const CampaignState state = record.State();
  const auto ask = [&](const Expansion& wanted, const RoundRules& rules) {
    return Prepare(plan, wanted, state, rules, {}, kNow).planned;
  };
  Planned planned = ask(expansion, {});
  EXPECT_EQ(planned.points.size(), 0U);
  EXPECT_EQ(planned.fresh, 2);
  EXPECT_EQ(planned.failed, 1);
  EXPECT_EQ(planned.open, 8);
  ASSERT_EQ(planned.events.size(), 1U);  // The budget may be another one now.
  EXPECT_EQ(planned.events[0].subject, record.key(3));

  planned = ask(expansion, {.max_age_days = 2.0});
  ASSERT_EQ(planned.points.size(), 1U);
  EXPECT_EQ(planned.points[0].key.substr(64), "-0-1");  // Repeat 0, round 1.
  EXPECT_EQ(ask(expansion, {.again = true}).points.size(), 2U);
  EXPECT_EQ(ask(expansion, {.retry_failed = true}).events.size(), 2U);

  // Another recipe is new, and the old one that is not measured yet is dropped.
  const Expansion changed = MustExpand(Replaced(kSmallPlan, "[4, 1]", "[4, 2]"));
  planned = ask(changed, {});
  EXPECT_EQ(planned.points.size(), 6U);
  for (const store::SweepEvent& event : planned.events) {
    if (event.kind != "skipped") continue;
    EXPECT_EQ(state.FindPoint(event.subject)->plan.load.concurrency.front(), 1);
  }
}

TEST(StateTest, KnownTimesAreBetterThanEstimates) {
  const SweepPlan plan = MustParse(kSmallPlan);
  const Expansion expansion = MustExpand(kSmallPlan);
  const std::string recipe = expansion.points[0].recipe;
  const Preparation preparation =
      Prepare(plan, expansion, CampaignState(), {}, {{recipe, 7.5}}, kNow);
  EXPECT_EQ(preparation.estimates.at(recipe), 7.5);
  EXPECT_EQ(preparation.estimates_measured, 1);
  EXPECT_EQ(preparation.estimates.at(expansion.points[1].recipe), 60.0);
}

}  // namespace
}  // namespace roofscape::fleet
