// A campaign into a file and out of it: nothing lost, nothing twice, nothing made up.

#include "service/fleet/evidence_bundle.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "service/fleet/events.h"
#include "service/fleet/file.h"
#include "service/fleet/job.h"
#include "service/fleet/prepare.h"
#include "service/fleet/test_folder.h"
#include "service/fleet/test_plans.h"

namespace roofscape::fleet {
namespace {

class EvidenceBundleTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = folder_.path() + "/store.db";
    auto log = store::OpenSweepLog(path_, store::OpenMode::kReadWrite);
    ASSERT_TRUE(log);
    log_ = *std::move(log);
    store_ = *store::OpenStore(path_, store::OpenMode::kReadWrite);
    const SweepPlan plan = MustParse(kSmallPlan);
    const Preparation preparation =
        Prepare(plan, MustExpand(kSmallPlan), CampaignState(), {}, {}, WallTime{1000});
    ASSERT_TRUE(Enter(plan, kSmallPlan, "/plan", preparation, *log_, WallTime{1000}));
    Measure();
  }

  /// One point of the campaign, with a log, a series and a job.
  void Measure() {
    const auto state = LoadCampaign("small", *log_);
    ASSERT_TRUE(state);
    const PointState point = state->points().front();
    spec::RunResult run;
    run.id = "20260101-000000-abc";
    run.started = WallTime{2000};
    run.version = "1";
    run.plan = point.plan;
    run.plan.labels = {{"campaign", "small"}, {"recipe", point.recipe}, {"layout", point.layout}};
    run.host["kernel"] = "Linux \"6\"";
    run.notes = {"one", "two"};
    ASSERT_TRUE(store_->BeginRun(run));
    spec::PointResult result;
    result.concurrency = 4;
    result.started = WallTime{2500};
    result.complete = true;
    result.whole.requests = result.whole.successes = 2;
    result.whole.total_tps = 12.345678901234567;
    const auto id = store_->BeginPoint(run.id, result);
    ASSERT_TRUE(id);
    spec::RequestLog requests;
    spec::Request record;
    record.id = 7;
    requests.requests.push_back(record);
    ASSERT_TRUE(store_->AppendLog(*id, requests));
    ASSERT_TRUE(store_->FinishPoint(*id, result));
    ASSERT_TRUE(store_->FinishRun(run.id, spec::RunStatus::kComplete, WallTime{9000}, {}));
    const store::Series series{"device_power_w", "0", "a.csv", "d", {1}, {2}, {0, 5}, {1.5, 2.5}};
    ASSERT_TRUE(store_->AddSeries(run.id, {&series, 1}));
    JobState job;
    job.name = "rs-1-2-1-abc";
    job.folder = folder_.path() + "/job";
    job.points = {point.key};
    ASSERT_TRUE(MakeFolder(job.folder));
    ASSERT_TRUE(WriteFile(job.folder + "/" + kServerLog, "it serves\n"));
    const store::SweepEvent happened[] = {events::JobMade(point.layout, job, {1500}),
                                          events::Done(point.key, run.id, "VALID", {9000})};
    ASSERT_TRUE(*log_->Append("small", state->last_event(), happened));
    ASSERT_TRUE(store_->JoinCampaign("small", std::vector<std::string>{run.id}));
    run_ = run.id;
  }

  Evidences Collect(bool logs = true) {
    auto evidence = CollectEvidence(*store_, log_.get(), {"small", {run_}, logs, "1"});
    EXPECT_TRUE(evidence) << evidence.error().message;
    return evidence ? *std::move(evidence) : Evidences();
  }

  /// Read into another store.
  Result<BundleContent> Take(const store::Bundle& bundle, const std::string& to) {
    const std::string way = folder_.path() + "/way" + std::to_string(++ways_) + ".db";
    RS_ASSIGN_OR_RETURN(BundleContent content, UnpackBundle(bundle, "b", way));
    RS_RETURN_IF_ERROR(store::AddBundle(
        to, {bundle.digest, {1}, "b", "1", std::string(bundle.manifest), content.runs}, way));
    RS_ASSIGN_OR_RETURN(const bool fits, JoinBundleCampaign(to, content));
    EXPECT_TRUE(fits);
    return content;
  }

  TestFolder folder_;
  std::string path_, run_;
  std::unique_ptr<store::SweepLog> log_;
  std::unique_ptr<store::Store> store_;
  int ways_ = 0;
};

store::Bundle MustRead(const Evidences& evidence) {
  auto bundle =
      store::ReadBundle(store::WriteBundle(evidence.manifest, evidence.files), "b.tar.zst");
  EXPECT_TRUE(bundle) << bundle.error().message;
  return bundle ? *std::move(bundle) : store::Bundle();
}

