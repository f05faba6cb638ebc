// Daemons in a made-up world, days in milliseconds: what is due, once, whoever dies when.

#include "service/fleet/daemon.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "service/fleet/test_folder.h"

namespace roofscape::fleet {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// A world that says what a test says, and counts.
class FakeHands final : public DaemonHands {
 public:
  Result<std::string> AskRelease(const DaemonEntry& /*entry*/) override {
    ++asked;
    if (release.empty()) return Error{ErrorCode::kUnavailable, "no answer"};
    return release;
  }
  Result<std::optional<Failure>> Sweep(const DaemonEntry& /*entry*/,
                                       const Occasion& occasion) override {
    sweeps.push_back(occasion);
    if (meanwhile) meanwhile();
    if (stopped) return Error{ErrorCode::kCancelled, "stopped"};
    return broken;
  }
  Result<> Examine(const DaemonEntry& /*entry*/, const EntryState& /*state*/,
                   OccasionReport& report) override {
    report.campaign = "c";
    report.done = 4;
    return {};
  }
  Result<> Publish(const DaemonEntry& /*entry*/) override {
    ++published;
    return {};
  }
  Result<> Send(const DaemonEntry& /*entry*/, const std::string& channel,
                const std::string& subject, const std::string& /*text*/) override {
    if (deaf) return Error{ErrorCode::kUnavailable, "refused"};
    sent.push_back(channel + " " + subject);
    return {};
  }
  Result<> WriteJunit(const DaemonEntry& /*entry*/, const std::string& /*text*/) override {
    return {};
  }
  Result<bool> IsGone(const DaemonEntry& /*entry*/, const Occasion& /*occasion*/) override {
    return gone;
  }

  std::string release;
  std::optional<Failure> broken;
  bool stopped = false, deaf = false, gone = false;
  int asked = 0, published = 0;
  std::vector<Occasion> sweeps;
  std::vector<std::string> sent;
  std::function<void()> meanwhile;
};

class DaemonTest : public testing::Test {
 protected:
  void SetUp() override {
    auto log = store::OpenDaemonLog(folder_.path() + "/store.db", store::OpenMode::kReadWrite);
    ASSERT_TRUE(log) << log.error().message;
    log_ = *std::move(log);
    entry_.name = "nightly";
    entry_.plan = "p.toml";
    entry_.schedule = *Cron::Parse("30 2 * * *");
    entry_.tell.webhook = "http://x";
    clock_.Advance(hours(24 * 365));  // At midnight, 1971.
  }

  Daemon Make(bool once = false, std::int64_t pid = 1) {
    return Daemon(
        {{entry_, TimeZone::Utc()}}, *log_, hands_, {"h", pid, "b"}, once,
        [this](const std::string& line) { told_ += line + "\n"; }, clock_);
  }

  static void Step(Daemon& daemon) {
    const auto done = daemon.Step();
    EXPECT_TRUE(done) << done.error().message;
  }

