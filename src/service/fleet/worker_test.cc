// Workers, with a server that only answers that it is well and measurements that a test makes up.

#include "service/fleet/worker.h"

#include <set>

#include <gtest/gtest.h>

#include "service/fleet/file.h"
#include "service/fleet/process.h"
#include "service/fleet/test_folder.h"
#include "service/fleet/test_plans.h"

namespace roofscape::fleet {
namespace {

constexpr const char* kWell = "exec python3 -m http.server {port} --bind 127.0.0.1";

class WorkerTest : public testing::Test {
 protected:
  void Write(const std::string& command, double start_timeout_s = 60) {
    const Expansion expansion = MustExpand(kSmallPlan);
    job_.name = "worker-test-" + folder_.path().substr(folder_.path().size() - 6);
    job_.start.command = command;
    job_.start.health = "/";
    job_.start.start_timeout_s = start_timeout_s;
    job_.start.failures = {{"no blocks", "memory", "more chips"}};
    for (std::size_t i = 0; i < 3; ++i) {
      job_.points.push_back({"p" + std::to_string(i), "title", expansion.points[i].plan, 1.0});
    }
    ASSERT_TRUE(WriteFile(folder_.path() + "/" + kJobFile, JobText(job_)));
  }

  /// The canary's run is no point's.
  Measure Measuring() {
    return [this](const spec::Plan& plan, const std::string& database) -> Result<Measured> {
      EXPECT_EQ(plan.target.url.rfind("http://127.0.0.1:", 0), 0U);
      if (database.ends_with("canary.db")) return Measured{"canary", {}, true, 2, {}};
      seeds_.push_back(plan.seed);
      if (hook_) hook_();
      Measured measured{"run-" + std::to_string(runs_++), spec::Fitness::kValid, true, 10, {}};
      if (fitness_.contains(runs_ - 1)) measured.instrument = fitness_[runs_ - 1];
      if (failing_.contains(runs_ - 1)) measured.successes = 0;
      return measured;
    };
  }

  std::optional<Failure> Do() {
    const auto done = DoJob(folder_.path(), Measuring(), stop_, clock_);
    EXPECT_TRUE(done) << done.error().message;
    return done ? *done : std::nullopt;
  }

  std::vector<JournalLine> Journal() const {
    return ParseJournal(*ReadFile(folder_.path() + "/" + kJournalFile));
  }
  std::size_t Count(Report report) const {
    std::size_t count = 0;
    for (const JournalLine& line : Journal()) count += line.report == report ? 1 : 0;
    return count;
  }

  TestFolder folder_;
  SystemClock clock_;
  std::atomic<bool> stop_{false};
  Job job_;
  int runs_ = 0;
  std::map<int, spec::Fitness> fitness_;
  std::set<int> failing_;
  std::vector<std::uint64_t> seeds_;
  std::function<void()> hook_;
};

TEST_F(WorkerTest, OneStartServesAllPointsAndNothingIsLeft) {
  Write(kWell);
  EXPECT_EQ(Do(), std::nullopt);
  EXPECT_EQ(Count(Report::kReady), 1U);
  EXPECT_EQ(Count(Report::kDone), 3U);
  EXPECT_EQ(Journal().back().report, Report::kEnd);
  EXPECT_EQ(EndMarked(job_.name, std::chrono::seconds(1), clock_), 0U);
  // Points 0 and 2 are repeats of one recipe: their prompts must differ, too.
  EXPECT_NE(seeds_[0], seeds_[2]);
}

TEST_F(WorkerTest, BegunAgainItDoesOnlyWhatIsLeft) {
  Write(kWell);
  hook_ = [this] { stop_ = runs_ == 1; };
  const auto ended = Do();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, "cancelled");
  EXPECT_EQ(Count(Report::kDone), 1U);
  hook_ = nullptr;
  stop_ = false;
  EXPECT_EQ(Do(), std::nullopt);
  EXPECT_EQ(Count(Report::kDone), 3U);
}

TEST_F(WorkerTest, AnUnfitInstrumentIsGivenOneMoreTry) {
  Write(kWell);
  fitness_ = {{0, spec::Fitness::kDegraded}, {1, spec::Fitness::kDegraded}};
  EXPECT_EQ(Do(), std::nullopt);
  EXPECT_EQ(Count(Report::kKept), 1U);
  EXPECT_EQ(Count(Report::kDone), 3U);
  EXPECT_EQ(runs_, 4);
}

TEST_F(WorkerTest, AServerThatDoesNotComeUpSaysWhy) {
  Write("echo 'ValueError: No blocks left'; exit 1");
  const auto ended = Do();
  ASSERT_TRUE(ended);
  EXPECT_EQ(*ended, (Failure{"memory", "ValueError: No blocks left", "more chips"}));
  EXPECT_EQ(Count(Report::kReady), 0U);
}

TEST_F(WorkerTest, AServerThatIsNotReadyInTimeIsEnded) {
  Write("exec sleep 60", 0.5);
  const auto ended = Do();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, "timeout");
  EXPECT_EQ(EndMarked(job_.name, std::chrono::seconds(1), clock_), 0U);
}

TEST_F(WorkerTest, AServerThatFallsIsStartedOnceMore) {
  Write(kWell);
  hook_ = [this] {
    if (runs_ != 1) return;
    failing_.insert(runs_);
    EndMarked(job_.name, std::chrono::seconds(5), clock_);
  };
  EXPECT_EQ(Do(), std::nullopt);
  EXPECT_EQ(Count(Report::kReady), 2U);
  EXPECT_EQ(Count(Report::kDone), 3U);
}

TEST_F(WorkerTest, APointThatFailsAloneDoesNotStopTheOthers) {
  Write(kWell);
  failing_.insert(1);
  EXPECT_EQ(Do(), std::nullopt);
  EXPECT_EQ(Count(Report::kFailed), 1U);
  EXPECT_EQ(Count(Report::kDone), 2U);
}

TEST_F(WorkerTest, AJobThatSomebodyElseDoesIsLeftAlone) {
  Write(kWell);
  const std::string claim = HostName() + " 1 " + BeginOf(1).value_or("0") + "\n";
  ASSERT_TRUE(WriteFile(folder_.path() + "/" + kClaimFile, claim));
  const auto done = DoJob(folder_.path(), Measuring(), stop_, clock_);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kUnavailable);
  // Of a process that is gone it is taken over.
  ASSERT_TRUE(WriteFile(folder_.path() + "/" + kClaimFile, HostName() + " 999999999 1\n"));
  EXPECT_EQ(Do(), std::nullopt);
}

TEST_F(WorkerTest, NoPointIsBegunThatWouldEndTooLate) {
  Write(kWell);
  job_.seconds = 0.5;
  ASSERT_TRUE(WriteFile(folder_.path() + "/" + kJobFile, JobText(job_)));
  const auto ended = Do();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, "limit");
  EXPECT_EQ(runs_, 0);
}

}  // namespace
}  // namespace roofscape::fleet
