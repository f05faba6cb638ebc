// Processes: started, watched, and ended with all that they started.

#include "service/fleet/process.h"

#include <gtest/gtest.h>

#include "service/fleet/file.h"
#include "service/fleet/test_folder.h"

namespace roofscape::fleet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::atomic<bool> kNever{false};

/// Waits until it holds, 10 s at most.
bool Soon(const Clock& clock, const std::function<bool()>& holds) {
  const Instant until = clock.Now() + seconds(10);
  while (!holds()) {
    if (clock.Now() > until) return false;
    Pause(milliseconds(10), kNever, clock);
  }
  return true;
}

Result<Child> Shell(const TestFolder& folder, const std::string& script, const std::string& mark) {
  ChildOptions options;
  options.command = {"/bin/sh", "-c", script};
  options.env[kMarkVariable] = mark;
  options.folder = folder.path();
  options.log = folder.path() + "/log";
  return Child::Start(options);
}

TEST(ProcessTest, TellsHowAChildEnded) {
  const SystemClock clock;
  const TestFolder folder;
  auto child = Shell(folder, "pwd; echo $ROOFSCAPE_JOB >&2; exit 3", "mark-1");
  ASSERT_TRUE(child);
  ASSERT_TRUE(Soon(clock, [&] { return !child->Running(); }));
  EXPECT_EQ(child->EndText(), "ended with status 3");
  EXPECT_EQ(*ReadFile(folder.path() + "/log"), folder.path() + "\nmark-1\n");
}

TEST(ProcessTest, StopEndsTheWholeGroupEvenWhoDoesNotListen) {
  const SystemClock clock;
  const TestFolder folder;
  auto child =
      Shell(folder,
            "trap '' TERM; sh -c \"trap '' TERM; echo deaf; sleep 60; :\" & sleep 60; :", "mark-2");
  ASSERT_TRUE(child);
  ASSERT_TRUE(Soon(clock, [&] { return FileSize(folder.path() + "/log") > 0; }));
  child->Stop(milliseconds(300), clock);
  EXPECT_EQ(EndMarked("mark-2", milliseconds(100), clock), 0U);
  EXPECT_EQ(child->EndText(), "was killed by signal 9");
}

TEST(ProcessTest, WhatLeftItsGroupIsFoundByItsMark) {
  const SystemClock clock;
  const TestFolder folder;
  auto child = Shell(folder, "setsid sleep 61 & setsid sleep 61 & echo; wait", "mark-3");
  ASSERT_TRUE(child);
  ASSERT_TRUE(Soon(clock, [&] { return FileSize(folder.path() + "/log") > 0; }));
  Pause(milliseconds(100), kNever, clock);
  auto other = Shell(folder, "sleep 61", "mark-33");
  child->Stop(milliseconds(100), clock);
  EXPECT_EQ(EndMarked("mark-3", seconds(5), clock), 2U);
  EXPECT_EQ(EndMarked("mark-3", seconds(5), clock), 0U);
  EXPECT_TRUE(other->Running());
  other->Stop(seconds(5), clock);
}

TEST(ProcessTest, CommandsGiveTheirOutputAndTakeInput) {
  const SystemClock clock;
  const std::string much(300'000, 'x');
  const auto copied = RunCommand({"cat"}, much, seconds(10), clock);
  ASSERT_TRUE(copied);
  EXPECT_EQ(copied->out, much);
  const auto both = RunCommand({"sh", "-c", "echo a; echo b >&2; exit 4"}, "", seconds(10), clock);
  EXPECT_EQ(both->out, "a\n");
  EXPECT_EQ(both->err, "b\n");
  EXPECT_EQ(both->status, 4);
  EXPECT_EQ(RunCommand({"sleep", "60"}, "", milliseconds(100), clock)->status, 124);
  const auto none = RunCommand({"no-such-program-here"}, "", seconds(10), clock);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
}

TEST(ProcessTest, AProcessIsKnownByNumberAndBegin) {
  const auto mine = BeginOf(getpid());
  ASSERT_TRUE(mine);
  EXPECT_EQ(mine->find_first_not_of("0123456789"), std::string::npos);
  EXPECT_FALSE(BeginOf(999'999'999));
}

}  // namespace
}  // namespace roofscape::fleet