  TestFolder folder_;
  ManualClock clock_;
  DaemonEntry entry_;
  FakeHands hands_;
  std::unique_ptr<store::DaemonLog> log_;
  std::string told_;
};

TEST_F(DaemonTest, RunsEachDayOnceAtItsTime) {
  Daemon daemon = Make();
  for (int quarter = 0; quarter < 4 * 24 * 5; ++quarter) {
    Step(daemon);
    clock_.Advance(minutes(15));
  }
  ASSERT_EQ(hands_.sweeps.size(), 5U);
  for (const Occasion& occasion : hands_.sweeps) {
    EXPECT_EQ(occasion.begun.ToIso().substr(11, 5), "02:30");
    EXPECT_EQ(occasion.due.missed, 0);
  }
  EXPECT_EQ(daemon.reports().size(), 5U);
  EXPECT_TRUE(hands_.sent.empty());  // Nothing was worth it.
}

TEST_F(DaemonTest, TheStoreKnowsTheScheduleOfTheDaemonThatStartedLast) {
  Daemon first = Make();
  Step(first);
  Step(first);
  EXPECT_EQ(log_->EventsAfter("nightly", 0)->size(), 1U);
  entry_.schedule = *Cron::Parse("0 4 * * *");
  Daemon second = Make(false, 2);
  Step(second);
  Step(first);  // Does not answer back.
  Step(second);
  const auto events = *log_->EventsAfter("nightly", 0);
  ASSERT_EQ(events.size(), 2U);
  EntryState state;
  for (const store::DaemonEvent& event : events) ASSERT_TRUE(state.Apply(event));
  EXPECT_EQ(state.settings, EntrySettings::Of(entry_));
  EXPECT_EQ(state.settings->schedule, "0 4 * * *");
  EXPECT_EQ(*state.seen, events.front().at);
}

TEST_F(DaemonTest, ADaemonSaysNothingOfItselfInTheMiddleOfAnothersRun) {
  const auto seen = [this] {
    const auto events = *log_->EventsAfter("nightly", 0);
    return std::count_if(events.begin(), events.end(),
                         [](const store::DaemonEvent& event) { return event.kind == "seen"; });
  };
  Daemon first = Make(true);
  entry_.schedule = *Cron::Parse("0 4 * * *");
  Daemon second = Make(false, 2);
  hands_.meanwhile = [&] {
    Step(second);
    EXPECT_EQ(seen(), 1);
  };
  Step(first);
  EXPECT_EQ(hands_.sweeps.size(), 1U);
  Step(second);
  EXPECT_EQ(seen(), 2);
}

TEST_F(DaemonTest, AFreshDaemonWaitsForItsTimeAndOnceDoesNot) {
  Daemon waits = Make();
  Step(waits);
  EXPECT_TRUE(hands_.sweeps.empty());
  EXPECT_EQ(waits.NextLook()->ToIso().substr(11, 5), "02:30");
  Daemon once = Make(true);
  Step(once);
  ASSERT_EQ(hands_.sweeps.size(), 1U);
  EXPECT_EQ(hands_.sweeps[0].due.cause, Cause::kFirst);
  Daemon again = Make(true);
  Step(again);
  EXPECT_EQ(hands_.sweeps.size(), 1U);  // Nothing is due.
}

TEST_F(DaemonTest, MissedTimesAreMadeUpForOnceAndSaid) {
  Daemon before = Make();
  Step(before);
  clock_.Advance(hours(24 * 3 + 12));  // Down for three and a half days: four times.
  Daemon after = Make();
  Step(after);
  Step(after);
  ASSERT_EQ(hands_.sweeps.size(), 1U);
  EXPECT_EQ(hands_.sweeps[0].due.missed, 3);
  EXPECT_EQ(hands_.sent, std::vector<std::string>{"webhook nightly: nothing new"});
  EXPECT_NE(told_.find("3 earlier times of the schedule passed"), std::string::npos) << told_;
  clock_.Advance(hours(24));
  Step(after);
  EXPECT_EQ(hands_.sweeps.size(), 2U);
}

TEST_F(DaemonTest, ANewReleaseRunsThePlanAndAnOldOneDoesNot) {
  entry_.release = ReleaseWatch{"digest", 600, 60};
  entry_.schedule.reset();
  hands_.release = "sha256:1";
  Daemon daemon = Make();
  for (int minute = 0; minute < 60; ++minute) {
    if (minute == 35) hands_.release = "";  // The registry does not answer for a while.
    if (minute == 45) hands_.release = "sha256:2";
    Step(daemon);
    clock_.Advance(minutes(1));
  }
  EXPECT_EQ(hands_.asked, 6);
  ASSERT_EQ(hands_.sweeps.size(), 1U);
  EXPECT_EQ(hands_.sweeps[0].due.cause, Cause::kRelease);
  EXPECT_EQ(hands_.sweeps[0].due.release, "sha256:2");
  EXPECT_NE(told_.find("release: no answer"), std::string::npos);
  Daemon other = Make();  // What it ran for stands in the store.
  Step(other);
  EXPECT_EQ(hands_.sweeps.size(), 1U);
}

TEST_F(DaemonTest, OfTwoDaemonsOneRunsAnEntry) {
  Daemon one = Make(false, 1);
  Daemon two = Make(false, 2);
  Step(one);
  Step(two);
  clock_.Advance(hours(3));
  hands_.meanwhile = [&] { Step(two); };  // While the first measures, the second looks.
  Step(one);
  EXPECT_EQ(hands_.sweeps.size(), 1U);
  hands_.meanwhile = nullptr;
  Step(two);
  Step(one);
  EXPECT_EQ(hands_.sweeps.size(), 1U);
}

TEST_F(DaemonTest, WhatADeadDaemonBeganIsGoneOnWith) {
  Daemon dies = Make(false, 1);
  Step(dies);
  clock_.Advance(hours(3));
  hands_.stopped = true;
  EXPECT_FALSE(dies.Step());
  hands_.stopped = false;
  Daemon next = Make(false, 2);
  Step(next);
  EXPECT_EQ(hands_.sweeps.size(), 1U);  // The first may live.
  hands_.gone = true;
  clock_.Advance(minutes(1));
  Step(next);
  ASSERT_EQ(hands_.sweeps.size(), 2U);
  EXPECT_EQ(hands_.sweeps[1].number, 1);
  EXPECT_GT(hands_.sweeps[1].touched, hands_.sweeps[1].begun);
  EXPECT_TRUE(next.reports().at(0).taken_over);
  Step(next);
  EXPECT_EQ(hands_.sweeps.size(), 2U);
}

TEST_F(DaemonTest, AMessageThatCouldNotBeSentIsSentLaterAndOnce) {
  hands_.broken = Failure{"sweep", "no such plan", "write it"};
  hands_.deaf = true;
  Daemon daemon = Make(true);
  Step(daemon);
  EXPECT_TRUE(hands_.sent.empty());
  hands_.deaf = false;
  Step(daemon);
  EXPECT_TRUE(hands_.sent.empty());  // Not at every look.
  clock_.Advance(minutes(6));
  Step(daemon);
  Daemon other = Make(true);
  Step(other);
  EXPECT_EQ(hands_.sent, std::vector<std::string>{"webhook nightly: the run failed (sweep)"});
}

TEST_F(DaemonTest, OneEntrysTroubleKeepsNoOtherFromItsTurn) {
  DaemonEntry bad = entry_;
  bad.name = "bad";
  ASSERT_TRUE(*log_->Append("bad", 0, {0, WallTime{1}, "nonsense", "{}"}));
  Daemon daemon(
      {{bad, TimeZone::Utc()}, {entry_, TimeZone::Utc()}}, *log_, hands_, {"h", 1, "b"}, true,
      [this](const std::string& line) { told_ += line + "\n"; }, clock_);
  const auto stepped = daemon.Step();
  ASSERT_FALSE(stepped);
  EXPECT_NE(stepped.error().message.find("does not follow"), std::string::npos);
  EXPECT_EQ(hands_.sweeps.size(), 1U);
}

TEST_F(DaemonTest, PublishesAfterARunThatMeasured) {
  entry_.publish.folder = "site";
  Daemon daemon = Make(true);
  Step(daemon);
  EXPECT_EQ(hands_.published, 1);
  EXPECT_EQ(daemon.reports().at(0).published, "site");
}

}  // namespace
}  // namespace roofscape::fleet
