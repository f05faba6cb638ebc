#include "measure/host/probe_cuda.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "measure/host/blas.h"

namespace roofscape::host {
namespace {

const std::string kFake = ROOFSCAPE_FAKE_CUDA_LIBRARY;

CudaNames FakeNames() { return {{kFake}, {kFake}, {kFake}}; }

/// A clock on which every reading takes 4 ms, so that a fake's calls take time, one a repeat.
class TickClock final : public Clock {
 public:
  Instant Now() const override { return now_ += std::chrono::milliseconds(4); }
  WallTime Wall() const override { return {}; }
  ClockPair Pair() const override { return {}; }

 private:
  mutable Instant now_{};
};

class ProbeCudaTest : public testing::Test {
 protected:
  Result<std::vector<GpuReadings>> Measure(const char* mode, const CudaNames& names = FakeNames()) {
    setenv("ROOFSCAPE_FAKE_CUDA", mode, 1);
    pace_.emplace(clock_, stop_, std::chrono::seconds(60), GpuReadingCount(1, true), nullptr);
    return MeasureGpus(names, true, *pace_);
  }

  /// Nothing that was made in the library may be left.
  void TearDown() override {
    unsetenv("ROOFSCAPE_FAKE_CUDA");
    const auto library = SharedLibrary::Open({&kFake, 1});
    ASSERT_TRUE(library) << library.error().message;
    EXPECT_EQ(library->Find<int()>("FakeCudaLiveObjects")(), 0);
  }

  // Keeps the library loaded, so that its count outlives each use.
  Result<SharedLibrary> held_ = SharedLibrary::Open({&kFake, 1});
  TickClock clock_;
  std::atomic<bool> stop_{false};
  std::optional<ProbePace> pace_;
};

TEST_F(ProbeCudaTest, MeasuresADevice) {
  const auto gpus = Measure("");
  ASSERT_TRUE(gpus) << gpus.error().message;
  ASSERT_EQ(gpus->size(), 1U);
  const GpuReadings& gpu = gpus->front();
  EXPECT_EQ(gpu.name, "Pretended GPU 0");
  EXPECT_EQ(gpu.driver, "999.1");
  EXPECT_EQ(gpu.memory_gb, 80);
  EXPECT_EQ(gpu.l2_mb, 50);
  EXPECT_EQ(gpu.power_limit_w, 700);
  EXPECT_EQ(gpu.problems, std::vector<std::string>{});
  // A call is 4 ms on this clock, 1000 launches or 10 copies of 2^28 bytes are a call.
  ASSERT_TRUE(gpu.launch && gpu.copy_gb_s);
  EXPECT_NEAR(gpu.launch->us.best, 4, 1e-9);
  EXPECT_NEAR(gpu.copy_gb_s->best, 2e-9 * (1 << 28) * 10 / 4e-3, 1e-6);
  EXPECT_FALSE(gpu.peer_gb_s);
  EXPECT_EQ(std::ssize(gpu.products) + 2, GpuReadingCount(1, true));
  EXPECT_EQ(gpu.products.front().type, "bf16");
  EXPECT_EQ(gpu.products.back().type, "fp8");
  const MatrixReading& first = gpu.products.front();
  EXPECT_NEAR(first.gflops.best, 2e-9 * 16 * 8192 * 8192 * 20 / 4e-3, 1e-3);
  EXPECT_EQ(pace_->left_out(), 0);
}

TEST_F(ProbeCudaTest, CopiesBetweenTwo) {
  const auto gpus = Measure("two");
  ASSERT_TRUE(gpus) << gpus.error().message;
  ASSERT_EQ(gpus->size(), 2U);
  for (const GpuReadings& gpu : *gpus) {
    ASSERT_TRUE(gpu.peer_gb_s);
    EXPECT_NEAR(gpu.peer_gb_s->best, 1e-9 * (1 << 28) * 10 / 4e-3, 1e-6);
  }
}

TEST_F(ProbeCudaTest, TellsWhatGoesWrong) {
  struct Case {
    const char* mode;
    const char* want;
  };
  for (const Case& c :
       {Case{"no-memory", "cuMemAlloc: error 2, out of memory"},
        Case{"no-sync", "launch: error 700, broken"}, Case{"no-blas", "cublasLtCreate: error 1"},
        Case{"no-fp8", "fp8 m=16 n=8192 k=8192: error -1"}}) {
    const auto gpus = Measure(c.mode);
    ASSERT_TRUE(gpus) << c.mode << ": " << gpus.error().message;
    std::string all;
    for (const std::string& problem : gpus->front().problems) all += problem + "\n";
    EXPECT_NE(all.find(c.want), std::string::npos) << c.mode << " told: " << all;
  }
  const auto without_fp8 = Measure("no-fp8");
  EXPECT_EQ(without_fp8->front().products.size(), 3U);  // bf16 is there all the same.
  EXPECT_EQ(pace_->left_out(), 3);
}

TEST_F(ProbeCudaTest, SaysWhyThereIsNoDevice) {
  struct Case {
    const char* mode;
    std::string driver;
    const char* want;
  };
  for (const Case& c :
       {Case{"", "libno-such-driver.so.1", "no library libno-such-driver.so.1"},
        Case{"", "libc.so.6", "has no function cuGetErrorString"},
        Case{"no-init", kFake, "cuInit: error 100"}, Case{"no-device", kFake, "sees no device"}}) {
    setenv("ROOFSCAPE_FAKE_CUDA", c.mode, 1);
    CudaNames names = FakeNames();
    names.driver = {c.driver};
    const auto count = CountGpus(names);
    ASSERT_FALSE(count) << c.want;
    EXPECT_NE(count.error().message.find(c.want), std::string::npos) << count.error().message;
  }
}

TEST_F(ProbeCudaTest, DoesWithoutTheOtherLibraries) {
  CudaNames names = FakeNames();
  names.blas = {"libno-such-blas.so"};
  names.management = {"libno-such-management.so"};
  const auto gpus = Measure("", names);
  ASSERT_TRUE(gpus) << gpus.error().message;
  const GpuReadings& gpu = gpus->front();
  EXPECT_EQ(gpu.driver, "");
  EXPECT_TRUE(gpu.copy_gb_s.has_value());
  ASSERT_EQ(gpu.problems.size(), 1U);
  EXPECT_NE(gpu.problems[0].find("no library libno-such-blas.so"), std::string::npos);
}

TEST(BlasTest, MultipliesAsTheProbeMeans) {
  const auto blas = Blas::Open({&kFake, 1});
  ASSERT_TRUE(blas) << blas.error().message;
  blas->SetThreads(1);                                    // The fake does not let one choose.
  const std::vector<float> x = {1, 2, 3, 4};              // Two tokens.
  const std::vector<float> weights = {1, 0, 0, 1, 1, 1};  // Three rows.
  std::vector<float> y(6);
  blas->Product(2, 3, 2, x.data(), weights.data(), y.data());
  EXPECT_EQ(y, (std::vector<float>{1, 2, 3, 3, 4, 7}));
  const std::string other = "libc.so.6";
  EXPECT_FALSE(Blas::Open({&other, 1}));
}

}  // namespace
}  // namespace roofscape::host
