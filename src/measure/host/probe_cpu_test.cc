#include "measure/host/probe_cpu.h"

#include <map>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "measure/host/thread_team.h"

namespace roofscape::host {
namespace {

/// A file system of one text for each path.
ReadFile Files(std::map<std::string, std::string> files) {
  return [files = std::move(files)](const std::string& path) -> std::optional<std::string> {
    const auto file = files.find(path);
    if (file == files.end()) return std::nullopt;
    return file->second;
  };
}

void AddCache(std::map<std::string, std::string>& files, int cpu, int index, const char* level,
              const char* type, const char* size, const char* shared) {
  const std::string folder = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cache/index" +
                             std::to_string(index) + "/";
  files[folder + "level"] = level;
  files[folder + "type"] = type;
  files[folder + "size"] = size;
  files[folder + "shared_cpu_list"] = shared;
}

TEST(CpuCachesTest, CountsEachCacheOnce) {
  std::map<std::string, std::string> files;
  for (const int cpu : {0, 1}) {
    const char* own = cpu == 0 ? "0\n" : "1\n";
    AddCache(files, cpu, 0, "1\n", "Data\n", "32K\n", own);
    AddCache(files, cpu, 1, "1\n", "Instruction\n", "32K\n", own);
    AddCache(files, cpu, 2, "3\n", "Unified\n", "32M\n", "0-1\n");
  }
  const auto caches = ReadCpuCaches(Files(files), 2);
  ASSERT_EQ(caches.size(), 2U);
  EXPECT_EQ(caches[0].level, 1);
  EXPECT_EQ(caches[0].instances, 2);
  EXPECT_EQ(caches[1].bytes, 32 << 20);
  EXPECT_EQ(caches[1].instances, 1);
  EXPECT_TRUE(ReadCpuCaches(Files({}), 2).empty());
}

TEST(CpuCachesTest, ReadsSizes) {
  EXPECT_EQ(ParseCacheSize("512K\n"), 512 << 10);
  EXPECT_EQ(ParseCacheSize("2G"), std::int64_t{2} << 30);
  EXPECT_EQ(ParseCacheSize("64"), 64);
  for (const char* const bad : {"", "K", "-1K", "12Q", "99999999999999999999", "9999999999G"}) {
    EXPECT_EQ(ParseCacheSize(bad), 0) << bad;
  }
}

TEST(ThreadTeamTest, EveryThreadWorksOnceARound) {
  for (const int threads : {1, 2, 5}) {
    ThreadTeam team(threads);
    std::vector<int> calls(static_cast<std::size_t>(threads));
    for (int round = 0; round < 300; ++round) {
      team.Run([&](int index) { ++calls[static_cast<std::size_t>(index)]; });
    }
    EXPECT_EQ(calls, std::vector<int>(calls.size(), 300));
  }
}

TEST(PlanCpuTest, SetsLieBeyondAndInsideTheLastCache) {
  const std::vector<CpuCache> caches = {{1, 32 << 10, 64}, {3, 32 << 20, 8}};
  const CpuPlan plan = PlanCpu(64, caches, std::int64_t{512} << 30, false);
  EXPECT_EQ(plan.threads, (std::vector<std::int64_t>{1, 64}));
  ASSERT_EQ(plan.reads.size(), 4U);
  EXPECT_EQ(plan.reads[0].set_bytes, std::int64_t{4} * 8 * (32 << 20));
  EXPECT_EQ(plan.reads[3].set_bytes, 16 << 20);
  for (const ProductGroup& group : plan.products) {
    const bool inside = group.m.size() < 9;
    EXPECT_TRUE(inside ? group.set_bytes() <= 20 << 20 : group.set_bytes() >= 1 << 30)
        << Name(group.type) << " " << group.set_bytes();
  }
  EXPECT_GT(plan.readings(true), plan.readings(false));
}

TEST(PlanCpuTest, AsksForNoMoreMemoryThanThereIs) {
  const CpuPlan plan = PlanCpu(1, {}, std::int64_t{256} << 20, true);
  EXPECT_EQ(plan.threads, std::vector<std::int64_t>{1});
  for (const ReadPoint& point : plan.reads) EXPECT_LE(point.set_bytes, (32 << 20) + (64 << 10));
  for (const ProductGroup& group : plan.products) {
    EXPECT_LE(group.set_bytes(), (32 << 20) + WeightBytes(group.type, group.n * group.k));
  }
}

/// A clock on which every reading takes a millisecond.
class TickClock final : public Clock {
 public:
  Instant Now() const override { return now_ += std::chrono::milliseconds(1); }
  WallTime Wall() const override { return {}; }
  ClockPair Pair() const override { return {}; }

