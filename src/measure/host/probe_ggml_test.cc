#include "measure/host/probe_ggml.h"

#include <cstdlib>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

namespace roofscape::host {
namespace {

namespace fs = std::filesystem;

/// A clock on which every reading takes 4 ms, so that a fake's calls take time.
class TickClock final : public Clock {
 public:
  Instant Now() const override { return now_ += std::chrono::milliseconds(4); }
  WallTime Wall() const override { return {}; }
  ClockPair Pair() const override { return {}; }

 private:
  mutable Instant now_{};
};

class ProbeGgmlTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "roofscape-ggml-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    fs::create_symlink(ROOFSCAPE_FAKE_GGML_LIBRARY, folder_ + "/libggml-base.so");
    fs::create_symlink(ROOFSCAPE_FAKE_GGML_LIBRARY, folder_ + "/libggml.v1.so");
  }
  void TearDown() override {
    unsetenv("ROOFSCAPE_FAKE_GGML");
    fs::remove_all(folder_);
  }

  CpuReadings Measure(const Ggml& ggml, const GgmlPlan& plan) {
    CpuReadings out;
    ProbePace pace(clock_, stop_, std::chrono::seconds(600), plan.readings(), nullptr);
    MeasureGgml(plan, ggml, pace, out);
    left_out_ = pace.left_out();
    return out;
  }

  std::string folder_;
  TickClock clock_;
  std::atomic<bool> stop_{false};
  std::int64_t left_out_ = 0;
};

CpuPlan Plan() { return PlanCpu(2, {{1'000'000, 1}}, 64'000'000'000, true); }

TEST_F(ProbeGgmlTest, TakesTheBufferThatAnEngineWouldTake) {
  const auto ggml = Ggml::Open(folder_);
  ASSERT_TRUE(ggml) << ggml.error().message;
  const GgmlPlan plan = PlanGgml(Plan(), {"q4_0"}, true);
  const CpuReadings out = Measure(*ggml, plan);
  EXPECT_EQ(left_out_, 0);
  EXPECT_EQ(std::ssize(out.products) + std::ssize(out.attentions), plan.readings());
  std::set<std::int64_t> threads;
  for (const MatrixReading& r : out.products) {
    EXPECT_EQ(r.library, "ggml OWN");
    EXPECT_EQ(r.type, "q4_0");
    EXPECT_GT(r.gflops.best, 0.0);
    threads.insert(r.threads);
  }
  EXPECT_EQ(threads, (std::set<std::int64_t>{1, 2}));
  EXPECT_EQ(out.products.front().threads, 1);  // One thread first, whole.
  const auto library = SharedLibrary::Open(std::vector{folder_ + "/libggml-base.so"});
  EXPECT_EQ(library->Find<int()>("FakeGgmlLive")(), 0);
  EXPECT_EQ(library->Find<int()>("FakeGgmlThreads")(), 2);
}

TEST_F(ProbeGgmlTest, LeavesOutWhatNoBufferTakes) {
  const auto ggml = Ggml::Open(folder_);
  ASSERT_TRUE(ggml);
  const GgmlPlan plan = PlanGgml(Plan(), {"q8_0"}, true);
  const CpuReadings out = Measure(*ggml, plan);
  EXPECT_TRUE(out.products.empty());
  EXPECT_EQ(left_out_, plan.readings() - std::ssize(out.attentions));
}

TEST_F(ProbeGgmlTest, SaysWhatIsMissing) {
  const auto nothing = Ggml::Open(folder_ + "/no");
  ASSERT_FALSE(nothing);
  EXPECT_NE(nothing.error().message.find("holds no libggml-base.so"), std::string::npos)
      << nothing.error().message;
  setenv("ROOFSCAPE_FAKE_GGML", "no-device", 1);
  const auto none = Ggml::Open(folder_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kUnavailable);
  setenv("ROOFSCAPE_FAKE_GGML", "old", 1);  // Without kinds of buffers and threads: plain memory.
  const auto old = Ggml::Open(folder_);
  ASSERT_TRUE(old);
  EXPECT_EQ(*old->ExtraBuffers(), nullptr);
}

TEST(PlanGgml, MeasuresEveryFormatOfEnginesUnlessTold) {
  std::set<WeightType> types;
  for (const ProductGroup& group : PlanGgml(Plan(), {}, false).products) types.insert(group.type);
  EXPECT_EQ(types, (std::set{WeightType::kQ4_0, WeightType::kQ8_0, WeightType::kF16}));
  for (const ProductGroup& group : PlanGgml(Plan(), {}, true).products) {
    EXPECT_LT(group.set_bytes(), 40'000'000);  // Quick: no set of memory's size.
    EXPECT_EQ(group.m.front(), 1);
  }
}

}  // namespace
}  // namespace roofscape::host
