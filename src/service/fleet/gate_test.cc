// Servers through a gate, with both shells on this machine.

#include "service/fleet/gate.h"

#include <signal.h>

#include <cstdlib>
#include <functional>

#include <gtest/gtest.h>

#include "base/core/text.h"
#include "service/fleet/file.h"
#include "service/fleet/process.h"
#include "service/fleet/test_folder.h"

namespace roofscape::fleet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class GateTest : public testing::Test {
 protected:
  void SetUp() override { gate_.emplace(Run({"/bin/sh", "-c", GateScript(), "gate", Gate()})); }
  void TearDown() override { gate_->Stop(seconds(5), clock_); }

  std::string Gate() const { return folder_.path() + "/gate"; }
  std::string Log() const {
    const auto text = ReadFile(folder_.path() + "/log");
    return text ? std::string(Trim(*text)) : "";
  }

  Child Run(const std::vector<std::string>& command) const {
    ChildOptions options;
    options.command = command;
    options.log = folder_.path() + "/log";
    auto child = Child::Start(options);
    EXPECT_TRUE(child) << child.error().message;
    return *std::move(child);
  }

  Child Serve(const std::string& command, const std::map<std::string, std::string>& env = {}) {
    ServerStart start;
    start.command = command;
    start.env = env;
    through_ = ThroughGate(start, Gate());
    return Run({"/bin/sh", "-c", FillIn(through_.command, {{"port", "8080"}})});
  }

  bool Comes(const std::function<bool()>& holds) const {
    for (int i = 0; i < 200; ++i) {
      if (holds()) return true;
      Pause(milliseconds(50), never_, clock_);
    }
    return holds();
  }

  TestFolder folder_;
  SystemClock clock_;
  std::atomic<bool> never_{false};
  std::optional<Child> gate_;
  ServerStart through_;
};

TEST_F(GateTest, PrintsAndEndsAsTheServerDoes) {
  Child server = Serve("echo \"$NAME at {port}: it's up\"; exit 3", {{"NAME", "it's {port}"}});
  ASSERT_TRUE(Comes([&] { return !server.Running(); }));
  EXPECT_EQ(server.EndText(), "ended with status 3");
  EXPECT_EQ(Log(), "it's 8080 at 8080: it's up");
  // And a further one.
  Child next = Serve("echo again");
  ASSERT_TRUE(Comes([&] { return !next.Running(); }));
  EXPECT_EQ(next.EndText(), "ended with status 0");
}

TEST_F(GateTest, EndsTheServerWithAllThatItStarted) {
  Child server = Serve("echo $$ > " + folder_.path() + "/pid; sleep 300 & exec sleep 300");
  ASSERT_TRUE(Comes([&] { return FileSize(folder_.path() + "/pid") > 0; }));
  const pid_t pid = std::atoi(ReadFile(folder_.path() + "/pid")->c_str());
  server.Stop(seconds(10), clock_);
  EXPECT_FALSE(server.Running());
  const auto left = [&] {
    for (const pid_t one : AllProcesses()) {
      const auto facts = StatOf(one);
      if (facts && facts->group == pid) return true;
    }
    return false;
  };
  EXPECT_TRUE(Comes([&] { return !left(); }));
}

TEST_F(GateTest, WhatAKilledWorkerLeftIsEndedByItsCommand) {
  Child server = Serve("echo $$ > " + folder_.path() + "/pid; exec sleep 300");
  ASSERT_TRUE(Comes([&] { return FileSize(folder_.path() + "/pid") > 0; }));
  const pid_t pid = std::atoi(ReadFile(folder_.path() + "/pid")->c_str());
  kill(-server.pid(), SIGKILL);
  ASSERT_TRUE(Comes([&] { return !server.Running(); }));
  ASSERT_TRUE(BeginOf(pid));
  const auto removed = RunCommand({"/bin/sh", "-c", through_.remove}, "", seconds(40), clock_);
  ASSERT_TRUE(removed);
  EXPECT_FALSE(BeginOf(pid));
}

TEST_F(GateTest, TheGateEndsWhenAllIsOver) {
  ASSERT_TRUE(Comes([&] { return FileSize(Gate() + "/alive") > 0; }));
  ASSERT_TRUE(WriteFile(Gate() + "/" + kGateOver, ""));
  EXPECT_TRUE(Comes([&] { return !gate_->Running(); }));
  EXPECT_EQ(gate_->EndText(), "ended with status 0");
}

TEST_F(GateTest, AContainerThatIsGoneIsTheServersEnd) {
  Child server = Serve("exec sleep 300");
  ASSERT_TRUE(Comes([&] { return FileSize(Gate() + "/running") > 0; }));
  kill(gate_->pid(), SIGKILL);
  for (int i = 0; i < 30 && server.Running(); ++i) Pause(seconds(1), never_, clock_);
  EXPECT_FALSE(server.Running());
  EXPECT_EQ(server.EndText(), "ended with status 137");
  EXPECT_EQ(Log(), "the container of the engine has ended");
}

}  // namespace
}  // namespace roofscape::fleet
