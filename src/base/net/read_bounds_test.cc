#include "base/net/read_bounds.h"

#include <gtest/gtest.h>

namespace roofscape::net {
namespace {

using namespace std::chrono_literals;

constexpr Instant kZero{1s};

/// A read of which the kernel says when it came.
Received Read(Nanos arrived, Nanos began, Nanos stamp) {
  Received got;
  got.bytes = 10;
  got.arrived = kZero + arrived;
  got.began = kZero + began;
  got.stamp = kZero + stamp;
  got.grain = 500ns;
  got.by_kernel = true;
  got.drained = true;
  return got;
}

TEST(ReadBoundsTest, AReadIsBoundedByTheStampOfTheOneBefore) {
  ReadBounds bounds;
  bounds.Begin(kZero);
  const auto first = bounds.Of(Read(5ms, 6ms, 6ms));
  EXPECT_EQ(first.not_before, kZero);
  EXPECT_EQ(first.arrived, kZero + 5ms);
  EXPECT_TRUE(first.by_kernel);
  EXPECT_EQ(bounds.Of(Read(15ms, 16ms, 16ms)).not_before, kZero + 5ms - 500ns);
}

TEST(ReadBoundsTest, AStampFromBeforeAReadThatDidNotSeeItIsRight) {
  ReadBounds bounds;
  bounds.Begin(kZero);
  static_cast<void>(bounds.Of(Read(5ms, 8ms, 8ms)));
  // Stamped while the read before it had not begun, handed to the socket when it was over.
  const auto late = bounds.Of(Read(7ms, 10ms, 10ms));
  EXPECT_TRUE(late.by_kernel);
  EXPECT_EQ(late.arrived, kZero + 7ms);
  EXPECT_LT(late.not_before, late.arrived);
}

TEST(ReadBoundsTest, AStampFromBeforeWhatCanBeIsTheClocksFault) {
  ReadBounds bounds;
  bounds.Begin(kZero);
  static_cast<void>(bounds.Of(Read(5ms, 6ms, 6ms)));
  const auto stepped = bounds.Of(Read(4ms, 16ms, 17ms));  // TCP keeps the order.
  EXPECT_FALSE(stepped.by_kernel);
  EXPECT_EQ(stepped.arrived, kZero + 17ms);
  EXPECT_EQ(stepped.grain, 0ns);
  // What it then knows is its own clock's.
  EXPECT_EQ(bounds.Of(Read(25ms, 26ms, 26ms)).not_before, kZero + 16ms);
}

TEST(ReadBoundsTest, AReadThatLeavesBytesBehindBoundsNothing) {
  ReadBounds bounds;
  bounds.Begin(kZero);
  Received part = Read(5ms, 6ms, 6ms);
  part.drained = false;
  static_cast<void>(bounds.Of(part));
  EXPECT_EQ(bounds.Of(Read(5ms, 6ms, 7ms)).not_before, kZero);
}

}  // namespace
}  // namespace roofscape::net
