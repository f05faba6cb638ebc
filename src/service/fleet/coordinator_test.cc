// Campaigns with an executor that does what a test says: nothing is lost and nothing is done twice,
// whoever dies when.

#include "service/fleet/coordinator.h"

#include <map>
#include <memory>

#include <gtest/gtest.h>

#include "service/fleet/file.h"
#include "service/fleet/prepare.h"
#include "service/fleet/test_folder.h"
#include "service/fleet/test_plans.h"

namespace roofscape::fleet {
namespace {

using std::chrono::seconds;

/// Two deployments with two points each.
const std::string kPlan = R"(schema_version = 1
name = "c"
[[deployment]]
name = "a"
launch = {command = "a {port}"}
[[deployment]]
name = "b"
launch = {command = "b {port}"}
[[workload]]
input = {tokens = 4}
output = {tokens = 2}
[[load]]
concurrency = [1, 2]
requests = 10
)";

class FakeExecutor final : public Executor {
 public:
  struct FakeJob {
    Ticket ticket;
    JobStatus status{.phase = JobPhase::kRunning, .host = "n1"};
  };

  bool has_hosts() const override { return true; }
  bool outlives_us() const override { return outlives; }
  void SetAside(const std::vector<std::string>& hosts) override { aside = hosts; }
  Result<std::string> Submit(const Ticket& ticket) override {
    if (refuses) return *refuses;
    jobs[ticket.name] = {ticket, {.phase = JobPhase::kRunning, .host = "n1"}};
    ++submitted[ticket.name];
    if (dies_after_submit) return Error{ErrorCode::kUnavailable, "no answer came"};
    return "id-" + ticket.name;
  }
  Result<std::optional<std::string>> Find(const Ticket& ticket) override {
    if (!jobs.contains(ticket.name)) return std::optional<std::string>();
    return std::optional("id-" + ticket.name);
  }
  Result<JobStatus> Look(const Ticket& ticket, const std::string& /*id*/) override {
    return jobs.at(ticket.name).status;
  }
  Result<> Cancel(const Ticket& ticket, const std::string& /*id*/) override {
    ++cancelled[ticket.name];
    return {};
  }
  Result<> Fetch(const Ticket& /*ticket*/, const std::string& /*id*/) override { return {}; }

  std::optional<Accounting> Account(const Ticket& /*ticket*/, const std::string& /*id*/) override {
    return accounting;
  }
  void NewPoll(const std::vector<std::string>& ids) override { polled = ids; }

  std::optional<Accounting> accounting;
  std::vector<std::string> polled;
  std::map<std::string, FakeJob> jobs;
  std::map<std::string, int> submitted, cancelled;
  std::vector<std::string> aside;
  std::optional<Error> refuses;
  bool dies_after_submit = false;
  bool outlives = true;
};

class CoordinatorTest : public testing::Test {
 protected:
  void SetUp() override {
    auto log = store::OpenSweepLog(Database(), store::OpenMode::kReadWrite);
    ASSERT_TRUE(log);
    log_ = *std::move(log);
    settings_.campaign = "c";
    settings_.folder = folder_.path();
    settings_.parallel = 2;
    settings_.lease_s = 30;
    EnterPlan(kPlan);
  }

  std::string Database() const { return folder_.path() + "/store.db"; }

  void EnterPlan(const std::string& text) {
    const SweepPlan plan = MustParse(text);
    const auto state = LoadCampaign("c", *log_);
    ASSERT_TRUE(state);
    const Preparation preparation = Prepare(plan, MustExpand(text), *state, {}, {}, clock_.Wall());
    const auto entered = Enter(plan, text, "/plan", preparation, *log_, clock_.Wall());
    ASSERT_TRUE(entered) << entered.error().message;
  }

  std::unique_ptr<Coordinator> Make() {
    auto coordinator = std::make_unique<Coordinator>(
        settings_, *log_, executor_, [this](const std::string& line) { told_ += line + "\n"; },
        clock_);
    const auto begun = coordinator->Begin();
    EXPECT_TRUE(begun) << begun.error().message;
    return coordinator;
  }

