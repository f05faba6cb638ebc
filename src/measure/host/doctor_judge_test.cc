#include "measure/host/doctor_judge.h"

#include <gtest/gtest.h>

namespace roofscape::host {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Every finding that is not as it should be says what to do, and a good one says nothing.
void Expect(const Finding& finding, Fitness fitness, const char* part_of_found) {
  EXPECT_EQ(Name(finding.fitness), Name(fitness)) << finding.found;
  EXPECT_NE(finding.found.find(part_of_found), std::string::npos) << finding.found;
  const bool needs_cure = fitness == Fitness::kWarn || fitness == Fitness::kFail;
  EXPECT_EQ(!finding.cure.empty(), needs_cure) << finding.cure;
}

TEST(DoctorJudgeTest, ClockSources) {
  Expect(JudgeClockSource("tsc\n", "tsc hpet acpi_pm \n"), Fitness::kOk, "tsc");
  Expect(JudgeClockSource("kvm-clock\n", std::nullopt), Fitness::kOk, "kvm-clock");
  Expect(JudgeClockSource("hpet\n", "hpet acpi_pm \n"), Fitness::kWarn, "hpet");
  Expect(JudgeClockSource(std::nullopt, std::nullopt), Fitness::kUnknown, "not tell");
  EXPECT_NE(JudgeClockSource("hpet\n", "tsc hpet\n").cure.find("echo tsc"), std::string::npos);
}

TEST(DoctorJudgeTest, Governors) {
  Expect(JudgeGovernor("performance\n"), Fitness::kOk, "performance");
  Expect(JudgeGovernor("powersave\n"), Fitness::kWarn, "powersave");
  Expect(JudgeGovernor(std::nullopt), Fitness::kUnknown, "");
}

TEST(DoctorJudgeTest, ProcessorFacts) {
  const std::string cpuinfo = "processor\t: 0\nmodel name\t: AMD EPYC 9R14\nflags\t: fpu\n";
  Expect(JudgeProcessor(cpuinfo, "1\n", "1\n", std::nullopt), Fitness::kOk,
         "AMD EPYC 9R14, two threads a core");
  Expect(JudgeProcessor(cpuinfo, "0\n", std::nullopt, "1\n"), Fitness::kOk, "turbo off");
  Expect(JudgeProcessor(std::nullopt, "junk", "", ""), Fitness::kUnknown, "unknown");
}

TEST(DoctorJudgeTest, QuotasOfBothVersions) {
  EXPECT_EQ(ParseCpuMax("max 100000\n"), std::nullopt);
  EXPECT_EQ(ParseCpuMax("150000 100000\n"), 1.5);
  EXPECT_EQ(ParseCpuMax(""), std::nullopt);
  EXPECT_EQ(ParseCpuMax("5 0"), std::nullopt);
  EXPECT_EQ(ParseCfsQuota("-1\n", "100000\n"), std::nullopt);
  EXPECT_EQ(ParseCfsQuota("50000\n", "100000\n"), 0.5);
  EXPECT_EQ(ParseCfsQuota("", ""), std::nullopt);
}

TEST(DoctorJudgeTest, ControlGroupPaths) {
  const std::string mixed = "5:devices:/\n4:memory:/a/b\n1:cpu,cpuacct:/user.slice\n0::/init:x\n";
  EXPECT_EQ(ParseCgroupPath(mixed, ""), "/init:x");
  EXPECT_EQ(ParseCgroupPath(mixed, "cpu"), "/user.slice");
  EXPECT_EQ(ParseCgroupPath(mixed, "memory"), "/a/b");
  EXPECT_EQ(ParseCgroupPath(mixed, "io"), std::nullopt);
  EXPECT_EQ(ParseCgroupPath("junk", "cpu"), std::nullopt);
}

TEST(DoctorJudgeTest, Processors) {
  Expect(JudgeProcessors(8, std::nullopt), Fitness::kOk, "8 allowed");
  Expect(JudgeProcessors(1, std::nullopt), Fitness::kWarn, "1 allowed");
  Expect(JudgeProcessors(8, 4.0), Fitness::kWarn, "4.00");
  Expect(JudgeProcessors(8, 0.5), Fitness::kFail, "0.50");
}

TEST(DoctorJudgeTest, ProcessTimes) {
  const auto process = ParseProcessStat(
      "4242 (a (b) c) R 1 2 3 4 5 6 7 8 9 10 111 22 0 0 20 0 1 0 500 1000 20 1844 0 0 0\n");
  ASSERT_TRUE(process);
  EXPECT_EQ(process->name, "a (b) c");
  EXPECT_EQ(process->ticks, 133);
  EXPECT_FALSE(ParseProcessStat(""));
  EXPECT_FALSE(ParseProcessStat("1 (x) S 1 2"));
  EXPECT_FALSE(ParseProcessStat(")("));
}

TEST(DoctorJudgeTest, OtherWorkIsNamed) {
  Expect(JudgeOtherWork("0.10 0.2 0.3 1/100 77\n", 2, {}), Fitness::kOk, "0.10 on 2");
  Expect(JudgeOtherWork(std::nullopt, 2, {{"idle", 0.01}}), Fitness::kOk, "2 processors");
  Expect(JudgeOtherWork("2.5 1 1 1/1 1\n", 2, {{"python3", 0.9}, {"cc1plus", 0.2}}), Fitness::kWarn,
         "python3 90 %; cc1plus 20 %");
  Expect(JudgeOtherWork("2.5 1 1 1/1 1\n", 64, {{"python3", 0.9}}), Fitness::kOk, "python3 90 %");
}

TEST(DoctorJudgeTest, Steal) {
  Expect(JudgeSteal(0.0), Fitness::kOk, "0.0 %");
  Expect(JudgeSteal(0.02), Fitness::kWarn, "2.0 %");
  Expect(JudgeSteal(0.2), Fitness::kFail, "20.0 %");
  Expect(JudgeSteal(std::nullopt), Fitness::kUnknown, "");
}

TEST(DoctorJudgeTest, DescriptorsSayHowManyStreams) {
  Expect(JudgeDescriptors(1024, 65536, 10), Fitness::kOk, "65,494 streams");
  Expect(JudgeDescriptors(1024, 1024, 10), Fitness::kWarn, "982 streams");
  Expect(JudgeDescriptors(64, 64, 10), Fitness::kFail, "22 streams");
}

TEST(DoctorJudgeTest, Ports) {
  Expect(JudgePorts("32768\t60999\n", "2\n"), Fitness::kOk, "28,232");
  Expect(JudgePorts("50000 50999\n", "0\n"), Fitness::kWarn, "1,000");
  Expect(JudgePorts("junk", "0\n"), Fitness::kUnknown, "");
}

TEST(DoctorJudgeTest, SocketLimits) {
  Expect(JudgeSocketLimits("4096\n", "4096\t131072\t6291456\n"), Fitness::kOk, "4,096");
  Expect(JudgeSocketLimits("128\n", "4096\t131072\t6291456\n"), Fitness::kWarn, "128");
  Expect(JudgeSocketLimits("4096\n", "4096\t16384\t6291456\n"), Fitness::kWarn, "16,384");
  Expect(JudgeSocketLimits(std::nullopt, "4096 131072 6291456"), Fitness::kUnknown, "");
}

TEST(DoctorJudgeTest, Memory) {
  const auto info = [](const char* available) {
    return "MemTotal:       24684084 kB\nMemAvailable:   " + std::string(available) + " kB\n";
  };
  Expect(JudgeMemory(info("8388608")), Fitness::kOk, "8.0 GiB");
  Expect(JudgeMemory(info("524288")), Fitness::kWarn, "0.5 GiB");
  Expect(JudgeMemory(info("1024")), Fitness::kFail, "0.0 GiB");
  Expect(JudgeMemory("MemTotal: 5 kB\n"), Fitness::kUnknown, "");
}

TEST(DoctorJudgeTest, Isolation) {
  Expect(JudgeContainer("/.dockerenv", std::nullopt, std::nullopt), Fitness::kOk, "/.dockerenv");
  Expect(JudgeContainer("", "0::/kubepods/pod1\n", std::nullopt), Fitness::kOk, "kubepods");
  Expect(JudgeContainer("", "0::/\n", "flags : fpu hypervisor lahf_lm\n"), Fitness::kOk,
         "no container, a virtual machine");
}

TEST(DoctorJudgeTest, ClockCorrections) {
  Expect(JudgeCorrection(ClockCorrection{12.5, 0, true}), Fitness::kOk, "+12.5 ppm");
  Expect(JudgeCorrection(ClockCorrection{0, 0, false}), Fitness::kOk, "not synchronised");
  Expect(JudgeCorrection(ClockCorrection{-480, 0, true}), Fitness::kWarn, "-480");
  Expect(JudgeCorrection(ClockCorrection{0, -0.2, true}), Fitness::kWarn, "200 ms");
  Expect(JudgeCorrection(std::nullopt), Fitness::kUnknown, "");
}

TEST(DoctorJudgeTest, WhatWasMeasured) {
  Expect(JudgeClockCost(Nanos(25), Nanos(10)), Fitness::kOk, "25 ns a reading, grain 10 ns");
  Expect(JudgeClockCost(Nanos(900), Nanos(10)), Fitness::kWarn, "900");
  Expect(JudgeClockCost(Nanos(25), milliseconds(4)), Fitness::kFail, "4000000 ns");
  Expect(JudgeTimers(microseconds(55), microseconds(120), microseconds(50)), Fitness::kOk, "120");
  Expect(JudgeTimers(microseconds(55), milliseconds(3), microseconds(50)), Fitness::kWarn, "3");
  Expect(JudgeTimers(milliseconds(4), milliseconds(9), microseconds(50)), Fitness::kFail, "4");
  Expect(JudgeGaps(microseconds(90), milliseconds(500)), Fitness::kOk, "90");
  Expect(JudgeGaps(milliseconds(7), milliseconds(500)), Fitness::kWarn, "7");
  Expect(JudgeGaps(milliseconds(80), milliseconds(500)), Fitness::kFail, "80");
}

TEST(DoctorJudgeTest, StampsAndTap) {
  Expect(JudgeStamps({microseconds(8), microseconds(4), ""}), Fitness::kOk, "8");
  Expect(JudgeStamps({microseconds(8), std::nullopt, ""}), Fitness::kWarn, "no stamps for sending");
  Expect(JudgeStamps({std::nullopt, std::nullopt, "no loopback"}), Fitness::kUnknown,
         "no loopback");
  Expect(JudgeWireTap(true, ""), Fitness::kOk, "permitted");
  Expect(JudgeWireTap(false, "Operation not permitted"), Fitness::kWarn, "Operation not permitted");
}

}  // namespace
}  // namespace roofscape::host
