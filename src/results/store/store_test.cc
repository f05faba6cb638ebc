#include "results/store/store.h"

#include <optional>

#include <gtest/gtest.h>

#include "base/core/text.h"
#include "results/store/db.h"
#include "results/store/test_data.h"
#include "results/store/test_server.h"

namespace roofscape::store {
namespace {

class StoreTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    RS_SKIP_WITHOUT(GetParam());
    place_.emplace(GetParam());
    path_ = place_->path();
    auto opened = OpenStore(path_, OpenMode::kReadWrite);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = *std::move(opened);
  }

  /// Stores a run with `points` complete points and returns it as it should be read.
  spec::RunResult Put(spec::RunResult run, std::int64_t points) {
    EXPECT_TRUE(store_->BeginRun(run));
    for (std::int64_t index = 0; index < points; ++index) {
      run.points.push_back(SomePoint(index, static_cast<std::uint64_t>(index) + 7));
      const auto point = store_->BeginPoint(run.id, run.points.back());
      EXPECT_TRUE(point) << point.error().message;
      EXPECT_TRUE(store_->FinishPoint(*point, run.points.back()));
    }
    return run;
  }

  std::optional<TestPlace> place_;
  std::string path_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Backends, StoreTest, testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& instance) { return NameOf(instance.param); });

TEST_P(StoreTest, ARunComesBackAsItWasStored) {
  spec::RunResult run = Put(SomeRun("20261123-190222-1a2b3c"), 3);
  const std::vector<std::string> notes = {"the server restarted"};
  run.status = spec::RunStatus::kComplete;
  run.ended = WallTime{run.started.unix_us + 5};
  ASSERT_TRUE(store_->FinishRun(run.id, run.status, *run.ended, notes));
  run.notes.push_back(notes[0]);

  store_.reset();
  auto reader = OpenStore(path_, OpenMode::kReadOnly);
  ASSERT_TRUE(reader) << reader.error().message;
  const auto loaded = (*reader)->LoadRun(run.id);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_TRUE(*loaded == run);
}

TEST_P(StoreTest, ChunksOfALogComeBackAsOneLog) {
  const spec::RunResult run = SomeRun("r");
  ASSERT_TRUE(store_->BeginRun(run));
  const auto point = store_->BeginPoint(run.id, SomePoint(0, 1));
  ASSERT_TRUE(point);
  EXPECT_TRUE(*store_->LoadLog(*point) == spec::RequestLog{});
  spec::RequestLog whole;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const spec::RequestLog chunk = SomeLog(seed, 40);
    whole.Append(chunk);
    ASSERT_TRUE(store_->AppendLog(*point, chunk));
  }
  const auto loaded = store_->LoadLog(*point);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_TRUE(*loaded == whole);
}

TEST_P(StoreTest, APointThatNeverEndedIsListedAsIncomplete) {
  spec::RunResult run = Put(SomeRun("r"), 1);
  spec::PointResult begun = SomePoint(1, 3);
  const auto point = store_->BeginPoint(run.id, begun);
  ASSERT_TRUE(point);
  ASSERT_TRUE(store_->AppendLog(*point, SomeLog(1, 10)));

  const auto loaded = store_->LoadRun("last");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->status, spec::RunStatus::kIncomplete);
  EXPECT_FALSE(loaded->ended.has_value());
  ASSERT_EQ(loaded->points.size(), 2U);
  EXPECT_TRUE(loaded->points[0].complete);
  EXPECT_FALSE(loaded->points[1].complete);
  EXPECT_EQ(loaded->points[1].concurrency, begun.concurrency);
  EXPECT_EQ(loaded->points[1].started, begun.started);
  EXPECT_FALSE(loaded->points[1].steady.has_value());
}

TEST_P(StoreTest, ALaterAnswerCountsAndTheEarlierOneStays) {
  spec::RunResult run = Put(SomeRun("r"), 1);
  spec::PointResult better = SomePoint(0, 99);
  better.verdict.instrument = spec::Fitness::kInvalid;
  ASSERT_TRUE(store_->FinishPoint({run.id, 0}, better));
  ASSERT_TRUE(store_->FinishRun(run.id, spec::RunStatus::kIncomplete, WallTime{1}, {}));
  ASSERT_TRUE(store_->FinishRun(run.id, spec::RunStatus::kComplete, WallTime{2}, {}));

  const auto loaded = store_->LoadRun(run.id);
  ASSERT_TRUE(loaded) << loaded.error().message;
  ASSERT_EQ(loaded->points.size(), 1U);
  EXPECT_TRUE(loaded->points[0] == better);
  EXPECT_EQ(loaded->status, spec::RunStatus::kComplete);
  const auto runs = store_->Runs({});
  ASSERT_TRUE(runs);
  EXPECT_EQ(runs->front().valid, 0);
  EXPECT_EQ(runs->front().invalid, 1);

  const auto database = Database::Open(path_, Access::kReadOnly, {});
  ASSERT_TRUE(database);
  EXPECT_EQ(*(*database)->Int("SELECT COUNT(*) FROM point_end"), 2);
  EXPECT_EQ(*(*database)->Int("SELECT supersedes FROM point_end_now"), 1);
}