  static bool Step(Coordinator& coordinator) {
    const auto over = coordinator.Step();
    EXPECT_TRUE(over) << over.error().message;
    return over && *over;
  }

  void Journal(const std::string& folder, JournalLine line) {
    clock_.Advance(seconds(1));
    line.at = clock_.Wall();
    ASSERT_TRUE(AddLine(folder + "/" + kJournalFile, JournalText(line)));
  }

  /// What a worker does at a point.
  void Measure(const std::string& folder, const std::string& point, Report report,
               const std::string& verdict) {
    const std::string run = "run-" + std::to_string(runs_++);
    ASSERT_TRUE(MakeFolder(folder + "/results"));
    const std::string db = "results/" + run + ".db";
    auto store = store::OpenStore(folder + "/" + db, store::OpenMode::kReadWrite);
    ASSERT_TRUE(store);
    spec::RunResult header;
    header.id = run;
    header.started = clock_.Wall();
    ASSERT_TRUE((*store)->BeginRun(header));
    ASSERT_TRUE((*store)->FinishRun(run, spec::RunStatus::kComplete, clock_.Wall(), {}));
    Journal(folder, {.report = Report::kBegun, .point = point});
    Journal(folder, {.report = report, .point = point, .run = run, .db = db, .verdict = verdict});
  }

  /// Does a job: `points` of them, then the end where it is whole.
  void Work(FakeExecutor::FakeJob& job, std::size_t points = 99) {
    const auto todo = ReadJob(job.ticket.folder);
    ASSERT_TRUE(todo) << todo.error().message;
    Journal(job.ticket.folder, {.report = Report::kStarted, .host = "n1"});
    for (std::size_t i = 0; i < todo->points.size() && i < points; ++i) {
      Measure(job.ticket.folder, todo->points[i].key, Report::kDone, "VALID");
    }
    if (points < todo->points.size()) return;
    Journal(job.ticket.folder, {.report = Report::kEnd});
    job.status.phase = JobPhase::kEnded;
  }

  void WorkAll() {
    for (auto& [name, job] : executor_.jobs) {
      if (job.status.phase == JobPhase::kRunning) Work(job);
    }
  }

  /// How often each point was done, as the store says.
  std::map<std::string, int> Done() {
    std::map<std::string, int> done;
    const auto events = log_->EventsAfter("c", 0);
    for (const store::SweepEvent& event : *events) {
      if (event.kind == "done") ++done[event.subject];
    }
    return done;
  }

  std::size_t StoredRuns() {
    auto store = store::OpenStore(Database(), store::OpenMode::kReadOnly);
    return (*store)->Runs({.campaign = "c"})->size();
  }

  void ExpectAllDoneOnce(const Coordinator& coordinator, std::size_t points = 4) {
    EXPECT_EQ(coordinator.state().Count(PointStatus::kDone), static_cast<std::int64_t>(points));
    EXPECT_EQ(Done().size(), points);
    for (const auto& [point, times] : Done()) EXPECT_EQ(times, 1) << point;
    EXPECT_EQ(StoredRuns(), points);
    for (const auto& [name, times] : executor_.submitted) EXPECT_EQ(times, 1) << name;
  }

