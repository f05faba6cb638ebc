#include "measure/load/event_stamper.h"

#include <gtest/gtest.h>

namespace roofscape::load {
namespace {

using namespace std::chrono_literals;

constexpr Instant kEpoch{1s};

net::ReadInfo Read(std::uint32_t index, Nanos not_before, Nanos arrived, Nanos stamp) {
  net::ReadInfo read;
  read.read_index = index;
  read.not_before = kEpoch + not_before;
  read.arrived = kEpoch + arrived;
  read.stamp = kEpoch + stamp;
  read.ready_after = kEpoch + not_before;
  read.by_kernel = true;
  read.grain = 100ns;
  return read;
}

constexpr auto kNever = [] { return false; };

class EventStamperTest : public testing::Test {
 protected:
  void Add(const net::ReadInfo& read) {
    spec::Event event;
    stamper.Stamp(read, events, event, [this] {
      ++asked;
      return one_segment;
    });
    events.push_back(event);
  }

  EventStamper stamper{kEpoch};
  bool one_segment = false;
  int asked = 0;
  std::vector<spec::Event> events;
};

TEST_F(EventStamperTest, AnEventAloneHasTheKernelsStamp) {
  const net::ReadInfo read = Read(0, 1ms, 5ms, 7ms);
  Add(read);
  stamper.EndOfRead(read, events, false, kNever);
  EXPECT_EQ(events[0].time_ns, 5'000'100);
  EXPECT_EQ(events[0].uncertainty_ns, 200u);
}

TEST_F(EventStamperTest, EventsThatShareAReadHaveAnIntervalButTheLast) {
  const net::ReadInfo read = Read(3, 1ms, 5ms, 7ms);
  Add(read);
  Add(read);
  Add(read);
  stamper.EndOfRead(read, events, false, kNever);
  EXPECT_EQ(events[0].uncertainty_ns, 4'000'000u);
  EXPECT_EQ(events[1].uncertainty_ns, 4'000'000u);
  EXPECT_EQ(events[2].uncertainty_ns, 200u);
  EXPECT_EQ(events[2].time_ns, 5'000'100);
}

TEST_F(EventStamperTest, AReadThatEndsInsideTheNextEventSaysNoMoreThanABound) {
  const net::ReadInfo read = Read(0, 1ms, 5ms, 7ms);
  Add(read);
  stamper.EndOfRead(read, events, true, kNever);
  EXPECT_EQ(events[0].uncertainty_ns, 4'000'000u);
  // The next read brings the rest of that event.
  const net::ReadInfo next = Read(1, 6ms, 8ms, 9ms);
  Add(next);
  stamper.EndOfRead(next, events, false, kNever);
  EXPECT_EQ(events[1].time_ns, 8'000'100);
  EXPECT_EQ(events[1].uncertainty_ns, 200u);
}

TEST_F(EventStamperTest, WithoutTheKernelTheLoopsLagIsTheUncertainty) {
  net::ReadInfo read = Read(0, 1ms, 7ms, 7ms);
  read.by_kernel = false;
  read.grain = 0ns;
  read.ready_after = kEpoch + 6ms;
  Add(read);
  EXPECT_EQ(events[0].time_ns, 7'000'000);
  EXPECT_EQ(events[0].uncertainty_ns, 1'000'000u);
  read.ready_after = kEpoch + 7ms;
  read.read_index = 1;
  Add(read);
  EXPECT_EQ(events[1].uncertainty_ns, 1u);
}

TEST_F(EventStamperTest, OneSegmentIsOneMoment) {
  one_segment = true;
  const net::ReadInfo read = Read(3, 1ms, 5ms, 7ms);
  Add(read);
  EXPECT_EQ(asked, 0);
  Add(read);
  Add(read);
  stamper.EndOfRead(read, events, true, [] { return true; });
  EXPECT_EQ(asked, 1);
  for (const spec::Event& event : events) {
    EXPECT_EQ(event.time_ns, 5'000'100);
    EXPECT_EQ(event.uncertainty_ns, 200u);
  }
}

}  // namespace
}  // namespace roofscape::load
