// Bundles in the store, on both back-ends: runs once, provenance kept.

#include "results/store/bundle_log.h"

#include <optional>

#include <gtest/gtest.h>

#include "results/store/test_data.h"
#include "results/store/test_server.h"

namespace roofscape::store {
namespace {

class BundleLogTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    RS_SKIP_WITHOUT(GetParam());
    place_.emplace(GetParam());
    way_ = folder_.File("way.db");
    auto store = OpenStore(way_, OpenMode::kReadWrite);
    ASSERT_TRUE(store);
    for (const char* id : {"r1", "r2"}) {
      ASSERT_TRUE((*store)->BeginRun(SomeRun(id, {1})));
      const auto point = (*store)->BeginPoint(id, SomePoint(0, 7));
      ASSERT_TRUE(point);
      ASSERT_TRUE((*store)->AppendLog(*point, SomeLog(3, 5)));
      ASSERT_TRUE((*store)->FinishPoint(*point, SomePoint(0, 7)));
    }
  }

  BundleRecord Record(std::vector<std::string> runs) const {
    return {"digest", WallTime{5}, "a.tar.zst", "1", "{}\n", std::move(runs)};
  }

  TemporaryFolder folder_;
  std::string way_;
  std::optional<TestPlace> place_;
};

TEST_P(BundleLogTest, RunsComeOnceAndTheBundleIsRemembered) {
  const auto first = AddBundle(place_->path(), Record({"r1"}), way_);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->added, 1);
  EXPECT_FALSE(first->known);
  const auto again = AddBundle(place_->path(), Record({"r1"}), way_);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->added, 0);
  EXPECT_EQ(again->there, 1);
  EXPECT_TRUE(again->known);
  const auto bundles = ListBundles(place_->path());
  ASSERT_TRUE(bundles) << bundles.error().message;
  ASSERT_EQ(bundles->size(), 1U);
  EXPECT_EQ((*bundles)[0].source, "a.tar.zst");
  EXPECT_EQ((*bundles)[0].runs, std::vector<std::string>{"r1"});
  const auto store = OpenStore(place_->path(), OpenMode::kReadOnly);
  const auto way = OpenStore(way_, OpenMode::kReadOnly);
  EXPECT_EQ(*(*store)->LoadRun("r1"), *(*way)->LoadRun("r1"));
  EXPECT_EQ(*(*store)->LoadLog({"r1", 0}), *(*way)->LoadLog({"r1", 0}));
}

TEST_P(BundleLogTest, ARunThatIsMissingLeavesNothing) {
  EXPECT_FALSE(AddBundle(place_->path(), Record({"r1", "r3"}), way_));
  EXPECT_TRUE(ListBundles(place_->path())->empty());
  EXPECT_TRUE((*OpenStore(place_->path(), OpenMode::kReadOnly))->Runs({})->empty());
}

INSTANTIATE_TEST_SUITE_P(Backends, BundleLogTest,
                         testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& instance) { return NameOf(instance.param); });

}  // namespace
}  // namespace roofscape::store
