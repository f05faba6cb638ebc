#include "results/store/log_writer.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "results/store/test_data.h"

namespace roofscape::store {
namespace {

/// A Store that keeps appended logs in memory and can be told to fail or to take long.
class FakeStore final : public Store {
 public:
  const std::string& path() const override { return path_; }
  Result<> BeginRun(const spec::RunResult&) override { return NotHere(); }
  Result<PointId> BeginPoint(const std::string&, const spec::PointResult&) override {
    return NotHere();
  }
  Result<> FinishPoint(const PointId&, const spec::PointResult&) override { return NotHere(); }
  Result<> FinishRun(const std::string&, spec::RunStatus, WallTime,
                     std::span<const std::string>) override {
    return NotHere();
  }
  Result<std::vector<RunSummary>> Runs(const RunFilter&) override { return NotHere(); }
  Result<std::string> FindRun(std::string_view) override { return NotHere(); }
  Result<spec::RunResult> LoadRun(std::string_view) override { return NotHere(); }
  Result<> MakeCampaign(const Campaign&) override { return NotHere(); }
  Result<> JoinCampaign(const std::string&, std::span<const std::string>) override {
    return NotHere();
  }
  Result<std::vector<Campaign>> Campaigns() override { return NotHere(); }
  Result<std::int64_t> AddSeries(const std::string&, std::span<const Series>) override {
    return NotHere();
  }
  Result<std::vector<Series>> LoadSeries(const std::string&) override { return NotHere(); }

  Result<> AppendLog(const PointId& point, const spec::RequestLog& chunk) override {
    std::unique_lock lock(mutex_);
    free_.wait(lock, [&] { return !blocked_; });
    if (full_) return Error{ErrorCode::kIo, "disk full"};
    logs_[point.index].Append(chunk);
    ++appends_;
    return {};
  }
  Result<spec::RequestLog> LoadLog(const PointId& point) override {
    const std::scoped_lock lock(mutex_);
    return logs_[point.index];
  }

  void SetFull(bool full) {
    const std::scoped_lock lock(mutex_);
    full_ = full;
  }
  void SetBlocked(bool blocked) {
    const std::scoped_lock lock(mutex_);
    blocked_ = blocked;
    free_.notify_all();
  }
  int appends() {
    const std::scoped_lock lock(mutex_);
    return appends_;
  }

 private:
  static Error NotHere() { return {ErrorCode::kInvalidArgument, "only logs here"}; }

  std::string path_ = "memory";
  std::mutex mutex_;
  std::condition_variable free_;
  bool full_ = false;
  bool blocked_ = false;
  int appends_ = 0;
  std::map<std::int64_t, spec::RequestLog> logs_;
};

constexpr std::chrono::hours kNever{1};

TEST(LogWriterTest, FlushStoresEverythingInOrderByPoint) {
  FakeStore store;
  LogWriter writer(store, kNever);
  std::map<std::int64_t, spec::RequestLog> expected;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const PointId point{"r", static_cast<std::int64_t>(i / 20)};
    const spec::RequestLog rows = SomeLog(i, 3);
    expected[point.index].Append(rows);
    ASSERT_TRUE(writer.Push(point, rows));
  }
  ASSERT_TRUE(writer.Flush());
  for (const auto& [index, log] : expected) EXPECT_TRUE(*store.LoadLog({"r", index}) == log);
  EXPECT_EQ(store.appends(), 5) << "pieces of one point are stored together";
}

TEST(LogWriterTest, WritesByItselfAtTheInterval) {
  FakeStore store;
  LogWriter writer(store, std::chrono::milliseconds(5));
  ASSERT_TRUE(writer.Push({"r", 0}, SomeLog(1, 3)));
  for (int i = 0; i < 2'000 && store.appends() == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(store.appends(), 1);
}

TEST(LogWriterTest, ThePusherNeverWaitsForTheDisk) {
  FakeStore store;
  store.SetBlocked(true);
  LogWriter writer(store, std::chrono::milliseconds(1));
  // Would never end if a push waited for the store.
  for (std::uint64_t i = 0; i < 1'000; ++i) ASSERT_TRUE(writer.Push({"r", 0}, SomeLog(i, 1)));
  store.SetBlocked(false);
  ASSERT_TRUE(writer.Flush());
  EXPECT_EQ(store.LoadLog({"r", 0})->requests.size(), 1'000U);
}

TEST(LogWriterTest, AFailedWriteIsToldAndNothingIsLost) {
  FakeStore store;
  LogWriter writer(store, kNever);
  spec::RequestLog expected;
  for (std::uint64_t i = 0; i < 6; ++i) {
    const spec::RequestLog rows = SomeLog(i, 2);
    expected.Append(rows);
    if (i == 2) store.SetFull(true);
    if (i == 4) store.SetFull(false);
    const bool told = !writer.Push({"r", 0}, rows);
    EXPECT_EQ(told, i == 3 || i == 4) << i;
    EXPECT_EQ(static_cast<bool>(writer.Flush()), i < 2 || i >= 4) << i;
  }
  EXPECT_TRUE(*store.LoadLog({"r", 0}) == expected);
}

TEST(LogWriterTest, TheEndWritesWhatIsPending) {
  FakeStore store;
  {
    LogWriter writer(store, kNever);
    ASSERT_TRUE(writer.Push({"r", 0}, SomeLog(1, 3)));
  }
  EXPECT_EQ(store.appends(), 1);
}

TEST(LogWriterTest, ManyThreadsMayPush) {
  FakeStore store;
  LogWriter writer(store, std::chrono::milliseconds(1));
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  for (std::int64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 100; ++i) {
        if (!writer.Push({"r", t}, SomeLog(i, 1))) ++failed;
        if (i % 10 == 0 && !writer.Flush()) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(writer.Flush());
  EXPECT_EQ(failed, 0);
  for (std::int64_t t = 0; t < 4; ++t) {
    EXPECT_EQ(store.LoadLog({"r", t})->requests.size(), 100U);
  }
}

}  // namespace
}  // namespace roofscape::store
