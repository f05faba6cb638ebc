#include "measure/host/host_facts.h"

#include <sys/resource.h>

#include <gtest/gtest.h>

namespace roofscape::host {
namespace {

TEST(HostFactsTest, TellsWhatEveryLinuxKnows) {
  const auto facts = HostFacts();
  EXPECT_FALSE(facts.at("kernel").empty());
  EXPECT_GE(std::stol(facts.at("cpus")), 1);
  EXPECT_GT(std::stoll(facts.at("memory_bytes")), 1 << 20);
}

TEST(HostFactsTest, StealFractionIsMissingWithoutTwoReadings) {
  EXPECT_FALSE(StealFraction(std::nullopt, CpuTimes{10, 1}).has_value());
  EXPECT_FALSE(StealFraction(CpuTimes{10, 1}, CpuTimes{10, 1}).has_value());
  EXPECT_DOUBLE_EQ(*StealFraction(CpuTimes{100, 5}, CpuTimes{200, 30}), 0.25);
}

TEST(HostFactsTest, ThreadCpuTimeGrowsWithWork) {
  const Nanos before = ThreadCpuTime();
  volatile std::uint64_t sink = 0;
  for (std::uint64_t i = 0; i < 5'000'000; ++i) sink = sink + i;
  EXPECT_GT(ThreadCpuTime(), before);
}

TEST(HostFactsTest, TooFewDescriptorsSaysHowToMendIt) {
  EXPECT_TRUE(EnsureDescriptors(1));
  // In a child: the limit cannot be raised again.
  EXPECT_EXIT(
      {
        rlimit limit;  // No commas in here: this is a macro's argument.
        limit.rlim_cur = limit.rlim_max = 32;
        setrlimit(RLIMIT_NOFILE, &limit);
        const Result<> result = EnsureDescriptors(1000);
        const bool told = !result && result.error().message.find("ulimit -n") != std::string::npos;
        _exit(told ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(HostFactsTest, CountsOpenDescriptors) {
  const DescriptorUse before = ReadDescriptorUse();
  FILE* file = std::fopen("/dev/null", "r");
  EXPECT_EQ(ReadDescriptorUse().used, before.used + 1);
  std::fclose(file);
}

}  // namespace
}  // namespace roofscape::host
