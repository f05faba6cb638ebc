#include "results/store/recompute.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "domain/metrics/point_analysis.h"

namespace roofscape::store {
namespace {

class RecomputeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "roofscape-recompute-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    auto opened = store::OpenStore(folder_ + "/r.db", store::OpenMode::kReadWrite);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = *std::move(opened);
    spec::RunResult run;
    run.id = "r";
    run.plan.target.url = "http://127.0.0.1:1";
    ASSERT_TRUE(store_->BeginRun(run));
    spec::PointResult point;
    point.concurrency = 2;
    ASSERT_TRUE(store_->BeginPoint("r", point));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  std::unique_ptr<store::Store> store_;
};

spec::RequestLog TenRequests() {
  spec::RequestLog log;
  for (std::int64_t id = 0; id < 10; ++id) {
    spec::Request request;
    request.id = id;
    request.slot = id % 2;
    request.intended_ns = id * 1'000'000;
    request.sent_ns = request.intended_ns + 1'000;
    request.end_ns = request.intended_ns + 1'900'000;
    request.output_tokens = 1;
    request.first_event = id;
    request.event_count = 1;
    log.requests.push_back(request);
    log.events.push_back({.time_ns = request.intended_ns + 900'000, .tokens = 1});
  }
  return log;
}

TEST_F(RecomputeTest, AnInterruptedPointGetsTheMetricsOfItsStoredLog) {
  const spec::RequestLog log = TenRequests();
  ASSERT_TRUE(store_->AppendLog({"r", 0}, log));
  auto run = store_->LoadRun("r");
  ASSERT_TRUE(run) << run.error().message;
  ASSERT_TRUE(RecomputeUnfinished(*store_, *run));
  const spec::PointResult& point = run->points.at(0);
  metrics::PointContext context;
  context.concurrency = 2;
  const metrics::PointAnalysis expected = metrics::Analyze(log, context);
  EXPECT_EQ(expected.whole.requests, 10);
  EXPECT_TRUE(point.whole == expected.whole);
  EXPECT_FALSE(point.complete);
  EXPECT_EQ(point.verdict.server_reasons.at(0),
            "interrupted: computed from the 10 requests that were stored");
}

TEST_F(RecomputeTest, AnInterruptedPointWithoutALogSaysSo) {
  auto run = store_->LoadRun("r");
  ASSERT_TRUE(run) << run.error().message;
  ASSERT_TRUE(RecomputeUnfinished(*store_, *run));
  EXPECT_TRUE(run->points.at(0).whole == spec::PointMetrics{});
  EXPECT_EQ(run->points.at(0).verdict.server_reasons.at(0),
            "interrupted before any request was stored");
}

TEST_F(RecomputeTest, WhatWasComputedBeforeIsLeftAlone) {
  ASSERT_TRUE(store_->AppendLog({"r", 0}, TenRequests()));
  spec::PointResult stopped;
  stopped.concurrency = 2;
  stopped.whole.requests = 7;
  ASSERT_TRUE(store_->FinishPoint({"r", 0}, stopped));
  auto run = store_->LoadRun("r");
  ASSERT_TRUE(run) << run.error().message;
  ASSERT_TRUE(RecomputeUnfinished(*store_, *run));
  EXPECT_TRUE(run->points.at(0) == stopped);
}

}  // namespace
}  // namespace roofscape::store
