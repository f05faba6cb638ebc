// Campaigns and entries of a daemon, over a store of their own.

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "service/api/export_static.h"
#include "service/api/gzip.h"
#include "service/api/test_rows.h"
#include "service/fleet/daemon_report.h"
#include "service/fleet/events.h"
#include "service/fleet/test_plans.h"

namespace roofscape::api {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kHourUs = 3600 * kSecondUs;

class FleetTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "roofscape-fleet-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/r.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// The test's present.
  WallTime Now() const { return (*input_).now; }
  WallTime Ago(std::int64_t us) const { return WallTime{Now().unix_us - us}; }

  /// Twelve points in three layouts.
  void Plan(const std::string& budget = "") {
    auto log = store::OpenSweepLog(path_, store::OpenMode::kReadWrite);
    ASSERT_TRUE(log) << log.error().message;
    sweeps_ = *std::move(log);
    for (const fleet::Layout& layout : expansion_.layouts) {
      layouts_.push_back(fleet::StoredLayout(layout, "/plan"));
    }
    for (const fleet::Point& point : expansion_.points) {
      points_.push_back(fleet::StoredPoint(point, 0, 100));
    }
    const auto added =
        sweeps_->AddPlan(Named("small/one"), fleet::kSmallPlan + budget, layouts_, points_);
    ASSERT_TRUE(added) << added.error().message;
  }

  store::Campaign Named(const std::string& name) const {
    store::Campaign campaign;
    campaign.name = name;
    campaign.purpose = "why";
    campaign.started = Ago(5 * kHourUs);
    return campaign;
  }

  void Add(const store::SweepEvent& event) {
    const auto added = sweeps_->Append("small/one", last_++, std::vector{event});
    ASSERT_TRUE(added) << added.error().message;
    ASSERT_TRUE(*added);
  }

  void Add(store::DaemonLog& log, const store::DaemonEvent& event) {
    const auto added = log.Append("night", last_of_entry_++, event);
    ASSERT_TRUE(added) << added.error().message;
    ASSERT_TRUE(*added);
  }

  Json Fleet(StoreAccess& store) const {
    const auto json = FleetView(*input_, store);
    EXPECT_TRUE(json) << json.error().message;
    return json ? *json : Json();
  }
  Json Sweep(StoreAccess& store) const {
    const auto json = SweepView(*input_, store, "small/one");
    EXPECT_TRUE(json) << json.error().message;
    return json ? *json : Json();
  }

  const TestInput input_{{}};
  const fleet::Expansion expansion_ = fleet::MustExpand(fleet::kSmallPlan);
  std::string folder_, path_;
  std::unique_ptr<store::SweepLog> sweeps_;
  std::vector<store::SweepLayout> layouts_;
  std::vector<store::SweepPoint> points_;
  std::int64_t last_ = 0, last_of_entry_ = 0;
};

