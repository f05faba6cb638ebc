// What the loops of a point tell of themselves.

#include "measure/load/audit.h"

#include <array>
#include <chrono>

#include <gtest/gtest.h>

namespace roofscape::load {
namespace {

using std::chrono::milliseconds;

LoopRecord Loop(milliseconds cpu, milliseconds wall, bool answered) {
  LoopRecord loop;
  loop.cpu = cpu;
  loop.wall = wall;
  if (answered) loop.stats.lag.Note(Nanos(1000));
  return loop;
}

double BusyOf(std::span<const LoopRecord> loops) {
  return MakeAudit(loops, {}, std::nullopt).loop_busy_fraction.value();
}

TEST(Audit, TheBusiestLoopCounts) {
  const std::array loops = {Loop(milliseconds(100), milliseconds(1000), true),
                            Loop(milliseconds(700), milliseconds(1000), true)};
  EXPECT_DOUBLE_EQ(BusyOf(loops), 0.7);
}

TEST(Audit, ALoopWithoutUsersIsNotBusy) {
  const std::array loops = {Loop(milliseconds(100), milliseconds(1000), true),
                            Loop(milliseconds(2), milliseconds(1), false)};
  EXPECT_DOUBLE_EQ(BusyOf(loops), 0.1);
}

TEST(Audit, NothingIsBusierThanAllTheTime) {
  const std::array loops = {Loop(milliseconds(1001), milliseconds(1000), true)};
  EXPECT_DOUBLE_EQ(BusyOf(loops), 1.0);
}

}  // namespace
}  // namespace roofscape::load
