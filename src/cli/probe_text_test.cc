#include "cli/probe_text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace roofscape::cli {
namespace {

host::ProbeResult Readings() {
  host::ProbeResult result;
  result.cpu.name = "Some CPU";
  result.cpu.processors = 2;
  result.cpu.memory_gb = 24.7;
  result.cpu.kernels = "avx2";
  result.cpu.reads = {{1, 134.2, {20, 19, 5}}};
  result.cpu.products = {{"q8_0", "roofscape avx2", 4, 4096, 1024, 2, 16.7, {50, 30, 5}}};
  result.cpu.launches = {{2, {1.25, 1.3, 9}}};
  result.gpu_absent = "no library libcuda.so.1";
  result.elapsed_s = 3.21;
  return result;
}

TEST(ProbeTextTest, ShowsReadingsAndDoubts) {
  EXPECT_EQ(ProbeText(Readings(), {}),
            "Some CPU: 2 processors, 24.7 GB, last cache - MB, kernels avx2\n"
            "what          m      n x k  threads   set  best  median  spread\n"
            "                                       MB\n"
            "read GB/s     -          -        1   134  20.0    19.0  5.26 %\n"
            "launch us     -          -        2     -  1.25    1.30  3.85 %\n"
            "q8_0 GFLOP/s  4  4096x1024        2  16.7  50.0    30.0  66.7 %  noisy\n"
            "\n"
            "ms a step over 1 GB of weights in memory, by tokens in the step\n"
            "weights  threads  1 token    4   16     64\n"
            "q8_0           2      151  151  602  2,409\n"
            "no GPU: no library libcuda.so.1\n"
            "\n"
            "3.2 s, an unknown part of the time stolen by the hypervisor\n"
            "doubt: 1 of 3 readings are noisy: other work ran beside them, or they were\n"
            "       repeated too seldom; run it again on an idle machine\n");
}

TEST(ProbeTextTest, JsonSaysTheSameWithAllDigits) {
  const Json json = ProbeJson(Readings());
  EXPECT_EQ(json["cpu"]["matrix"][0]["gflops"]["best"], 50);
  EXPECT_EQ(json["cpu"]["matrix"][0]["gflops"]["noisy"], true);
  EXPECT_EQ(json["cpu"]["read"][0]["set_mb"], 134.2);
  EXPECT_TRUE(json["cpu"]["last_cache_mb"].is_null());
  EXPECT_TRUE(json["steal"].is_null());
  EXPECT_EQ(json["doubts"].size(), 1U);
  EXPECT_EQ(json["gpu_absent"], "no library libcuda.so.1");
}

TEST(ProbeTextTest, ShowsADeviceWithWhatCouldNotBeMeasured) {
  host::ProbeResult result;
  host::GpuReadings gpu;
  gpu.name = "A GPU";
  gpu.memory_gb = 80;
  gpu.copy_gb_s = host::Repeated{2900, 2890, 5};
  gpu.problems = {"fp8: has no such product"};
  result.gpus = {gpu};
  const std::string text = ProbeText(result, {});
  EXPECT_NE(text.find("A GPU: 80.0 GB\n"), std::string::npos) << text;
  EXPECT_NE(text.find("not measured: fp8: has no such product\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("no GPU"), std::string::npos) << text;
  const Json json = ProbeJson(result);
  EXPECT_TRUE(json["cpu"].is_null());
  EXPECT_EQ(json["gpus"][0]["copy_gb_s"]["best"], 2900);
  EXPECT_TRUE(json["gpus"][0]["launch"].is_null());
}

}  // namespace
}  // namespace roofscape::cli
