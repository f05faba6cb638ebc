// A disk that fills up while a run is stored: told once, with the cure; what was stored stays; when
// there is room again the rows that waited in memory follow.

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>

#include <gtest/gtest.h>

#include "results/store/log_writer.h"
#include "results/store/store.h"
#include "results/store/test_data.h"

namespace roofscape::store {
namespace {

/// Lets no file of this process grow beyond `bytes` until it goes out of scope.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uintmax_t bytes) {
    before_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit_);
    rlimit tight = limit_;
    tight.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &tight);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &limit_);
    signal(SIGXFSZ, before_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit limit_{};
  void (*before_)(int) = nullptr;
};

/// Stores points until it fails; the number that were stored.
std::int64_t FillWithPoints(Store& store, const std::string& run_id, Error& error) {
  for (std::int64_t index = 0; index < 10'000; ++index) {
    spec::PointResult result = SomePoint(index % 8, static_cast<std::uint64_t>(index));
    result.index = index;
    const auto point = store.BeginPoint(run_id, result);
    const auto logged = point ? store.AppendLog(*point, SomeLog(1, 50)) : point.error();
    const auto finished = logged ? store.FinishPoint(*point, result) : logged.error();
    if (!finished) {
      error = finished.error();
      return index;
    }
  }
  return 10'000;
}

std::int64_t CompletePoints(const spec::RunResult& run) {
  return std::count_if(run.points.begin(), run.points.end(),
                       [](const spec::PointResult& point) { return point.complete; });
}

TEST(StoreDiskFullTest, AFullDatabaseKeepsWhatItHas) {
  const TemporaryFolder folder;
  const std::string path = folder.File("r.db");
  Error error{ErrorCode::kIo, ""};
  std::int64_t stored = 0;
  {
    const auto store = OpenStore(path, OpenMode::kReadWrite, {.max_pages = 300});
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_TRUE((*store)->BeginRun(SomeRun("r")));
    stored = FillWithPoints(**store, "r", error);
  }
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_NE(error.message.find("the disk is full"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("Free some space"), std::string::npos) << error.message;
  ASSERT_GT(stored, 3);
  ASSERT_LT(stored, 10'000);
  const auto store = OpenStore(path, OpenMode::kReadWrite);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(CompletePoints(*(*store)->LoadRun("r")), stored);
  EXPECT_TRUE((*store)->FinishRun("r", spec::RunStatus::kIncomplete, WallTime{1}, {}));
}

TEST(StoreDiskFullTest, AFileThatMayNotGrowKeepsWhatItHas) {
  const TemporaryFolder folder;
  const std::string path = folder.File("r.db");
  const auto store = OpenStore(path, OpenMode::kReadWrite);
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE((*store)->BeginRun(SomeRun("r")));
  Error error{ErrorCode::kIo, ""};
  std::int64_t stored = 0;
  {
    const FileSizeLimit limit(std::uintmax_t{1} << 20);
    stored = FillWithPoints(**store, "r", error);
  }
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_NE(error.message.find("ulimit -f"), std::string::npos) << error.message;
  ASSERT_GT(stored, 3);
  ASSERT_LT(stored, 10'000);
  EXPECT_EQ(CompletePoints(*(*store)->LoadRun("r")), stored);
  EXPECT_TRUE((*store)->FinishRun("r", spec::RunStatus::kIncomplete, WallTime{1}, {}));
}

TEST(StoreDiskFullTest, RowsThatFoundNoRoomFollowWhenThereIsSome) {
  const TemporaryFolder folder;
  const auto store = OpenStore(folder.File("r.db"), OpenMode::kReadWrite);
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE((*store)->BeginRun(SomeRun("r")));
  const auto point = (*store)->BeginPoint("r", SomePoint(0, 1));
  ASSERT_TRUE(point);
  LogWriter writer(**store, std::chrono::hours(1));
  spec::RequestLog expected;
  const auto push = [&](std::uint64_t seed) {
    expected.Append(SomeLog(seed, 500));
    return writer.Push(*point, SomeLog(seed, 500));
  };
  ASSERT_TRUE(push(1));
  ASSERT_TRUE(writer.Flush());
  {
    const FileSizeLimit limit(4096);
    EXPECT_TRUE(push(2));
    const auto flushed = writer.Flush();
    ASSERT_FALSE(flushed);
    EXPECT_NE(flushed.error().message.find("what was stored before is kept"), std::string::npos);
    EXPECT_FALSE(push(3)) << "the error must be told until it is mended";
  }
  ASSERT_TRUE(writer.Flush());
  EXPECT_TRUE(push(4));
  ASSERT_TRUE(writer.Flush());
  EXPECT_TRUE(*(*store)->LoadLog(*point) == expected);
}

}  // namespace
}  // namespace roofscape::store