TEST_F(FleetTest, AStoreWithoutFleetIsEmpty) {
  StoreAccess store(path_, TestCatalog());
  Json fleet = Fleet(store);
  EXPECT_TRUE(fleet["campaigns"].empty());
  EXPECT_TRUE(fleet["entries"].empty());
  EXPECT_EQ(fleet["fleet"], 0);
  EXPECT_EQ(SweepView(*input_, store, "none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(SweepView(*input_, store, "").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(EntryView(*input_, store, "none").error().code, ErrorCode::kNotFound);
  Plan();  // It is found when it appears.
  EXPECT_EQ(Fleet(store)["campaigns"].size(), 1U);
}

TEST_F(FleetTest, ACampaignHasTheStateOfEveryPoint) {
  Plan("[budget]\nwall_hours = 4\ndevice_hours = 2\nusd = 10\nusd_per_device_hour = 3\n");
  StoreAccess store(path_, TestCatalog());
  Json head = Fleet(store)["campaigns"][0];
  EXPECT_EQ(head["state"], "stopped");
  EXPECT_EQ(head["pending"], 12);
  EXPECT_EQ(head["open_s"], 1200.0);
  EXPECT_TRUE(head["budgets"][0]["used"].is_null());  // Nobody's hours run.
  fleet::CoordinatorState coordinator{"h", 1, "b", {}, WallTime{Now().unix_us + kSecondUs}};
  Add(fleet::events::Alive("c", coordinator, Ago(kHourUs)));
  fleet::JobState job;
  job.name = "rs-1";
  job.points = {points_[0].key, points_[1].key};
  Add(fleet::events::JobMade(points_[0].layout, job, Ago(kHourUs)));
  Add(fleet::events::Running(points_[0].layout, "rs-1", "n1", Ago(kHourUs)));
  Add(fleet::events::Done(points_[0].key, "run-0", "VALID", Ago(kHourUs / 2)));
  const fleet::Failure failure{"memory", "no", "more"};
  Add(fleet::events::Failed(points_[1].key, failure, true, Ago(60)));
  Add(fleet::events::Skipped(points_[2].key, "budget", Ago(60)));
  const fleet::Failure burns{"node", "it burns", "water"};
  Add(fleet::events::Ended(points_[0].layout, job, &burns, 3600, nullptr, Ago(60)));
  Add(fleet::events::Aside("n1", "it burns", Ago(60)));
  const Json sweep = Sweep(store);
  head = sweep["campaign"];
  EXPECT_EQ(head["state"], "running");
  EXPECT_EQ(head["done"], 1);
  EXPECT_EQ(head["failed"], 1);
  EXPECT_EQ(head["skipped"], 1);
  EXPECT_EQ(head["pending"], 9);
  EXPECT_EQ(head["open_s"], 900.0);
  EXPECT_EQ(head["device_h"], 1.0);
  EXPECT_EQ(head["usd"], 3.0);
  EXPECT_EQ(head["hosts_aside"], 1);
  EXPECT_NEAR(head["budgets"][0]["used"].get<double>(), 1, 1e-9);
  EXPECT_NEAR(head["budgets"][1]["used_share"].get<double>(), 0.5, 1e-9);
  EXPECT_NEAR(head["budgets"][2]["used_share"].get<double>(), 0.3, 1e-9);
  EXPECT_EQ(sweep["points"][0]["run"], "run-0");
  EXPECT_EQ(sweep["points"][1]["failure"]["cure"], "more");
  EXPECT_EQ(sweep["points"][2]["failure"]["reason"], "budget");
  EXPECT_EQ(sweep["hosts"][0]["host"], "n1");
  EXPECT_EQ(sweep["hosts"][0]["last"], "it burns");
  EXPECT_EQ(sweep["reasons"].size(), 2U);
  EXPECT_TRUE(sweep["jobs"].empty());
}

TEST_F(FleetTest, WhatHappensMeanwhileIsSeen) {
  Plan();
  StoreAccess store(path_, TestCatalog());
  const Json before = Sweep(store);
  Add(fleet::events::Done(points_[0].key, "run-0", "VALID", Ago(60)));
  Json after = Sweep(store);
  EXPECT_GT(after["fleet"], before["fleet"]);
  EXPECT_EQ(after["campaign"]["done"], 1);
  points_.front().key = "new";
  ASSERT_TRUE(sweeps_->AddPlan(Named("small/one"), fleet::kSmallPlan, layouts_,
                               std::vector{points_.front()}));
  EXPECT_EQ(Sweep(store)["campaign"]["points"], 13);
  for (std::size_t i = 1; i < points_.size(); ++i) {
    Add(fleet::events::Skipped(points_[i].key, "dropped", Ago(60)));
  }
  Add(fleet::events::Skipped("new", "dropped", Ago(60)));
  EXPECT_EQ(Fleet(store)["campaigns"][0]["state"], "ended");
}

TEST_F(FleetTest, ARecordThatCannotBeReadHidesNoOther) {
  Plan();
  Add({0, Now(), "done", "a point that was never planned", "{}"});
  ASSERT_TRUE(sweeps_->AddPlan(Named("other"), fleet::kSmallPlan, layouts_, points_));
  StoreAccess store(path_, TestCatalog());
  const Json campaigns = Fleet(store)["campaigns"];
  ASSERT_EQ(campaigns.size(), 2U);
  EXPECT_TRUE(campaigns[1]["trouble"].is_string());
  EXPECT_EQ(campaigns[1]["state"], "unreadable");
  EXPECT_TRUE(campaigns[0]["trouble"].is_null());
  EXPECT_EQ(campaigns[0]["pending"], 12);
}

TEST_F(FleetTest, APlanThatCannotBeReadIsToldAsLongAsItIsTheSame) {
  Plan("[budget]\nwall_hours = \"four\"\n");
  StoreAccess store(path_, TestCatalog());
  EXPECT_TRUE(Fleet(store)["campaigns"][0]["trouble"].is_string());
  Add(fleet::events::Skipped(points_[0].key, "dropped", Ago(60)));
  const Json head = Fleet(store)["campaigns"][0];
  EXPECT_TRUE(head["trouble"].is_string());
  EXPECT_EQ(head["skipped"], 1);  // Its points can be.
  EXPECT_EQ(head["state"], "stopped");
}

TEST_F(FleetTest, AnEntryIsOverdueSinceTheFirstTimeThatPassed) {
  const auto log = store::OpenDaemonLog(path_, store::OpenMode::kReadWrite);
  ASSERT_TRUE(log);
  StoreAccess store(path_, TestCatalog());
  const WallTime seen = Ago(7 * 24 * kHourUs + 30 * kSecondUs);
  Add(**log, fleet::daemon_events::Seen({"p.toml", "* * * * *", "UTC", 900.0}, seen));
  const Json entry = Fleet(store)["entries"][0];
  EXPECT_EQ(entry["state"], "overdue");
  EXPECT_EQ(entry["overdue_since"], "2026-07-25T00:00:00.000000Z");
}

TEST_F(FleetTest, AnEntryTellsItsTimesAndWhatItFound) {
  const auto log = store::OpenDaemonLog(path_, store::OpenMode::kReadWrite);
  ASSERT_TRUE(log);
  StoreAccess store(path_, TestCatalog());
  // It is midnight, and a minute past half past two of the day before.
  Add(**log, fleet::daemon_events::Seen({"p.toml", "30 2 * * *", "UTC", 900.0}, Ago(kHourUs)));
  Json entry = Fleet(store)["entries"][0];
  EXPECT_EQ(entry["state"], "waiting");
  EXPECT_EQ(entry["next"], "2026-08-01T02:30:00.000000Z");
  EXPECT_EQ(entry["schedule"], "30 2 * * *");
  EXPECT_TRUE(entry["last"].is_null());
  const fleet::Due due{fleet::Cause::kSchedule, Ago(30 * kHourUs)};
  Add(**log, fleet::daemon_events::Begun(due, {"h", 1, "b"}, Ago(30 * kHourUs)));
  EXPECT_EQ(Fleet(store)["entries"][0]["state"], "running");
  fleet::OccasionReport report;
  report.entry = "night";
  report.campaign = "small/one";
  report.due = due;
  report.begun = Ago(30 * kHourUs);
  report.done = 12;
  report.tell = {"email", "webhook"};
  fleet::Change& change = report.findings.changes.emplace_back();
  change.title = "a, chat";
  change.worse = true;
  change.shifts.push_back({"total_tps_per_chip", {.change = -0.1, .smallest = 0.03}});
  change.changed = {{"engine version", "1", "2"}};
  report.findings.levels.push_back({"k", "t", "m", 50, 7, true, 6});
  report.findings.levels.push_back({"k", "t", "m", 100, 5, false, 0});
  report.failed.push_back({{"memory", "no", "more"}, 2});
  Add(**log, fleet::daemon_events::Ended(fleet::ToJson(report), Ago(29 * kHourUs)));
  Add(**log, fleet::daemon_events::Told(1, "email", Ago(29 * kHourUs)));
  const auto body = EntryView(*input_, store, "night");
  ASSERT_TRUE(body) << body.error().message;
  entry = (*body)["entry"];
  EXPECT_EQ(entry["state"], "overdue");  // Half past two of yesterday passed.
  EXPECT_EQ(entry["overdue_since"], "2026-07-31T02:30:00.000000Z");
  EXPECT_EQ(entry["campaign"], "small/one");
  const Json last = (*body)["occasions"][0];
  EXPECT_EQ(last, entry["last"]);
  EXPECT_EQ(last["points_done"], 12);
  EXPECT_EQ(last["untold"], Json({"webhook"}));
  EXPECT_EQ(last["changes"][0]["shifts"][0]["change"], -0.1);
  EXPECT_EQ(last["changes"][0]["changed_with_it"][0]["now"], "2");
  EXPECT_EQ(last["records"].size(), 1U);
  EXPECT_EQ(last["failures"][0]["points"], 2);
}

TEST_F(FleetTest, EntriesOfEarlierVersionsTellNoSchedule) {
  const auto log = store::OpenDaemonLog(path_, store::OpenMode::kReadWrite);
  ASSERT_TRUE(log);
  Add(**log, {0, Ago(kHourUs), "seen", "{}"});
  StoreAccess store(path_, TestCatalog());
  const Json entry = Fleet(store)["entries"][0];
  EXPECT_TRUE(entry["schedule"].is_null());
  EXPECT_TRUE(entry["next"].is_null());
  EXPECT_EQ(entry["state"], "waiting");
  // What no Roofscape wrote is told, and hides nothing.
  Add(**log, {0, Ago(60), "ended", "{}"});
  EXPECT_TRUE(Fleet(store)["entries"][0]["trouble"].is_string());
}

TEST_F(FleetTest, IsPublishedByPlace) {
  Plan();
  const auto log = store::OpenDaemonLog(path_, store::OpenMode::kReadWrite);
  ASSERT_TRUE(log);
  Add(**log, fleet::daemon_events::Seen({"p.toml", "", "UTC", {}}, Ago(kHourUs)));
  StoreAccess store(path_, TestCatalog());
  std::map<std::string, std::string> written;
  const auto done =
      ExportStatic(*input_, store, {}, [&](const std::string& path, std::string_view bytes) {
        EXPECT_TRUE(written.emplace(path, bytes).second) << path;
        return Result<>();
      });
  ASSERT_TRUE(done) << done.error().message;
  const Json list = Json::parse(written.at("data/fleet.json"));
  EXPECT_EQ(list["campaigns"][0]["name"], "small/one");
  const auto packed = [&](const char* path) {
    return Json::parse(*Gunzip(written.at(path), 1 << 24));
  };
  EXPECT_EQ(packed("data/fleet/campaigns/0.json.gz")["points"].size(), 12U);
  EXPECT_EQ(packed("data/fleet/entries/0.json.gz")["entry"]["name"], "night");
}

}  // namespace
}  // namespace roofscape::api
