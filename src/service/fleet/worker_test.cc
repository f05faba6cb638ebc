// Workers, with a server that only answers that it is well and measurements that a test makes up.

#include "service/fleet/worker.h"

#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "base/core/text.h"
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
      urls_.insert(plan.target.url);
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
  std::set<std::string> urls_;
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

// The server's port is free when it is chosen; before the server binds it, another process may. Its
// answers are not the server's.
TEST_F(WorkerTest, AStrangerWhoAnswersAtThePortIsNotTheServer) {
  Write("echo {port} >> ports; [ $(wc -l < ports) -gt 1 ] || exec sleep 60; " + std::string(kWell));
  std::optional<Child> stranger;
  std::jthread thief([&](const std::stop_token& end) {
    while (!end.stop_requested() && FileSize(folder_.path() + "/ports") == 0) {
      Pause(std::chrono::milliseconds(5), stop_, clock_);
    }
    const auto port = ReadFile(folder_.path() + "/ports");
    if (!port) return;
    ChildOptions options;
    options.command = {"python3", "-m",       "http.server", std::string(Trim(*port)),
                       "--bind",  "127.0.0.1"};
    options.log = folder_.path() + "/stranger.log";
    options.dies_with_us = false;  // Not with this thread.
    auto child = Child::Start(options);
    if (child) stranger.emplace(*std::move(child));
  });
  EXPECT_EQ(Do(), std::nullopt);
  thief.request_stop();
  thief.join();
  ASSERT_TRUE(stranger);
  stranger->Stop(std::chrono::seconds(5), clock_);
  const auto ports = Split(std::string(Trim(*ReadFile(folder_.path() + "/ports"))), '\n');
  ASSERT_EQ(ports.size(), 2U);
  EXPECT_EQ(urls_, std::set<std::string>{"http://127.0.0.1:" + ports[1]});
  EXPECT_EQ(Count(Report::kReady), 1U);
  EXPECT_EQ(Count(Report::kDone), 3U);
}

TEST_F(WorkerTest, APortThatStrangersAlwaysTakeFailsWithItsCure) {
  Write(
      "env -u ROOFSCAPE_JOB setsid sh -c 'exec python3 -m http.server {port} --bind 127.0.0.1 "
      ">/dev/null 2>&1 & echo $! >> strangers' & wait; exec sleep 60");
  job_.retries = {{"port", 1}};
  ASSERT_TRUE(WriteFile(folder_.path() + "/" + kJobFile, JobText(job_)));
  const auto ended = Do();
  const auto strangers = ReadFile(folder_.path() + "/strangers");
  ASSERT_TRUE(strangers);
  const auto pids = Split(std::string(Trim(*strangers)), '\n');
  for (const std::string& pid : pids) kill(std::atoi(pid.c_str()), SIGKILL);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, "port");
  EXPECT_NE(ended->reason.find("python3"), std::string::npos) << ended->reason;
  EXPECT_NE(ended->cure.find("another port"), std::string::npos);
  EXPECT_EQ(pids.size(), 2U);  // One retry.
  EXPECT_EQ(runs_, 0);
}

TEST_F(WorkerTest, AServerWhoseListenerCannotBeToldIsTakenWithANote) {
  // As a container's: started elsewhere, ended by launch.remove.
  Write(
      "env -u ROOFSCAPE_JOB setsid sh -c 'exec python3 -m http.server {port} --bind 127.0.0.1 "
      ">/dev/null 2>&1 & echo $! > away' & wait; exec sleep 60");
  job_.start.remove = "cd " + folder_.path() + " && [ -e away ] && kill $(cat away) # {name}";
  ASSERT_TRUE(WriteFile(folder_.path() + "/" + kJobFile, JobText(job_)));
  EXPECT_EQ(Do(), std::nullopt);
  EXPECT_EQ(Count(Report::kDone), 3U);
  std::string note;
  for (const JournalLine& line : Journal()) note += line.note;
  EXPECT_NE(note.find("cannot be told: process "), std::string::npos) << note;
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

TEST_F(WorkerTest, AnotherEnvironmentIsToldOrRefused) {
  Write(kWell);
  job_.environment = {{"kernel", "Linux 0.1"}, {"driver_version", "1.0"}};
  ASSERT_TRUE(WriteFile(folder_.path() + "/" + kJobFile, JobText(job_)));
  EXPECT_EQ(Do(), std::nullopt);
  ASSERT_EQ(Journal().front().report, Report::kStarted);
  EXPECT_NE(Journal().front().note.find("first job: kernel: Linux 0.1 -> Linux "),
            std::string::npos)
      << Journal().front().note;
  EXPECT_FALSE(Journal().front().environment.at("kernel").empty());
  std::filesystem::remove(folder_.path() + "/" + kJournalFile);
  job_.refuse_drift = true;
  ASSERT_TRUE(WriteFile(folder_.path() + "/" + kJobFile, JobText(job_)));
  const auto ended = Do();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, "environment");
  EXPECT_NE(ended->reason.find("kernel: Linux 0.1 -> "), std::string::npos);
  EXPECT_EQ(Count(Report::kReady), 0U);
  EXPECT_EQ(Journal().back().report, Report::kEnd);
}

TEST_F(WorkerTest, MoreChipsThanThereAreFailBeforeAnythingIsStarted) {
  Write("touch started; " + std::string(kWell));
  job_.telemetry.nvml = {ROOFSCAPE_FAKE_CUDA_LIBRARY};
  job_.chips = 4;
  setenv("ROOFSCAPE_FAKE_CUDA", "two", 1);
  ASSERT_TRUE(WriteFile(folder_.path() + "/" + kJobFile, JobText(job_)));
  auto ended = Do();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, "environment");
  EXPECT_NE(ended->reason.find("takes 4 chips, and this job sees "), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/started"));
  // One of two that is visible is not two.
  std::filesystem::remove(folder_.path() + "/" + kJournalFile);
  job_.chips = 2;
  job_.start.env["CUDA_VISIBLE_DEVICES"] = "1";
  ASSERT_TRUE(WriteFile(folder_.path() + "/" + kJobFile, JobText(job_)));
  ended = Do();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, "environment");
  // And enough are enough.
  std::filesystem::remove(folder_.path() + "/" + kJournalFile);
  job_.start.env.clear();
  ASSERT_TRUE(WriteFile(folder_.path() + "/" + kJobFile, JobText(job_)));
  EXPECT_EQ(Do(), std::nullopt);
  // Of sockets there may be more than of other chips.
  std::filesystem::remove(folder_.path() + "/" + kJournalFile);
  job_.chips = 4;
  job_.telemetry.packages_are_chips = true;
  ASSERT_TRUE(WriteFile(folder_.path() + "/" + kJobFile, JobText(job_)));
  EXPECT_EQ(Do(), std::nullopt);
  unsetenv("ROOFSCAPE_FAKE_CUDA");
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