TEST_P(StoreTest, MetricsCanBeQueriedBySql) {
  const spec::RunResult run = Put(SomeRun("r"), 2);
  const auto database = Database::Open(path_, Access::kReadOnly, {});
  ASSERT_TRUE(database);
  auto query = (*database)->Prepare(
      "SELECT value FROM metric_now WHERE run_id = ? AND concurrency = 2 AND window_name = ? AND "
      "name = 'ttft_p99_s'");
  ASSERT_TRUE(query);
  query->Bind(run.id).Bind("steady");
  ASSERT_TRUE(*query->Step());
  EXPECT_EQ(query->Double(0), *run.points[1].steady->ttft_s.p99);
  EXPECT_EQ(*(*database)->Int("SELECT COUNT(*) FROM metric WHERE name = 'tpot_p50_s'"), 0)
      << "a missing metric must have no row";
}

TEST_P(StoreTest, ListsTheNewestFirstAndFilters) {
  for (int i = 0; i < 4; ++i) {
    spec::RunResult run = SomeRun("run-" + std::to_string(i));
    run.started.unix_us += i;
    run.plan.labels["trial"] = std::to_string(i % 2);
    if (i == 3) run.plan.deployment.model = "other";
    Put(run, i);
  }
  const auto ids = [&](const RunFilter& filter) {
    std::string text;
    const auto runs = store_->Runs(filter);
    EXPECT_TRUE(runs) << runs.error().message;
    for (const RunSummary& run : *runs) text += run.id.substr(4);
    return text;
  };
  EXPECT_EQ(ids({}), "3210");
  EXPECT_EQ(ids({.limit = 2}), "32");
  EXPECT_EQ(ids({.limit = 1, .labels = {{"trial", "0"}}}), "2");
  EXPECT_EQ(ids({.labels = {{"trial", "0"}, {"site", "lab"}}}), "20");
  EXPECT_EQ(ids({.labels = {{"trial", "0"}, {"site", "x"}}}), "");
  EXPECT_EQ(ids({.model = "other"}), "3");
  EXPECT_EQ(ids({.since = WallTime{SomeRun("").started.unix_us + 2}}), "32");
  const RunSummary newest = store_->Runs({})->front();
  EXPECT_EQ(newest.points_done, 3);
  EXPECT_EQ(newest.points_begun, 3);
  EXPECT_EQ(newest.points_asked, 3);
  EXPECT_EQ(newest.valid, 3);
  EXPECT_EQ(newest.engine, "llama.cpp");
  EXPECT_EQ(newest.engine_version, "b1");
  EXPECT_EQ(newest.chips, 1);
  EXPECT_EQ(newest.labels.at("trial"), "1");
}

TEST_P(StoreTest, FindsARunByIdPrefixOrLast) {
  for (const char* id :
       {"20261123-190222-1a2b3c", "20261123-190222-1a", "20261124-100000-ffffff"}) {
    ASSERT_TRUE(store_->BeginRun(SomeRun(id)));
  }
  EXPECT_EQ(*store_->FindRun("20261124"), "20261124-100000-ffffff");
  EXPECT_EQ(*store_->FindRun("last"), "20261124-100000-ffffff");
  EXPECT_EQ(*store_->FindRun("20261123-190222-1a"), "20261123-190222-1a") << "an id is no prefix";

  const auto several = store_->FindRun("20261123");
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(several.error().message.find("give more characters"), std::string::npos);
  const auto unknown = store_->FindRun("20261124-100000-fffffe");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_NE(unknown.error().message.find("Did you mean '20261124-100000-ffffff'?"),
            std::string::npos)
      << unknown.error().message;
  for (const char* wild : {"", "2026%", "2026112_"}) EXPECT_FALSE(store_->FindRun(wild)) << wild;
}