 private:
  mutable Instant now_{};
};

TEST(ProbePaceTest, SharesTheTimeAndTellsWhatIsNext) {
  const TickClock clock;
  const std::atomic<bool> stop{false};
  std::vector<std::string> told;
  ProbePace pace(clock, stop, std::chrono::milliseconds(200), 2,
                 [&](const std::string& what, std::int64_t number, std::int64_t all) {
                   told.push_back(what + std::to_string(number) + "/" + std::to_string(all));
                 });
  const auto first = pace.Repeat("a", [] {});
  const auto second = pace.Repeat("b", [] {});
  EXPECT_EQ(told, (std::vector<std::string>{"a0/2", "b1/2"}));
  // Each repeat reads the clock three times and is 1 ms of work, called twice to fill 2 ms.
  EXPECT_GT(first.size(), 25U);
  EXPECT_LT(first.size(), 40U);
  EXPECT_NEAR(static_cast<double>(second.size()), static_cast<double>(first.size()), 6);
  EXPECT_EQ(pace.left_out(), 0);
  EXPECT_TRUE(pace.Repeat("late", [] {}).empty());
  EXPECT_EQ(pace.left_out(), 1);
}

TEST(ProbePaceTest, StopsAtOnceAndLeavesOutWhatIsTooLong) {
  const SystemClock clock;
  std::atomic<bool> stop{false};
  ProbePace pace(clock, stop, std::chrono::seconds(10), 3, nullptr);
  int calls = 0;
  const auto some = pace.Repeat("stopped inside", [&] {
    if (++calls > 100) stop.store(true);
  });
  EXPECT_LT(pace.elapsed_s(), 5);
  EXPECT_TRUE(pace.Repeat("after", [&] { ADD_FAILURE() << "must not be called"; }).empty());
  EXPECT_TRUE(pace.stopped());
  EXPECT_EQ(pace.left_out(), some.empty() ? 2 : 1);
}

/// A plan that takes no time worth speaking of.
CpuPlan SmallPlan() {
  CpuPlan plan;
  plan.threads = {1, 2};
  plan.reads = {{1, 1 << 20}, {2, 1 << 20}};
  for (const WeightType type : kWeightTypes) plan.products.push_back({type, 64, 128, 3, {1, 5}});
  return plan;
}

TEST(ProbeCpuTest, TakesEveryReadingOfThePlan) {
  const SystemClock clock;
  const std::atomic<bool> stop{false};
  const CpuPlan plan = SmallPlan();
  ProbePace pace(clock, stop, std::chrono::seconds(20), plan.readings(false) * 40, nullptr);
  CpuReadings cpu = DescribeCpu(2, {});
  MeasureCpu(plan, *KernelSets().front(), nullptr, pace, cpu);
  EXPECT_FALSE(cpu.name.empty());
  EXPECT_GT(cpu.memory_gb, 0);
  EXPECT_EQ(cpu.launches.size(), 2U);
  ASSERT_EQ(cpu.reads.size(), 2U);
  ASSERT_EQ(cpu.products.size(), kWeightTypes.size() * 4);
  EXPECT_EQ(pace.left_out(), 0);
  for (const MatrixReading& reading : cpu.products) {
    EXPECT_GT(reading.gflops.median, 0);
    EXPECT_GE(reading.gflops.best, reading.gflops.median);
    EXPECT_GE(reading.gflops.repeats, 3);
  }
}

TEST(ProbeCpuTest, AStoppedProbeKeepsWhatItHas) {
  const SystemClock clock;
  std::atomic<bool> stop{false};
  const CpuPlan plan = SmallPlan();
  ProbePace pace(clock, stop, std::chrono::seconds(20), plan.readings(false),
                 [&](const std::string&, std::int64_t number, std::int64_t) {
                   if (number == 6) stop.store(true);
                 });
  CpuReadings cpu = DescribeCpu(2, {});
  MeasureCpu(plan, *KernelSets().back(), nullptr, pace, cpu);
  EXPECT_EQ(cpu.reads.size(), 2U);
  EXPECT_EQ(std::ssize(cpu.products) + 4 + pace.left_out(), plan.readings(false));
  EXPECT_EQ(cpu.products.size(), 2U);
}

}  // namespace
}  // namespace roofscape::host
