#include "service/fleet/daemon_report.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace roofscape::fleet {
namespace {

OccasionReport SomeReport() {
  OccasionReport report;
  report.entry = "nightly";
  report.campaign = "c";
  report.number = 3;
  report.begun = WallTime{1'767'225'600'000'000};
  report.due = {Cause::kSchedule, report.begun, 2, ""};
  report.ended = WallTime{report.begun.unix_us + 61'500'000};
  report.done = 8;
  report.failed = {{{"memory", "out of <memory> & \x01", "take \"more\" chips"}, 2}};
  Change change;
  change.family = "f\n1";
  change.title = "a, chat <8>";
  change.worse = true;
  analysis::Shift shift;
  shift.verdict = analysis::ShiftVerdict::kWorse;
  shift.change = -0.1;
  shift.smallest = 0.062;
  shift.history = 2;
  change.shifts = {{"total_tps", shift}};
  change.changed = {{"engine version", "1.0", "1.1"}};
  report.findings.changes = {change};
  report.findings.judged = {"a, chat <8>", "b, chat"};
  report.findings.alone = {"c, chat"};
  report.findings.levels = {{"kind", "a, chat", "total_tps", 50, 110, true, 100}};
  return report;
}

TEST(DaemonReport, SaysWhatWhereSinceWhenAndWithWhat) {
  const std::string text = TextOf(SomeReport());
  for (const char* part :
       {"nightly: 1 regression, 1 record, 2 points not measured\n",
        "worse: a, chat <8>: total_tps -10.0 % (seen from 6.2 % on, over 2 earlier)\n",
        "changed with it: engine version 1.0, now 1.1\n", "record: a, chat: total_tps 110 at 50",
        "2 x memory: out of <memory> & \x01. Cure: take \"more\" chips\n",
        "2 earlier times of the schedule passed without a run"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
  }
}

TEST(DaemonReport, OnlyWhatOneAskedForIsTold) {
  OccasionReport report = SomeReport();
  TellSettings settings;
  EXPECT_TRUE(IsWorthTelling(report, settings));
  report.findings = {};
  report.failed.clear();
  EXPECT_TRUE(IsWorthTelling(report, settings));  // Missed times.
  report.due.missed = 0;
  EXPECT_FALSE(IsWorthTelling(report, settings));
  EXPECT_EQ(SubjectOf(report), "nightly: nothing new");
  settings.on = {News::kDone};
  EXPECT_TRUE(IsWorthTelling(report, settings));
  settings.on = {News::kMissed};
  report.due.at.unix_us -= 3'600'000'000;
  EXPECT_TRUE(IsWorthTelling(report, settings));  // An hour late.
}

TEST(DaemonReport, LaterOccasionsReadWhatTheyNeedOfIt) {
  EntryState state;
  ASSERT_TRUE(state.Apply({1, WallTime{1}, "seen", "{}"}));
  const Owner owner{"h", 1, "2"};
  store::DaemonEvent begun = daemon_events::Begun({Cause::kFirst, WallTime{1}, 0, ""}, owner, {2});
  ASSERT_TRUE(state.Apply(begun));
  ASSERT_NE(state.Open(), nullptr);
  ASSERT_TRUE(state.Apply(daemon_events::Ended(ToJson(SomeReport()), {3})));
  EXPECT_EQ(state.Open(), nullptr);
  const auto past = PastOf(state);
  ASSERT_TRUE(past) << past.error().message;
  EXPECT_EQ(past->changed.at("f\n1"), 1);
  ASSERT_EQ(past->levels.size(), 1U);
  EXPECT_TRUE(past->levels[0].record);
  EXPECT_EQ(past->levels[0].value, 110);
}

TEST(DaemonReport, MessagesAreWrittenAsTheirReadersWantThem) {
  const Json body = Json::parse(WebhookBody("a < b & \"c\"\n\xff"));
  EXPECT_EQ(body["text"], "a &lt; b &amp; \"c\"\n\xef\xbf\xbd");
  EXPECT_EQ(body.size(), 1U);
  EXPECT_EQ(EmailText("one\ntwo", "text").find("Subject: one two\n"), 0U);
}

TEST(DaemonReport, JunitCountsAndEscapes) {
  const std::string xml = JunitText(SomeReport());
  EXPECT_NE(xml.find("tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\" time=\"61.500\""),
            std::string::npos)
      << xml;
  EXPECT_NE(xml.find("name=\"a, chat &lt;8&gt;\"><failure type=\"regression\""), std::string::npos);
  EXPECT_EQ(xml.find('\x01'), std::string::npos);
  EXPECT_EQ(xml.find("<memory>"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::fleet
