// Several processes on one database.

#include <unistd.h>

#include <chrono>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "results/store/db.h"
#include "results/store/store.h"
#include "results/store/test_data.h"
#include "store_child.h"

namespace roofscape::store {
namespace {

constexpr int kRuns = 5;
constexpr std::int64_t kPoints = 5;

bool WriteRuns(const std::string& path, int writer, const Child::Say& say) {
  auto store = OpenStore(path, OpenMode::kReadWrite);
  if (!store) {
    say(store.error().message);
    return false;
  }
  for (int run = 0; run < kRuns; ++run) {
    const std::string id = fmt::format("run-{}-{}", writer, run);
    if (!(*store)->BeginRun(SomeRun(id))) return false;
    for (std::int64_t index = 0; index < kPoints; ++index) {
      const spec::PointResult result = SomePoint(index, static_cast<std::uint64_t>(index));
      const auto point = (*store)->BeginPoint(id, result);
      if (!point || !(*store)->AppendLog(*point, SomeLog(1, 20))) return false;
      if (!(*store)->FinishPoint(*point, result)) return false;
    }
    if (!(*store)->FinishRun(id, spec::RunStatus::kComplete, WallTime{1}, {})) return false;
  }
  return true;
}

TEST(StoreProcessesTest, TwoWritersOnANewDatabaseBothGetEverythingStored) {
  const TemporaryFolder folder;
  for (int trial = 0; trial < 5; ++trial) {
    const std::string path = folder.File(fmt::format("{}.db", trial));
    Child first([&](const Child::Say& say) { return WriteRuns(path, 1, say); });
    Child second([&](const Child::Say& say) { return WriteRuns(path, 2, say); });
    EXPECT_EQ(first.ReadLine() + second.ReadLine(), "");
    EXPECT_EQ(first.Wait(), 0);
    EXPECT_EQ(second.Wait(), 0);
    const auto store = OpenStore(path, OpenMode::kReadOnly);
    ASSERT_TRUE(store) << store.error().message;
    const auto runs = (*store)->Runs({});
    ASSERT_TRUE(runs);
    EXPECT_EQ(runs->size(), 2U * kRuns);
    for (const RunSummary& run : *runs) {
      EXPECT_EQ(run.points_done, kPoints) << run.id;
      EXPECT_TRUE(run.ended.has_value()) << run.id;
    }
  }
}

TEST(StoreProcessesTest, ALockThatStaysIsToldWithItsHolderAndReadersGoOn) {
  const TemporaryFolder folder;
  const std::string path = folder.File("r.db");
  Child holder([&](const Child::Say& say) {
    auto database = Database::Open(path, Access::kReadWrite, {});
    if (!OpenStore(path, OpenMode::kReadWrite) || !database) return false;
    const auto transaction = Transaction::Write(**database, Durability::kProcess);
    say(transaction ? "locked" : transaction.error().message);
    for (;;) pause();
    return true;
  });
  ASSERT_EQ(holder.ReadLine(), "locked");

  const auto store =
      OpenStore(path, OpenMode::kReadWrite, {.busy_timeout = std::chrono::milliseconds(50)});
  ASSERT_TRUE(store) << store.error().message;
  const auto begun = (*store)->BeginRun(SomeRun("r"));
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, ErrorCode::kUnavailable);
  for (const std::string& part :
       {fmt::format("process {} (", holder.pid()), std::string("Wait until it is done, stop it")}) {
    EXPECT_NE(begun.error().message.find(part), std::string::npos) << begun.error().message;
  }
  const auto reader = OpenStore(path, OpenMode::kReadOnly);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_TRUE((*reader)->Runs({}));

  holder.Kill();
  EXPECT_LT(holder.Wait(), 0);
  EXPECT_TRUE((*store)->BeginRun(SomeRun("r")));
}

}  // namespace
}  // namespace roofscape::store
