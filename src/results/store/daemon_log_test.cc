// The events of daemons, on both back-ends: the condition that lets one of several begin.

#include "results/store/daemon_log.h"

#include <optional>

#include <gtest/gtest.h>

#include "results/store/test_server.h"

namespace roofscape::store {
namespace {

class DaemonLogTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    RS_SKIP_WITHOUT(GetParam());
    place_.emplace(GetParam());
    auto opened = OpenDaemonLog(place_->path(), OpenMode::kReadWrite);
    ASSERT_TRUE(opened) << opened.error().message;
    log_ = *std::move(opened);
  }

  std::optional<TestPlace> place_;
  std::unique_ptr<DaemonLog> log_;
};

TEST_P(DaemonLogTest, OneOfTwoThatDecideAtOnceIsFirst) {
  const DaemonEvent seen{0, WallTime{5}, "seen", R"({"a":1})"};
  EXPECT_TRUE(*log_->Append("nightly", 0, seen));
  const auto other = OpenDaemonLog(place_->path(), OpenMode::kReadWrite);
  ASSERT_TRUE(other);
  EXPECT_TRUE(*(*other)->Append("nightly", 1, {0, WallTime{6}, "begun", "{}"}));
  EXPECT_FALSE(*log_->Append("nightly", 1, {0, WallTime{6}, "begun", "{}"}));
  const auto all = log_->EventsAfter("nightly", 0);
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0], (DaemonEvent{1, WallTime{5}, "seen", R"({"a":1})"}));
  EXPECT_EQ((*all)[1].kind, "begun");
  EXPECT_EQ(log_->EventsAfter("nightly", 1)->size(), 1U);
}

TEST_P(DaemonLogTest, EntriesHaveNothingToDoWithEachOther) {
  EXPECT_TRUE(*log_->Append("a", 0, {0, WallTime{1}, "seen", "{}"}));
  EXPECT_TRUE(*log_->Append("b", 0, {0, WallTime{2}, "seen", "{}"}));
  EXPECT_EQ(log_->EventsAfter("b", 0)->front().at.unix_us, 2);
  EXPECT_TRUE(log_->EventsAfter("c", 0)->empty());
  EXPECT_TRUE(*log_->Append("a", 1, {0, WallTime{3}, "release", "{}"}));
  EXPECT_EQ(*log_->Marks(), (std::vector<DaemonMark>{{"a", 2}, {"b", 1}}));
}

INSTANTIATE_TEST_SUITE_P(Backends, DaemonLogTest,
                         testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& instance) { return NameOf(instance.param); });

}  // namespace
}  // namespace roofscape::store
