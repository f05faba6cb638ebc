#include "measure/host/probe_result.h"

#include <gtest/gtest.h>

#include "measure/host/probe_chip.h"

namespace roofscape::host {
namespace {

TEST(RepeatedTest, TheFastestRepeatIsTheBest) {
  const std::vector<double> seconds = {0.5, 0.25, 1.0};
  const Repeated rate = RateOf(10, seconds);
  EXPECT_EQ(rate.best, 40);
  EXPECT_EQ(rate.median, 20);
  EXPECT_EQ(rate.repeats, 3);
  EXPECT_DOUBLE_EQ(rate.spread(), 1.0);
  const Repeated time = TimeOf(1e-6, seconds);
  EXPECT_DOUBLE_EQ(time.best, 250'000);
  EXPECT_DOUBLE_EQ(time.median, 500'000);
  EXPECT_DOUBLE_EQ(time.spread(), 0.5);
}

TEST(RepeatedTest, IsNoisyWithFewRepeatsOrWideSpread) {
  EXPECT_TRUE(IsNoisy({10, 10, 2}));
  EXPECT_FALSE(IsNoisy({10, 9, 3}));
  EXPECT_TRUE(IsNoisy({12, 10, 3}));
  EXPECT_EQ((Repeated{10, 5, 1}.spread()), 0);
}

ProbeResult Readings() {
  ProbeResult result;
  CpuReadings& cpu = result.cpu;
  cpu.name = "Some CPU";
  cpu.vendor = "AMD";
  cpu.processors = 2;
  cpu.memory_gb = 24.6912;
  cpu.last_cache_mb = 33.554432;
  cpu.kernels = "avx2";
  cpu.reads = {{1, 134.217728, {20.00049, 20, 5}},
               {2, 134.217728, {31, 30, 5}},
               {1, 16.777216, {60, 60, 5}}};
  cpu.products = {{"f32", "roofscape avx2", 64, 4096, 1024, 2, 134.2, {55.5555, 55, 5}},
                  {"f16", "roofscape avx2", 1, 4096, 1024, 1, 134.2, {9, 9, 5}},
                  {"q8_0", "roofscape avx2", 1, 4096, 1024, 1, 134.2, {40, 40, 5}}};
  cpu.launches = {{1, {0.002, 0.002, 5}}, {2, {1.23456, 1.3, 5}}};
  return result;
}

const ChipOrigin kOrigin{"mine", "roofscape 9.9", {2026, 11, 29}};

TEST(DoubtsTest, NamesEveryReasonToDoubt) {
  ProbeResult result = Readings();
  EXPECT_TRUE(Doubts(result).empty());
  result.cpu.reads[0].gb_s.median = 10;
  result.steal = 0.05;
  result.left_out = 4;
  std::vector<std::string> doubts = Doubts(result);
  ASSERT_EQ(doubts.size(), 3U);
  EXPECT_TRUE(doubts[0].starts_with("1 of 8 readings are noisy"));
  EXPECT_TRUE(doubts[1].starts_with("5.0 % of the time"));
  EXPECT_TRUE(doubts[2].starts_with("4 readings did not fit"));
  result.stopped = true;
  EXPECT_TRUE(Doubts(result)[2].starts_with("stopped before its end: 4 readings"));
}

TEST(MakeChipTest, HasTheBestOfAProcessorWithItsSource) {
  const ProbeResult result = Readings();
  const catalog::Chip chip = MakeChip(result, result.cpu, kOrigin);
  EXPECT_EQ(chip.entry.id, "mine");
  EXPECT_EQ(chip.entry.file, "chips/mine.toml");
  ASSERT_EQ(chip.entry.sources.size(), 1U);
  EXPECT_EQ(chip.entry.sources[0].text, "measured by roofscape 9.9 probe on Some CPU");
  EXPECT_EQ(chip.entry.sources[0].date, (catalog::Date{2026, 11, 29}));
  EXPECT_EQ(chip.entry.sources[0].confidence, catalog::Confidence::kMedium);
  EXPECT_EQ(chip.memory.usable_gb, 24.69);
  EXPECT_EQ(chip.memory.bandwidth_tb_s, 0.031);  // The larger set, all threads.
  EXPECT_EQ(chip.on_chip.bandwidth_tb_s, 0.06);
  EXPECT_EQ(chip.on_chip.l2_mb, 33.55);
  EXPECT_EQ(chip.dense.bf16_tflops, 0.05556);
  EXPECT_EQ(chip.dense.int8_tops, 0.04);
  EXPECT_EQ(chip.reached.launch_us, 1.235);
  ASSERT_EQ(chip.reads.size(), 3U);
  EXPECT_EQ(chip.reads[0], (catalog::ReadRate{1, 134.2, 20}));
  ASSERT_EQ(chip.products.size(), 3U);
  EXPECT_EQ(chip.products[0],
            (catalog::MatrixRate{"f32", "roofscape avx2", 2, 64, 4096, 1024, 134.2, 55.56}));
}

TEST(MakeChipTest, DoubtfulReadingsHaveLowConfidence) {
  ProbeResult result = Readings();
  result.steal = 0.2;
  const catalog::Chip chip = MakeChip(result, result.cpu, kOrigin);
  EXPECT_EQ(chip.entry.sources[0].confidence, catalog::Confidence::kLow);
  EXPECT_TRUE(chip.entry.note.starts_with("20.0 % of the time")) << chip.entry.note;
}

TEST(MakeChipTest, ACacheSlowerThanMemoryIsNotKnown) {
  ProbeResult result = Readings();
  result.cpu.reads[2].gb_s.best = 25;
  EXPECT_FALSE(MakeChip(result, result.cpu, kOrigin).on_chip.bandwidth_tb_s);
}

TEST(MakeChipTest, HasWhatADeviceReached) {
  ProbeResult result = Readings();
  GpuReadings gpu;
  gpu.name = "A GPU";
  gpu.memory_gb = 80;
  gpu.power_limit_w = 700;
  gpu.copy_gb_s = Repeated{2900, 2890, 5};
  gpu.launch = LaunchReading{1, {2.1, 2.2, 5}};
  gpu.products = {{"bf16", "lt", 4096, 8192, 8192, 1, 134.2, {650'000, 640'000, 5}},
                  {"bf16", "lt", 16, 8192, 8192, 1, 134.2, {30'000, 30'000, 5}}};
  const catalog::Chip chip = MakeChip(result, gpu, kOrigin);
  EXPECT_EQ(chip.vendor, "NVIDIA");
  EXPECT_EQ(chip.memory.bandwidth_tb_s, 2.9);
  EXPECT_EQ(chip.reached.bf16_gemm_tflops, 650);
  EXPECT_FALSE(chip.reached.fp8_gemm_tflops);
  EXPECT_EQ(chip.reached.launch_us, 2.1);
  EXPECT_EQ(chip.tdp_w, 700);
}

TEST(IdOfTest, IsANameOfAFile) {
  EXPECT_EQ(IdOf("AMD EPYC 7763 64-Core"), "amd-epyc-7763-64-core");
  EXPECT_EQ(IdOf("Intel(R) Xeon(R) @ 2.5GHz "), "intel-r-xeon-r-2-5ghz");
  EXPECT_EQ(IdOf("../?"), "this-machine");
}

}  // namespace
}  // namespace roofscape::host
