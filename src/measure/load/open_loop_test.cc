// Open loop, bursts, several threads and the InferenceX protocol against a scripted server.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "domain/workload/arrivals.h"
#include "measure/load/point_fixture.h"
#include "measure/load/wire_tap.h"

namespace roofscape::load {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using spec::Outcome;
using spec::Phase;

spec::Plan OpenPlan(spec::Arrivals arrivals, double rate, std::int64_t requests) {
  spec::Plan plan = SmallPlan(requests, 0);
  plan.load.concurrency.clear();
  plan.load.arrivals = arrivals;
  if (arrivals != spec::Arrivals::kBurst) plan.load.rates_rps = {rate};
  return plan;
}

TEST(OpenLoopTest, SendsWhenTheScheduleSays) {
  ScriptedServer server([](const auto&, Peer& peer) { Answer(peer, 1ms); });
  Outcomes out;
  Measure(server, OpenPlan(spec::Arrivals::kPoisson, 200, 100), 0, out, nullptr, 200.0);
  const auto& log = out.record.log;
  ASSERT_EQ(log.requests.size(), 100u);
  EXPECT_EQ(Count(log, Outcome::kOk), 100);
  EXPECT_EQ(out.sunk, 100);
  const auto times = workload::ArrivalTimes(spec::Arrivals::kPoisson, 200, 100, {}, 1);
  for (std::size_t i = 0; i < 100; ++i) {
    const spec::Request& request = log.requests[i];
    EXPECT_EQ(request.id, static_cast<std::int64_t>(i));
    EXPECT_EQ(request.slot, spec::kUnknown);
    EXPECT_EQ(request.intended_ns - log.requests[0].intended_ns, times[i].count());
    EXPECT_GE(request.sent_ns, request.intended_ns);
  }
  EXPECT_EQ(out.record.audit.scheduled_requests, 100);
  EXPECT_EQ(out.record.audit.sent_requests, 100);
}

// Coordinated omission: while the server stalls, arrivals go on, and what waits is counted from
// when it was due.
TEST(OpenLoopTest, AServerThatStallsDoesNotSlowTheSchedule) {
  std::atomic<int> seen{0};
  std::mutex gate;
  ScriptedServer server([&](const auto&, Peer& peer) {
    // One worker, as a server with one batch: whoever holds it for 300 ms stops all others.
    const std::lock_guard lock(gate);
    if (++seen == 40) peer.Sleep(300ms);
    Answer(peer, 0ms);
  });
  Outcomes out;
  Measure(server, OpenPlan(spec::Arrivals::kConstant, 200, 120), 0, out, nullptr, 200.0);
  const auto& log = out.record.log;
  ASSERT_EQ(Count(log, Outcome::kOk), 120);
  int slow = 0;
  for (std::size_t i = 0; i < log.requests.size(); ++i) {
    const spec::Request& request = log.requests[i];
    EXPECT_EQ(request.intended_ns - log.requests[0].intended_ns,
              static_cast<std::int64_t>(i) * 5'000'000);
    EXPECT_LT(request.sent_ns - request.intended_ns, 100'000'000) << "the schedule waited";
    const std::int64_t e2e = log.EventsOf(request).back().time_ns - request.intended_ns;
    if (e2e > 100'000'000) ++slow;
  }
  // A closed loop would have shown one slow request; here all that came in the stall waited.
  EXPECT_GE(slow, 30);
  EXPECT_LE(slow, 60);
}

TEST(OpenLoopTest, ABurstIsSentAtOnceOnOpenConnections) {
  ScriptedServer server([](const auto&, Peer& peer) { Answer(peer, 1ms); });
  Outcomes out;
  Measure(server, OpenPlan(spec::Arrivals::kBurst, 0, 50), 0, out);
  const auto& log = out.record.log;
  ASSERT_EQ(log.requests.size(), 50u);
  for (const spec::Request& request : log.requests) {
    EXPECT_EQ(request.intended_ns, log.requests[0].intended_ns);
    EXPECT_EQ(request.connect_ns, 0);
  }
  EXPECT_EQ(server.connections(), 50);
}

// A schedule that nobody can keep: answers are read all the same.
TEST(OpenLoopTest, BehindTheScheduleAnswersAreStillRead) {
  ScriptedServer server([](const auto&, Peer& peer) { Answer(peer, 0ms); });
  spec::Plan plan = OpenPlan(spec::Arrivals::kConstant, 1e6, 300);
  plan.timeouts = {20, 20, 20, 40};
  Outcomes out;
  Measure(server, plan, 0, out, nullptr, 1e6);
  EXPECT_EQ(Count(out.record.log, Outcome::kOk), 300);
}

TEST(OpenLoopTest, WarmupComesBesideTheMeasured) {
  ScriptedServer server([](const auto&, Peer& peer) { Answer(peer, 0ms); });
  spec::Plan plan = OpenPlan(spec::Arrivals::kConstant, 500, 10);
  plan.load.warmup = 5;
  Outcomes out;
  Measure(server, plan, 0, out, nullptr, 500.0);
  const auto& requests = out.record.log.requests;
  ASSERT_EQ(requests.size(), 15u);
  for (std::size_t i = 0; i < 15; ++i) {
    EXPECT_EQ(requests[i].phase, i < 5 ? Phase::kWarmup : Phase::kMeasure);
  }
}

TEST(OpenLoopTest, StopWhileConnectionsAreMadeSendsNothing) {
  ScriptedServer server([](const auto&, Peer& peer) { Answer(peer, 0ms); });
  const std::atomic<bool> stop{true};
  Outcomes out;
  Measure(server, OpenPlan(spec::Arrivals::kBurst, 0, 50), 0, out, &stop);
  EXPECT_TRUE(out.record.stopped);
  EXPECT_EQ(server.requests().size(), 0u);
}

TEST(OpenLoopTest, ADeadServerEndsThePointSoon) {
  ScriptedServer server([](const auto&, Peer& peer) { peer.Reset(); });
  Outcomes out;
  Measure(server, OpenPlan(spec::Arrivals::kConstant, 100, 100'000), 0, out, nullptr, 100.0);
  ASSERT_TRUE(out.record.aborted.has_value());
  EXPECT_LT(out.record.log.requests.size(), 1'200u);
}

class ThreadsTest : public ::testing::TestWithParam<std::int64_t> {};

// Property: whatever the number of loops, each request is sent once, each slot is one user, and
// the log is whole and in order.
TEST_P(ThreadsTest, LoopsMakeOneLog) {
  ScriptedServer server([](const auto&, Peer& peer) { Answer(peer, 1ms); });
  spec::Plan plan = SmallPlan(40, 5);
  plan.client.threads = GetParam();
  Outcomes out;
  Measure(server, plan, 5, out);
  const auto& log = out.record.log;
  ASSERT_EQ(log.requests.size(), 45u);
  EXPECT_EQ(out.sunk, 45);
  EXPECT_EQ(out.record.audit.threads, GetParam());
  EXPECT_EQ(out.progress.succeeded, 45);
  EXPECT_EQ(out.progress.in_flight, 0);
  EXPECT_EQ(out.progress.tokens, 3 * 45);
  std::map<std::int64_t, std::int64_t> last_end;
  for (std::size_t i = 0; i < log.requests.size(); ++i) {
    const spec::Request& request = log.requests[i];
    EXPECT_EQ(request.id, static_cast<std::int64_t>(i));
    EXPECT_EQ(request.phase, i < 5 ? Phase::kWarmup : Phase::kMeasure);
    EXPECT_GE(request.slot, 0);
    EXPECT_LT(request.slot, 5);
    ASSERT_EQ(log.EventsOf(request).size(), 5u);
    // A user has one request at a time.
    EXPECT_GE(request.intended_ns, last_end[request.slot]);
    last_end[request.slot] = request.end_ns;
  }
  std::set<std::string> bodies;
  for (const auto& request : server.requests()) bodies.insert(request.body);
  EXPECT_EQ(bodies.size(), 45u) << "a prompt was sent twice";
}

TEST_P(ThreadsTest, AnOpenLoopIsDealtToAll) {
  ScriptedServer server([](const auto&, Peer& peer) { Answer(peer, 1ms); });
  spec::Plan plan = OpenPlan(spec::Arrivals::kPoisson, 300, 60);
  plan.client.threads = GetParam();
  Outcomes out;
  Measure(server, plan, 0, out, nullptr, 300.0);
  const auto times = workload::ArrivalTimes(spec::Arrivals::kPoisson, 300, 60, {}, 1);
  ASSERT_EQ(out.record.log.requests.size(), 60u);
  for (std::size_t i = 0; i < 60; ++i) {
    const auto& requests = out.record.log.requests;
    EXPECT_EQ(requests[i].intended_ns - requests[0].intended_ns, times[i].count());
  }
}

TEST_P(ThreadsTest, InferencexDrainsItsWarmupThenStartsAllAtOnce) {
  ScriptedServer server([](const auto&, Peer& peer) { Answer(peer, 2ms); });
  spec::Plan plan = SmallPlan(1, 0);
  plan.load.requests.reset();
  plan.load.warmup.reset();
  plan.load.protocol = spec::Protocol::kInferencex;
  plan.client.threads = GetParam();
  Outcomes out;
  Measure(server, plan, 4, out);
  const auto& log = out.record.log;
  ASSERT_EQ(log.requests.size(), 8u + 40u);
  std::int64_t warm_end = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(log.requests[i].phase, Phase::kWarmup);
    warm_end = std::max(warm_end, log.requests[i].end_ns);
  }
  std::int64_t first = log.requests[8].intended_ns;
  std::int64_t last = first;
  for (std::size_t i = 8; i < 12; ++i) {
    EXPECT_GE(log.requests[i].intended_ns, warm_end);
    first = std::min(first, log.requests[i].intended_ns);
    last = std::max(last, log.requests[i].intended_ns);
  }
  EXPECT_LT(last - first, 50'000'000);
  std::set<std::string> warm;
  std::set<std::string> measured;
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 48u);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    (i < 8 ? warm : measured).insert(requests[i].body);
  }
  EXPECT_EQ(warm.size(), 1u);
  EXPECT_EQ(measured.size(), 40u);
}

TEST_P(ThreadsTest, StopEndsAllLoops) {
  ScriptedServer server([](const auto&, Peer& peer) { Answer(peer, 5ms); });
  spec::Plan plan = SmallPlan(100'000, 0);
  plan.client.threads = GetParam();
  std::atomic<bool> stop{false};
  std::thread later([&stop] {
    std::this_thread::sleep_for(300ms);
    stop = true;
  });
  Outcomes out;
  Measure(server, plan, 4, out, &stop);
  later.join();
  EXPECT_TRUE(out.record.stopped);
  EXPECT_GT(Count(out.record.log, Outcome::kOk), 0);
  // An answer that ends while its loop is being told leaves its slot empty.
  EXPECT_LE(Count(out.record.log, Outcome::kCancelled), 4);
  EXPECT_EQ(Count(out.record.log, Outcome::kOk) + Count(out.record.log, Outcome::kCancelled),
            static_cast<std::int64_t>(out.record.log.requests.size()));
}

// Events that one read brought have one stamp by the kernel, and one each by the tap.
TEST(WireTest, EveryEventHasItsOwnStamp) {
  ScriptedServer server([](const auto&, Peer& peer) { Answer(peer, 3ms); });
  const SystemClock clock;
  if (const auto tap = WireTap::Start(server.endpoint(), clock); !tap) {
    GTEST_SKIP() << tap.error().message;
  }
  spec::Plan plan = SmallPlan(6, 0);
  plan.client.wire = true;
  Outcomes out;
  Measure(server, plan, 2, out);
  const auto& log = out.record.log;
  ASSERT_EQ(log.requests.size(), 6u);
  EXPECT_EQ(out.sunk, 6) << "the store gets the same log";
  EXPECT_EQ(out.record.audit.stamps, "wire");
  EXPECT_EQ(out.record.audit.wire_stamp_fraction, 1.0);
  for (const spec::Request& request : log.requests) {
    const auto events = log.EventsOf(request);
    ASSERT_EQ(events.size(), 5u);
    for (std::size_t i = 0; i < events.size(); ++i) {
      EXPECT_LT(events[i].uncertainty_ns, 1'000'000u);
      // Sent 3 ms apart by a sleeping thread: never closer, also where one read brought both.
      if (i == 1 || i == 2) {
        EXPECT_GE(events[i].time_ns - events[i - 1].time_ns, 2'900'000);
      }
    }
    EXPECT_EQ(request.end_ns, events.back().time_ns);
  }
}

INSTANTIATE_TEST_SUITE_P(Loops, ThreadsTest, ::testing::Values(1, 2, 3, 8));

}  // namespace
}  // namespace roofscape::load