TEST_P(StoreTest, AnEmptyStoreSaysHowToGetARun) {
  const auto none = store_->LoadRun("last");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_NE(none.error().message.find("roofscape bench"), std::string::npos);
  EXPECT_TRUE(store_->Runs({})->empty());
}

TEST_P(StoreTest, RefusesWhatDoesNotFitTogether) {
  ASSERT_TRUE(store_->BeginRun(SomeRun("r")));
  EXPECT_FALSE(store_->BeginRun(SomeRun("r"))) << "an id twice";
  EXPECT_FALSE(store_->BeginPoint("unknown", SomePoint(0, 1)));
  EXPECT_FALSE(store_->AppendLog({"r", 0}, SomeLog(1, 1)));
  EXPECT_FALSE(store_->FinishPoint({"r", 0}, SomePoint(0, 1)));
  EXPECT_FALSE(store_->FinishRun("unknown", spec::RunStatus::kComplete, WallTime{1}, {}));
  const auto log = store_->LoadLog({"r", 5});
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, ErrorCode::kNotFound);
  // None of it left half a row behind, and the store goes on.
  EXPECT_TRUE(store_->BeginPoint("r", SomePoint(0, 1)));
  EXPECT_EQ(store_->LoadRun("r")->points.size(), 1U);
}

TEST_P(StoreTest, TextOfAServerThatIsNoUtf8DoesNotStopTheRun) {
  spec::RunResult run = SomeRun("r");
  run.engine["model"] = "bad \xFF\xFE bytes";
  ASSERT_TRUE(store_->BeginRun(run));
  spec::PointResult point = SomePoint(0, 1);
  point.verdict.server_reasons = {"server said \xC3"};
  ASSERT_TRUE(store_->BeginPoint("r", point));
  ASSERT_TRUE(store_->FinishPoint({"r", 0}, point));
  const auto loaded = store_->LoadRun("r");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->points[0].verdict.server_reasons[0], "server said \xEF\xBF\xBD");
}

TEST_P(StoreTest, CampaignsHoldRunsAndAreMadeOnce) {
  Put(SomeRun("20261123-190222-000001"), 1);
  Put(SomeRun("20261123-190222-000002"), 1);
  const Campaign spring{"spring", "which engine", WallTime{7}, {{"site", "lab"}}, 0, 0};
  ASSERT_TRUE(store_->MakeCampaign(spring));
  EXPECT_EQ(store_->MakeCampaign(spring).error().code, ErrorCode::kInvalidArgument);
  const std::vector<std::string> runs = {"20261123-190222-000002"};
  ASSERT_TRUE(store_->JoinCampaign("spring", runs));
  ASSERT_TRUE(store_->JoinCampaign("spring", runs));
  EXPECT_EQ(store_->JoinCampaign("autumn", runs).error().code, ErrorCode::kNotFound);
  const auto campaigns = store_->Campaigns();
  ASSERT_TRUE(campaigns) << campaigns.error().message;
  Campaign expected = spring;
  expected.runs = 1;
  EXPECT_EQ(*campaigns, std::vector<Campaign>{expected});
  ASSERT_EQ(store_->Runs({.campaign = "spring"})->size(), 1U);
  EXPECT_EQ(store_->Runs({.campaign = "spring"})->front().id, runs[0]);
  EXPECT_TRUE(store_->Runs({.campaign = "autumn"})->empty());
}

TEST_P(StoreTest, SeriesComeBackAsTheyWere) {
  Put(SomeRun("20261123-190222-000001"), 1);
  std::vector<Series> series;
  for (const char* device : {"0", "1"}) {
    Series& one = series.emplace_back();
    one.metric = "device_power_w";
    one.device = device;
    one.source = "power.csv";
    one.digest = "d";
    one.known = WallTime{9};
    one.begin = WallTime{1'800'000'000'000'000};
    for (std::int64_t i = 0; i < 1000; ++i) {
      one.offsets_us.push_back(i * 1'000'003);
      one.values.push_back(380.42 + 0.25 * static_cast<double>(i % 7));
    }
  }
  EXPECT_EQ(*store_->AddSeries("20261123-190222-000001", series), 2);
  EXPECT_EQ(*store_->AddSeries("20261123-190222-000001", series), 0);
  const auto loaded = store_->LoadSeries("20261123-190222-000001");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(*loaded, series);
  EXPECT_TRUE(store_->LoadSeries("20261123-190222-000002")->empty());
}

}  // namespace
}  // namespace roofscape::store