  TestFolder folder_;
  ManualClock clock_;
  CampaignSettings settings_;
  FakeExecutor executor_;
  std::unique_ptr<store::SweepLog> log_;
  std::string told_;
  int runs_ = 0;
};

TEST_F(CoordinatorTest, OneJobALayoutDoesAllItsPoints) {
  const auto coordinator = Make();
  EXPECT_FALSE(Step(*coordinator));
  ASSERT_EQ(executor_.jobs.size(), 2U);
  WorkAll();
  EXPECT_TRUE(Step(*coordinator));
  EXPECT_TRUE(Step(*coordinator));
  ExpectAllDoneOnce(*coordinator);
}

TEST_F(CoordinatorTest, ResultsComeHomeWhileAJobGoesOn) {
  const auto coordinator = Make();
  Step(*coordinator);
  Work(executor_.jobs.begin()->second, 1);
  EXPECT_FALSE(Step(*coordinator));
  EXPECT_EQ(coordinator->state().Count(PointStatus::kDone), 1);
  EXPECT_EQ(StoredRuns(), 1U);
}

TEST_F(CoordinatorTest, ADeadCoordinatorsJobsAreGoneOnWith) {
  {
    const auto first = Make();
    Step(*first);
    Work(executor_.jobs.begin()->second, 1);
    Step(*first);
  }  // kill -9: no word of goodbye.
  const auto second = Make();
  EXPECT_FALSE(Step(*second));  // The lease has not run out, so nothing is touched.
  EXPECT_EQ(executor_.jobs.size(), 2U);
  clock_.Advance(seconds(31));
  Step(*second);
  EXPECT_EQ(executor_.jobs.size(), 2U);  // No new job.
  auto& half = executor_.jobs.begin()->second;
  const auto todo = ReadJob(half.ticket.folder);
  Measure(half.ticket.folder, todo->points[1].key, Report::kDone, "VALID");
  Journal(half.ticket.folder, {.report = Report::kEnd});
  half.status.phase = JobPhase::kEnded;
  WorkAll();
  EXPECT_TRUE(Step(*second));
  ExpectAllDoneOnce(*second);
}

TEST_F(CoordinatorTest, AJobWhoseIdWasNotWrittenDownIsFoundByItsName) {
  executor_.dies_after_submit = true;
  Step(*Make());
  ASSERT_EQ(executor_.jobs.size(), 2U);
  executor_.dies_after_submit = false;
  clock_.Advance(seconds(31));
  const auto second = Make();
  Step(*second);
  WorkAll();
  EXPECT_TRUE(Step(*second));
  ExpectAllDoneOnce(*second);
}

TEST_F(CoordinatorTest, TwoCoordinatorsShareTheLayouts) {
  settings_.parallel = 1;
  const auto one = Make();
  const auto two = Make();
  Step(*one);
  Step(*two);
  ASSERT_EQ(executor_.jobs.size(), 2U);
  WorkAll();
  Step(*one);
  Step(*two);
  EXPECT_TRUE(Step(*one));
  ExpectAllDoneOnce(*one);
}

TEST_F(CoordinatorTest, ACancelledJobsRestIsDoneByAnother) {
  const auto coordinator = Make();
  Step(*coordinator);
  auto& job = executor_.jobs.begin()->second;
  Work(job, 1);
  job.status.phase = JobPhase::kEnded;
  job.status.failure = Failure{"cancelled", "Slurm says CANCELLED", "a further one"};
  Step(*coordinator);
  EXPECT_EQ(executor_.jobs.size(), 3U);
  WorkAll();
  EXPECT_TRUE(Step(*coordinator));
  ExpectAllDoneOnce(*coordinator);
  EXPECT_NE(told_.find("cancelled: Slurm says CANCELLED"), std::string::npos) << told_;
}

TEST_F(CoordinatorTest, WhatCannotWorkIsNotTriedAgainAndTellsTheCure) {
  const auto coordinator = Make();
  Step(*coordinator);
  auto& job = executor_.jobs.begin()->second;
  Journal(job.ticket.folder, {.report = Report::kStarted, .host = "n1"});
  Journal(job.ticket.folder,
          {.report = Report::kEnd, .failure = Failure{"memory", "no blocks", "more chips"}});
  job.status.phase = JobPhase::kEnded;
  Step(*coordinator);
  EXPECT_EQ(executor_.jobs.size(), 2U);
  EXPECT_EQ(coordinator->state().Count(PointStatus::kFailed), 2);
  for (const PointState& point : coordinator->state().points()) {
    if (point.status != PointStatus::kFailed) continue;
    EXPECT_EQ(point.failure->cure, "more chips");
  }
  WorkAll();
  EXPECT_TRUE(Step(*coordinator));
}

TEST_F(CoordinatorTest, ALostJobIsTriedAsOftenAsThePlanSays) {
  settings_.retries["lost"] = 1;
  settings_.parallel = 1;
  const auto coordinator = Make();
  Step(*coordinator);
  for (int i = 0; i < 2; ++i) {
    for (auto& [name, job] : executor_.jobs) job.status.phase = JobPhase::kEnded;
    Step(*coordinator);
  }
  EXPECT_EQ(coordinator->state().Count(PointStatus::kFailed), 2);
  ASSERT_EQ(executor_.aside, std::vector<std::string>{"n1"});
  EXPECT_NE(told_.find("host n1 is set aside after 2 failures"), std::string::npos) << told_;
}

TEST_F(CoordinatorTest, APointThatFailsAloneIsTriedInAFurtherJob) {
  settings_.retries["requests"] = 1;
  const auto coordinator = Make();
  Step(*coordinator);
  auto& job = executor_.jobs.begin()->second;
  const auto todo = ReadJob(job.ticket.folder);
  const std::string bad = todo->points[1].key;
  for (int i = 0; i < 2; ++i) {
    for (auto& [name, one] : executor_.jobs) {
      if (one.status.phase == JobPhase::kEnded || ReadJob(one.ticket.folder)->layout != "a")
        continue;
      Journal(one.ticket.folder, {.report = Report::kStarted, .host = "n1"});
      if (i == 0) Measure(one.ticket.folder, todo->points[0].key, Report::kDone, "VALID");
      Journal(one.ticket.folder, {.report = Report::kFailed,
                                  .point = bad,
                                  .failure = Failure{"requests", "404", "ask by hand"}});
      Journal(one.ticket.folder, {.report = Report::kEnd});
      one.status.phase = JobPhase::kEnded;
    }
    Step(*coordinator);
  }
  EXPECT_EQ(coordinator->state().FindPoint(bad)->status, PointStatus::kFailed);
  EXPECT_EQ(coordinator->state().FindPoint(bad)->failures.at("requests"), 2);
  EXPECT_EQ(coordinator->state().Count(PointStatus::kDone), 1);
}

TEST_F(CoordinatorTest, ARunThatWasRepeatedStaysInTheStoreAndTheSecondCounts) {
  const auto coordinator = Make();
  Step(*coordinator);
  auto& job = executor_.jobs.begin()->second;
  const std::string key = ReadJob(job.ticket.folder)->points[0].key;
  Measure(job.ticket.folder, key, Report::kKept, "DEGRADED");
  Measure(job.ticket.folder, key, Report::kDone, "VALID");
  Step(*coordinator);
  Step(*coordinator);
  const PointState& point = *coordinator->state().FindPoint(key);
  EXPECT_EQ(point.run, "run-1");
  EXPECT_EQ(point.kept_runs, std::vector<std::string>{"run-0"});
  EXPECT_EQ(StoredRuns(), 2U);
}

TEST_F(CoordinatorTest, ABudgetThatIsUsedUpEndsTheCampaignCleanly) {
  settings_.parallel = 1;
  settings_.budget.device_hours = 62.0 / 3600;  // One point's estimate is 60 s.
  const auto coordinator = Make();
  Step(*coordinator);
  EXPECT_EQ(executor_.jobs.size(), 1U);
  Work(executor_.jobs.begin()->second);
  clock_.Advance(seconds(5));
  bool over = Step(*coordinator);
  for (int i = 0; i < 3 && !over; ++i) over = Step(*coordinator);
  EXPECT_TRUE(over);
  EXPECT_EQ(coordinator->state().Count(PointStatus::kDone), 2);
  EXPECT_EQ(coordinator->state().Count(PointStatus::kSkipped), 2);
  EXPECT_NE(told_.find("budget: "), std::string::npos) << told_;
}

TEST_F(CoordinatorTest, AnExecutorThatDoesNotAnswerIsAskedAgain) {
  executor_.refuses = Error{ErrorCode::kUnavailable, "controller restarts"};
  const auto coordinator = Make();
  EXPECT_FALSE(Step(*coordinator));
  EXPECT_FALSE(Step(*coordinator));
  executor_.refuses.reset();
  Step(*coordinator);
  WorkAll();
  EXPECT_TRUE(Step(*coordinator));
  ExpectAllDoneOnce(*coordinator);
}

TEST_F(CoordinatorTest, StopLeavesJobsThatOutliveUsAndEndsOthers) {
  {
    const auto coordinator = Make();
    Step(*coordinator);
    coordinator->Stop();
    EXPECT_TRUE(Step(*coordinator));
    EXPECT_TRUE(executor_.cancelled.empty());
    ASSERT_TRUE(coordinator->Leave());
  }
  executor_.outlives = false;
  const auto next = Make();  // The lease is given back, so it need not wait.
  next->Stop();
  EXPECT_FALSE(Step(*next));
  EXPECT_EQ(executor_.cancelled.size(), 2U);
  for (auto& [name, job] : executor_.jobs) {
    Journal(job.ticket.folder, {.report = Report::kStarted, .host = "n1"});
    Journal(job.ticket.folder,
            {.report = Report::kEnd, .failure = Failure{"cancelled", "told to end", "again"}});
    job.status.phase = JobPhase::kEnded;
  }
  EXPECT_TRUE(Step(*next));
  EXPECT_EQ(next->state().Count(PointStatus::kPending), 4);
}

TEST_F(CoordinatorTest, WhatTheSchedulerCountsIsKeptAndCounts) {
  executor_.accounting = Accounting{"COMPLETED", "0:0", "n1", 5000};
  const auto coordinator = Make();
  Step(*coordinator);
  WorkAll();
  Step(*coordinator);
  // Two jobs, with as many chips as their layouts have: one.
  EXPECT_EQ(coordinator->state().device_seconds(), 10'000);
  for (const auto& [id, layout] : coordinator->state().layouts()) {
    EXPECT_EQ(layout.accounting.at(layout.job_names.front()), *executor_.accounting);
  }
}

TEST_F(CoordinatorTest, APollNamesAllJobsThatWillBeLookedAt) {
  const auto coordinator = Make();
  Step(*coordinator);
  EXPECT_TRUE(executor_.polled.empty());
  Step(*coordinator);
  EXPECT_EQ(executor_.polled.size(), 2U);
}

TEST_F(CoordinatorTest, EnvironmentsAreKeptAndDriftIsTold) {
  settings_.parallel = 1;
  settings_.refuse_drift = true;
  const auto coordinator = Make();
  Step(*coordinator);
  auto& first = executor_.jobs.begin()->second;
  EXPECT_TRUE(ReadJob(first.ticket.folder)->environment.empty());
  const std::map<std::string, std::string> was = {{"driver_version", "550.1"}, {"cpu", "x"}};
  Journal(first.ticket.folder, {.report = Report::kStarted, .host = "n1", .environment = was});
  Work(first);
  Step(*coordinator);
  EXPECT_EQ(coordinator->state().environment(), was);
  Step(*coordinator);
  ASSERT_EQ(executor_.jobs.size(), 2U);
  for (auto& [name, job] : executor_.jobs) {
    if (job.status.phase == JobPhase::kEnded) continue;
    // What the worker holds its own against.
    EXPECT_EQ(ReadJob(job.ticket.folder)->environment, was);
    EXPECT_TRUE(ReadJob(job.ticket.folder)->refuse_drift);
    Journal(job.ticket.folder, {.report = Report::kStarted,
                                .host = "n1",
                                .environment = {{"driver_version", "560.2"}, {"cpu", "x"}}});
  }
  Step(*coordinator);
  Step(*coordinator);
  EXPECT_NE(told_.find("first job: driver_version: 550.1 -> 560.2\n"), std::string::npos) << told_;
  EXPECT_EQ(told_.find("560.2"), told_.rfind("560.2"));  // Once.
  // Whoever comes later knows it from the store.
  const auto state = LoadCampaign("c", *log_);
  EXPECT_EQ(state->environment(), was);
  std::size_t kept = 0;
  for (const auto& [id, layout] : state->layouts()) kept += layout.environments.size();
  EXPECT_EQ(kept, 2U);
}

}  // namespace
}  // namespace roofscape::fleet
