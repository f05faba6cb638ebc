// Files of a job: what is written comes back, and what a kill left of a line is passed over.

#include "service/fleet/job.h"

#include <gtest/gtest.h>

#include "service/fleet/file.h"
#include "service/fleet/test_folder.h"
#include "service/fleet/test_plans.h"

namespace roofscape::fleet {
namespace {

TEST(JobTest, AJobComesBack) {
  const TestFolder folder;
  const Expansion expansion = MustExpand(kSmallPlan);
  Job job;
  job.name = "rs-1";
  job.campaign = "small";
  job.layout = "a";
  job.start = expansion.layouts[0].start;
  job.start.failures = {{"log", "memory", "cure"}};
  job.start.env["A"] = "b";
  job.retries["port"] = 2;
  job.seconds = 12.5;
  job.start.image = "engine:1";
  job.chips = 8;
  job.environment["driver_version"] = "550.1";
  job.refuse_drift = true;
  job.telemetry.exporter = "http://127.0.0.1:9400/metrics";
  job.telemetry.metrics["watts"] = "host_power_w";
  job.points = {{"k", "title", expansion.points[0].plan, 3.0}};
  ASSERT_TRUE(WriteFile(folder.path() + "/" + kJobFile, JobText(job)));
  const auto read = ReadJob(folder.path());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(JobText(*read), JobText(job));
  EXPECT_EQ(read->start, job.start);
  EXPECT_EQ(read->telemetry, job.telemetry);
  EXPECT_EQ(read->points[0].plan, job.points[0].plan);
}

TEST(JobTest, JournalsComeBackButForWhatAKillLeft) {
  const TestFolder folder;
  const std::string path = folder.path() + "/" + kJournalFile;
  const std::vector<JournalLine> lines = {
      {.report = Report::kStarted,
       .at = WallTime{1},
       .host = "n1",
       .environment = {{"kernel", "Linux 6"}}},
      {.report = Report::kReady, .at = WallTime{2}, .note = "cannot be told", .seconds = 1.5},
      {.report = Report::kDone,
       .at = WallTime{3},
       .point = "p",
       .run = "r",
       .db = "results/0.db",
       .verdict = "VALID"},
      {.report = Report::kFailed,
       .at = WallTime{4},
       .point = "q",
       .failure = Failure{"memory", "line\nbreak", "cure"}}};
  for (std::size_t i = 0; i < 2; ++i) ASSERT_TRUE(AddLine(path, JournalText(lines[i])));
  auto text = ReadFile(path);
  ASSERT_TRUE(WriteFile(path, *text + R"({"report":"done","po)"));
  EXPECT_EQ(ParseJournal(*ReadFile(path)).size(), 2U);
  for (std::size_t i = 2; i < 4; ++i) ASSERT_TRUE(AddLine(path, JournalText(lines[i])));
  EXPECT_EQ(ParseJournal(*ReadFile(path)), lines);
}

}  // namespace
}  // namespace roofscape::fleet