TEST_F(EvidenceBundleTest, HoldsAllThatTheCampaignRestsOn) {
  const Evidences evidence = Collect();
  for (const std::string& path : {std::string("plan.toml"), std::string("campaign/events.jsonl"),
                                  "runs/" + run_ + "/run.json", "runs/" + run_ + "/requests-0.rsrl",
                                  "runs/" + run_ + "/series.json", "runs/" + run_ + "/recipe.sh",
                                  std::string("jobs/rs-1-2-1-abc/server.log")}) {
    EXPECT_TRUE(evidence.files.contains(path)) << path;
  }
  EXPECT_EQ(evidence.files.at("plan.toml"), kSmallPlan);
  EXPECT_TRUE(evidence.missing.empty());
  EXPECT_FALSE(Collect(false).files.contains("jobs/rs-1-2-1-abc/server.log"));
  EXPECT_EQ(Collect().manifest, evidence.manifest);
}

TEST_F(EvidenceBundleTest, ComesOutAsItWentInAndAgainChangesNothing) {
  const store::Bundle bundle = MustRead(Collect());
  const std::string to = folder_.path() + "/other.db";
  const auto content = Take(bundle, to);
  ASSERT_TRUE(content) << content.error().message;
  const auto other = store::OpenStore(to, store::OpenMode::kReadOnly);
  EXPECT_EQ(*(*other)->LoadRun(run_), *store_->LoadRun(run_));
  EXPECT_EQ(*(*other)->LoadLog({run_, 0}), *store_->LoadLog({run_, 0}));
  EXPECT_EQ(*(*other)->LoadSeries(run_), *store_->LoadSeries(run_));
  EXPECT_EQ((*other)->Runs({.campaign = "small"})->size(), 1U);
  const auto log = store::OpenSweepLog(to, store::OpenMode::kReadOnly);
  EXPECT_EQ((*log)->Load("small")->events, log_->Load("small")->events);
  const auto again = Take(bundle, to);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*log)->Load("small")->events, log_->Load("small")->events);
  EXPECT_TRUE(DifferingRuns(**other, bundle, {run_})->empty());
  // And into the store that it came from.
  ASSERT_TRUE(Take(bundle, path_));
  // A bundle of the other store is the same, but for the logs of jobs that are not there.
  const auto copy = CollectEvidence(**other, log->get(), {"small", {run_}, true, "1"});
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ(copy->files, Collect().files);
}

TEST_F(EvidenceBundleTest, WhatWasTamperedWithIsRefused) {
  Evidences evidence = Collect();
  const auto refused = [&](const std::string& path, const std::string& what,
                           const std::string& by) {
    Evidences changed = evidence;
    changed.files[path] = Replaced(changed.files[path], what, by);
    // Whoever does so may write a manifest that fits.
    Json facts = Json::parse(evidence.manifest);
    facts.erase("files");
    facts.erase("schema");
    changed.manifest = store::BundleManifest(facts, changed.files);
    const auto content = UnpackBundle(MustRead(changed), "b.tar.zst",
                                      folder_.path() + "/t" + std::to_string(++ways_) + ".db");
    EXPECT_FALSE(content) << path;
    return content ? std::string() : content.error().message;
  };
  const std::string run = "runs/" + run_ + "/run.json";
  EXPECT_NE(refused(run, run_, "another").find("is of another run"), std::string::npos);
  EXPECT_NE(refused(run, "\"host\"", "\"hosst\"").find(run), std::string::npos);
  EXPECT_FALSE(refused("runs/" + run_ + "/requests-0.rsrl", "RSRL", "RSRX").empty());
  EXPECT_FALSE(refused("runs/" + run_ + "/series.json", "[0,5]", "[5,0]").empty());
  EXPECT_FALSE(refused("campaign/events.jsonl", "\"index\":1", "\"index\":9").empty());
  EXPECT_FALSE(refused("campaign/events.jsonl", "\"done\"", "\"dnoe\"").empty());
}

TEST_F(EvidenceBundleTest, ADifferentRunOfTheSameNameIsTold) {
  const store::Bundle bundle = MustRead(Collect());
  const std::string to = folder_.path() + "/other.db";
  spec::RunResult run = *store_->LoadRun(run_);
  run.host["kernel"] = "another";
  run.points.clear();
  const auto other = store::OpenStore(to, store::OpenMode::kReadWrite);
  ASSERT_TRUE((*other)->BeginRun(run));
  ASSERT_TRUE(Take(bundle, to));
  EXPECT_EQ(*DifferingRuns(**other, bundle, {run_}), std::vector<std::string>{run_});
  EXPECT_EQ((*other)->LoadRun(run_)->host.at("kernel"), "another");
}

}  // namespace
}  // namespace roofscape::fleet
