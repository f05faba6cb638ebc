#include "measure/host/doctor.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "measure/host/doctor_probe.h"

namespace roofscape::host {
namespace {

std::set<std::string> Topics(const std::vector<Finding>& findings) {
  std::set<std::string> topics;
  for (const Finding& finding : findings) {
    EXPECT_TRUE(topics.insert(finding.topic).second) << "twice: " << finding.topic;
    EXPECT_FALSE(finding.found.empty()) << finding.topic;
  }
  return topics;
}

TEST(DoctorTest, ExaminesThisMachine) {
  const SystemClock clock;
  const auto topics = Topics(Examine(clock));
  for (const char* topic :
       {"clock source", "clock", "governor", "processors", "other work", "steal", "descriptors",
        "local ports", "socket limits", "memory", "kernel stamps", "wire tap", "timers",
        "scheduling", "processor", "isolation", "time service"}) {
    EXPECT_TRUE(topics.contains(topic)) << topic;
  }
}

TEST(DoctorTest, SurvivesASystemThatTellsNothing) {
  for (const Finding& finding : ExamineFiles([](const auto&) { return std::nullopt; })) {
    EXPECT_NE(finding.fitness, Fitness::kFail) << finding.topic << ": " << finding.found;
  }
}

TEST(DoctorTest, SurvivesFilesOfNonsense) {
  for (const char* text : {"", "\n", "-", "::::", "\xff\xfe", "99999999999999999999999"}) {
    const auto findings = ExamineFiles([&](const auto&) { return std::string(text); });
    EXPECT_EQ(Topics(findings).size(), findings.size());
  }
}

TEST(DoctorTest, FindsTheQuotaOfAGroupAbove) {
  const std::map<std::string, std::string> files = {
      {"/proc/self/cgroup", "0::/pod/box\n"},
      {"/sys/fs/cgroup/pod/box/cpu.max", "max 100000\n"},
      {"/sys/fs/cgroup/pod/cpu.max", "50000 100000\n"}};
  const auto findings = ExamineFiles([&](const std::string& path) -> std::optional<std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return std::nullopt;
    return found->second;
  });
  EXPECT_FALSE(IsFit(findings));
}

TEST(DoctorTest, OneFailureMakesUnfit) {
  EXPECT_TRUE(IsFit({{"a", Fitness::kWarn, "", "x"}, {"b", Fitness::kUnknown, "", ""}}));
  EXPECT_FALSE(IsFit({{"a", Fitness::kOk, "", ""}, {"b", Fitness::kFail, "", "x"}}));
}

TEST(DoctorTest, LoopbackGivesStampsThatComeAfterTheSend) {
  const SystemClock clock;
  const StampTrial trial = TryStamps(clock);
  ASSERT_EQ(trial.problem, "");
  if (!trial.rx_after_send) GTEST_SKIP() << "this kernel gives no receive stamps";
  EXPECT_LT(*trial.rx_after_send, std::chrono::seconds(1));
}

TEST(DoctorTest, BusyProcessesComeBusiestFirst) {
  const auto busy = Busy({{1, {"a", 100}}, {2, {"b", 50}}, {3, {"c", 7}}},
                         {{1, {"a", 110}}, {2, {"b", 90}}, {3, {"c", 7}}, {4, {"d", 1}}},
                         std::chrono::seconds(1));
  ASSERT_EQ(busy.size(), 3U);
  EXPECT_EQ(busy[0].name, "b");
  EXPECT_EQ(busy[2].name, "d");
}

TEST(DoctorTest, SeesItsOwnPausesAsTheClockDoes) {
  class Jumping final : public Clock {
   public:
    Instant Now() const override {
      return Instant(Nanos(1000) * (count_++ > 50 ? 90 : 0) + step());
    }
    WallTime Wall() const override { return {}; }
    ClockPair Pair() const override { return {}; }

   private:
    Nanos step() const { return Nanos(100) * count_; }
    mutable int count_ = 0;
  };
  EXPECT_EQ(TrySpinning(Jumping(), std::chrono::microseconds(120)), Nanos(90'100));
}

}  // namespace
}  // namespace roofscape::host
