// Campaigns' plans, points and events, on both back-ends: what a claim and an import rest on.

#include "results/store/sweep_log.h"

#include <gtest/gtest.h>

#include "results/store/test_data.h"
#include "results/store/test_server.h"

namespace roofscape::store {
namespace {

const std::vector<SweepLayout> kLayouts = {{"layout-a", R"({"a":1})"}, {"layout-b", "{}"}};
const std::vector<SweepPoint> kPoints = {
    {"p1", "layout-b", "{}"}, {"p0", "layout-a", R"({"x":2})"}, {"p2", "layout-a", "{}"}};

Campaign SomeCampaign() {
  Campaign campaign;
  campaign.name = "spring";
  campaign.started = WallTime{1000};
  return campaign;
}

SweepEvent Event(std::string kind, std::string subject) {
  return {0, WallTime{5}, std::move(kind), std::move(subject), "{}"};
}

class SweepLogTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    RS_SKIP_WITHOUT(GetParam());
    place_.emplace(GetParam());
    auto opened = OpenSweepLog(place_->path(), OpenMode::kReadWrite);
    ASSERT_TRUE(opened) << opened.error().message;
    log_ = *std::move(opened);
    const auto added = log_->AddPlan(SomeCampaign(), "plan 1", kLayouts, kPoints);
    ASSERT_TRUE(added) << added.error().message;
  }

  std::size_t Runs(const std::string& campaign) {
    auto store = OpenStore(place_->path(), OpenMode::kReadOnly);
    EXPECT_TRUE(store);
    return (*store)->Runs({.campaign = campaign})->size();
  }

  std::optional<TestPlace> place_;
  std::unique_ptr<SweepLog> log_;
};

TEST_P(SweepLogTest, KeepsPointsInTheOrderOfThePlanAndAddsOnlyNewOnes) {
  std::vector<SweepPoint> more = {{"p0", "layout-b", "changed"}, {"p3", "layout-b", "{}"}};
  ASSERT_TRUE(log_->AddPlan(SomeCampaign(), "plan 2", kLayouts, more));
  const auto record = log_->Load("spring");
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->plan_text, "plan 2");
  EXPECT_EQ(*log_->PlanText("spring"), "plan 2");
  EXPECT_EQ(record->layouts, kLayouts);
  std::vector<SweepPoint> expected = kPoints;
  expected.push_back(more[1]);
  EXPECT_EQ(record->points, expected);  // p0 stays as it was planned first.
}

TEST_P(SweepLogTest, OfTwoWhoSawTheSameEventsOneIsTaken) {
  const std::vector<SweepEvent> mine = {Event("claimed", "layout-a"), Event("x", "y")};
  const std::vector<SweepEvent> theirs = {Event("claimed", "layout-a")};
  EXPECT_TRUE(*log_->Append("spring", 0, mine));
  EXPECT_FALSE(*log_->Append("spring", 0, theirs));
  EXPECT_FALSE(*log_->Append("spring", 1, theirs));
  EXPECT_TRUE(*log_->Append("spring", 2, theirs));
  const auto events = log_->EventsAfter("spring", 1);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2U);
  EXPECT_EQ((*events)[0].kind, "x");
  EXPECT_EQ((*events)[1].index, 3);
}

TEST_P(SweepLogTest, ImportsARunOnceAndWithItsEventOrNotAtAll) {
  const TemporaryFolder folder;
  const std::string source = folder.File("job.db");
  {
    auto store = OpenStore(source, OpenMode::kReadWrite);
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->BeginRun(SomeRun("run-1", {1})));
    const auto id = (*store)->BeginPoint("run-1", SomePoint(0, 1));
    ASSERT_TRUE((*store)->AppendLog(*id, SomeLog(1, 20)));
    ASSERT_TRUE((*store)->FinishPoint(*id, SomePoint(0, 1)));
    ASSERT_TRUE((*store)->FinishRun("run-1", spec::RunStatus::kComplete, WallTime{9}, {}));
  }
  const std::vector<SweepEvent> done = {Event("done", "p0")};
  EXPECT_FALSE(*log_->Import("spring", 7, done, source, "run-1"));
  EXPECT_EQ(Runs("spring"), 0U);
  const auto missing = log_->Import("spring", 0, done, source, "run-2");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log_->EventsAfter("spring", 0)->size(), 0U);

  const auto first = log_->Import("spring", 0, done, source, "run-1");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(*first);
  EXPECT_TRUE(*log_->Import("spring", 1, done, source, "run-1"));
  EXPECT_EQ(Runs("spring"), 1U);
  auto here = OpenStore(place_->path(), OpenMode::kReadOnly);
  auto there = OpenStore(source, OpenMode::kReadOnly);
  EXPECT_EQ(*(*here)->LoadRun("run-1"), *(*there)->LoadRun("run-1"));
  EXPECT_EQ(*(*here)->LoadLog({"run-1", 0}), *(*there)->LoadLog({"run-1", 0}));
}

TEST_P(SweepLogTest, SaysWhatACampaignWithoutPlanIs) {
  const auto none = log_->Load("autumn");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("campaign 'autumn': there is none"), std::string::npos);
}

TEST_P(SweepLogTest, MarksGrowWithTheRecord) {
  auto store = OpenStore(place_->path(), OpenMode::kReadWrite);
  ASSERT_TRUE(store);
  Campaign other = SomeCampaign();
  other.name = "no plan";
  ASSERT_TRUE((*store)->MakeCampaign(other));
  const auto before = log_->Marks("");
  ASSERT_TRUE(before) << before.error().message;
  ASSERT_EQ(before->size(), 1U);
  EXPECT_EQ(before->front(), (SweepMark{"spring", "", WallTime{1000}, 1, 3, 0, std::nullopt}));
  ASSERT_TRUE(*log_->Append("spring", 0, std::vector{Event("begun", "p1"), Event("done", "p1")}));
  other.name = "later";
  other.started = WallTime{2000};
  ASSERT_TRUE(log_->AddPlan(other, "plan", kLayouts, kPoints));
  const auto after = log_->Marks("");
  ASSERT_TRUE(after) << after.error().message;
  ASSERT_EQ(after->size(), 2U);
  EXPECT_EQ(after->front().campaign, "later");
  EXPECT_EQ(after->back(), (SweepMark{"spring", "", WallTime{1000}, 1, 3, 2, WallTime{5}}));
  EXPECT_EQ(log_->Marks("spring")->size(), 1U);
  EXPECT_TRUE(log_->Marks("none")->empty());
}

INSTANTIATE_TEST_SUITE_P(Backends, SweepLogTest,
                         testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& instance) { return NameOf(instance.param); });

}  // namespace
}  // namespace roofscape::store
