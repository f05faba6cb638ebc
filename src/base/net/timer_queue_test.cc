#include "base/net/timer_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "base/core/rng.h"

namespace roofscape::net {
namespace {

Instant At(std::int64_t ns) { return Instant{} + Nanos{ns}; }

/// Fires everything due at `now`, in order.
void FireAll(TimerQueue* queue, std::int64_t now) {
  while (const auto due = queue->TakeDue(At(now))) due();
}

TEST(TimerQueue, FiresInOrderOfTimeThenOfSetting) {
  TimerQueue queue;
  std::vector<int> fired;
  queue.Set(At(20), [&] { fired.push_back(3); });
  queue.Set(At(10), [&] { fired.push_back(1); });
  queue.Set(At(10), [&] { fired.push_back(2); });
  EXPECT_EQ(queue.Next(), At(10));
  FireAll(&queue, 9);
  EXPECT_TRUE(fired.empty());
  FireAll(&queue, 20);
  EXPECT_EQ(fired, (std::vector<int>{1, 2, 3}));
  EXPECT_FALSE(queue.Next());
}

TEST(TimerQueue, AStaleIdCancelsNothing) {
  TimerQueue queue;
  int fired = 0;
  const TimerId first = queue.Set(At(1), [&] { ++fired; });
  FireAll(&queue, 1);
  const TimerId second = queue.Set(At(2), [&] { ++fired; });
  EXPECT_EQ(first.slot, second.slot);
  queue.Cancel(first);
  queue.Cancel(TimerId{});
  EXPECT_EQ(queue.size(), 1u);
  queue.Cancel(second);
  queue.Cancel(second);
  EXPECT_EQ(queue.size(), 0u);
  FireAll(&queue, 5);
  EXPECT_EQ(fired, 1);
}

TEST(TimerQueue, ATimerMaySetAndCancelOthers) {
  TimerQueue queue;
  std::vector<int> fired;
  TimerId victim;
  queue.Set(At(1), [&] {
    fired.push_back(1);
    queue.Cancel(victim);
    queue.Set(At(1), [&] { fired.push_back(2); });
  });
  victim = queue.Set(At(2), [&] { fired.push_back(-1); });
  FireAll(&queue, 3);
  EXPECT_EQ(fired, (std::vector<int>{1, 2}));
}

TEST(TimerQueue, AgreesWithASortedMap) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng(seed);
    TimerQueue queue;
    std::map<std::pair<std::int64_t, int>, TimerId> expected;
    std::vector<int> fired;
    std::vector<int> expected_fired;
    std::int64_t now = 0;
    for (int step = 0; step < 2000; ++step) {
      switch (rng.Below(4)) {
        case 0:
        case 1: {
          const auto at = now + static_cast<std::int64_t>(rng.Below(100));
          expected[{at, step}] = queue.Set(At(at), [&fired, step] { fired.push_back(step); });
          break;
        }
        case 2:
          if (!expected.empty()) {
            auto victim = expected.begin();
            std::advance(victim, static_cast<std::ptrdiff_t>(rng.Below(expected.size())));
            queue.Cancel(victim->second);
            expected.erase(victim);
          }
          break;
        default:
          now += static_cast<std::int64_t>(rng.Below(40));
          FireAll(&queue, now);
          while (!expected.empty() && expected.begin()->first.first <= now) {
            expected_fired.push_back(expected.begin()->first.second);
            expected.erase(expected.begin());
          }
      }
      ASSERT_EQ(queue.size(), expected.size()) << "seed " << seed << " step " << step;
      ASSERT_EQ(fired, expected_fired) << "seed " << seed << " step " << step;
    }
  }
}

}  // namespace
}  // namespace roofscape::net
