// kill -9 of a writing process at a random moment, twenty times on one database: it opens, and
// every point whose completion had been announced is there, whole.

#include <signal.h>

#include <chrono>
#include <set>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "results/store/log_writer.h"
#include "results/store/store.h"
#include "results/store/test_data.h"
#include "results/store/test_server.h"
#include "store_child.h"

namespace roofscape::store {
namespace {

constexpr std::uint64_t kSeed = 20261123;
constexpr int kTrials = 20;
constexpr std::int64_t kChunks = 3;

std::uint64_t PointSeed(std::int64_t index) { return static_cast<std::uint64_t>(index) * 100; }

spec::PointResult PointAt(std::int64_t index) {
  spec::PointResult point = SomePoint(index % 8, PointSeed(index));
  point.index = index;
  return point;
}

spec::RequestLog ChunkAt(std::int64_t index, std::int64_t chunk) {
  return SomeLog(PointSeed(index) + static_cast<std::uint64_t>(chunk), 40);
}

/// What the child does until it is killed.
bool MeasureForever(const std::string& path, const std::string& run_id, const Child::Say& say) {
  auto store = OpenStore(path, OpenMode::kReadWrite);
  if (!store || !(*store)->BeginRun(SomeRun(run_id))) return false;
  say("begun");
  LogWriter writer(**store, std::chrono::milliseconds(1));
  for (std::int64_t index = 0;; ++index) {
    const auto point = (*store)->BeginPoint(run_id, PointAt(index));
    if (!point) return false;
    for (std::int64_t chunk = 0; chunk < kChunks; ++chunk) {
      if (!writer.Push(*point, ChunkAt(index, chunk))) return false;
    }
    if (!writer.Flush() || !(*store)->FinishPoint(*point, PointAt(index))) return false;
    say(std::to_string(index));
  }
}

void CheckLog(Store& store, const PointId& point) {
  spec::RequestLog expected;
  for (std::int64_t chunk = 0; chunk < kChunks; ++chunk) {
    expected.Append(ChunkAt(point.index, chunk));
  }
  const auto log = store.LoadLog(point);
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_TRUE(*log == expected) << "point " << point.index;
}

class StoreKillTest : public testing::TestWithParam<Backend> {};

INSTANTIATE_TEST_SUITE_P(Backends, StoreKillTest,
                         testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& instance) { return NameOf(instance.param); });

TEST_P(StoreKillTest, EveryAnnouncedPointSurvives) {
  RS_SKIP_WITHOUT(GetParam());
  const TestPlace place(GetParam());
  const std::string& path = place.path();
  const Rng rng(kSeed);
  std::size_t announced_in_all = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    SCOPED_TRACE(fmt::format("seed {}, trial {}", kSeed, trial));
    const std::string run_id = fmt::format("trial-{:02}", trial);
    std::set<std::int64_t> announced;
    {
      Child child([&](const Child::Say& say) { return MeasureForever(path, run_id, say); });
      ASSERT_EQ(child.ReadLine(), "begun");
      // On a slow machine too something is there to lose, in every second trial.
      if (trial % 2 == 1) announced.insert(std::stoll(child.ReadLine()));
      const std::uint64_t pause_us = rng.Fork(static_cast<std::uint64_t>(trial)).Below(150'000);
      std::this_thread::sleep_for(std::chrono::microseconds(pause_us));
      child.Kill();
      EXPECT_EQ(child.Wait(), -SIGKILL);
      for (std::string line = child.ReadLine(); !line.empty(); line = child.ReadLine()) {
        announced.insert(std::stoll(line));
      }
    }
    announced_in_all += announced.size();

    // Read as `show` would, then write as the next `bench` would: both must work right away.
    auto store = OpenStore(path, trial % 2 == 0 ? OpenMode::kReadOnly : OpenMode::kReadWrite);
    ASSERT_TRUE(store) << store.error().message;
    const auto run = (*store)->LoadRun(run_id);
    ASSERT_TRUE(run) << run.error().message;
    EXPECT_EQ(run->status, spec::RunStatus::kIncomplete);
    for (const spec::PointResult& point : run->points) {
      if (!point.complete) {
        EXPECT_TRUE((*store)->LoadLog({run_id, point.index}));
        continue;
      }
      EXPECT_TRUE(point == PointAt(point.index)) << "point " << point.index;
      CheckLog(**store, {run_id, point.index});
      announced.erase(point.index);
    }
    EXPECT_TRUE(announced.empty()) << "lost " << announced.size() << " announced points";
  }
  // Else the children were killed before they had done anything, and nothing was shown.
  EXPECT_GE(announced_in_all, static_cast<std::size_t>(kTrials) / 2);
}

}  // namespace
}  // namespace roofscape::store
