// The closed loop against a scripted server: what it sends, what it writes into the log, and how it
// ends.

#include "measure/load/run_point.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "measure/load/point_fixture.h"

namespace roofscape::load {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using spec::Outcome;
using spec::Phase;

TEST(RunPointTest, SendsWarmupThenExactlyTheAskedRequests) {
  ScriptedServer server([](const auto&, Peer& peer) { Answer(peer, 1ms); });
  Outcomes out;
  Measure(server, SmallPlan(30, 3), 3, out);
  const spec::RequestLog& log = out.record.log;
  EXPECT_TRUE(out.record.complete());
  ASSERT_EQ(log.requests.size(), 33U);
  EXPECT_EQ(server.requests().size(), 33U);
  EXPECT_EQ(server.connections(), 3);  // kept alive
  EXPECT_EQ(out.sunk, 33);
  EXPECT_EQ(out.progress.in_flight, 0);
  EXPECT_EQ(out.progress.succeeded, 33);
  EXPECT_EQ(out.progress.tokens, 99);
  EXPECT_EQ(out.record.audit.scheduled_requests, 33);
  EXPECT_EQ(out.record.audit.sent_requests, 33);
  for (const spec::Request& request : log.requests) {
    EXPECT_EQ(request.phase, request.id < 3 ? Phase::kWarmup : Phase::kMeasure);
    EXPECT_EQ(request.output_tokens, 3);
    EXPECT_EQ(request.input_tokens, 8);
    EXPECT_EQ(request.token_source, spec::TokenSource::kFinalUsage);
  }
}

TEST(RunPointTest, StampsAreInOrderAndNeverCertain) {
  ScriptedServer server([](const auto&, Peer& peer) { Answer(peer, 2ms); });
  Outcomes out;
  Measure(server, SmallPlan(12, 0), 2, out);

  for (const spec::Request& request : out.record.log.requests) {
    EXPECT_LE(request.intended_ns, request.sent_ns);
    const auto events = out.record.log.EventsOf(request);
    ASSERT_EQ(events.size(), 5U);  // three tokens, finish, done
    std::int64_t last = request.sent_ns;
    for (const spec::Event& event : events) {
      EXPECT_GE(event.time_ns, last);
      EXPECT_GT(event.uncertainty_ns, 0U);
      last = event.time_ns;
    }
    EXPECT_EQ(events[4].kind, spec::EventKind::kDone);
    EXPECT_EQ(request.end_ns, events[4].time_ns);
    // Sent 2 ms apart, unless this machine was so busy that one read took both.
    if (events[1].read != events[0].read) {
      EXPECT_GT(events[1].time_ns, events[0].time_ns);
    }
  }
}

TEST(RunPointTest, AStaleKeepAliveIsSentAgainAndIsNoFailure) {
  ScriptedServer server([](const auto& request, Peer& peer) {
    Answer(peer, 0ms);
    if (request.index == 1) peer.Close();  // as an idle timeout of the server would
  });
  Outcomes out;
  Measure(server, SmallPlan(10, 0), 1, out);
  EXPECT_EQ(Count(out.record.log, Outcome::kOk), 10);
  EXPECT_GE(server.connections(), 5);
}

TEST(RunPointTest, EachFaultHasItsOutcomeAndTheLoopGoesOn) {
  ScriptedServer server([](const auto& request, Peer& peer) {
    switch (request.connection == 0 ? request.index : 9) {
      case 0: return void(peer.Write(net::testing::Answer(503, "application/json", "{}")));
      case 1: return void(peer.Write(ChunkedHead() + Chunk(kToken) + LastChunk()));
      case 2:
        return void(peer.Write(ChunkedHead() + Chunk("data: {\"error\":{\"message\":\"x\"}}\n\n") +
                               Chunk(kDone) + LastChunk()));
      case 3: return void(peer.Write(net::testing::Answer(200, "text/html", "<html>")));
      case 4: return void(peer.Write(ChunkedHead() + Chunk("data: nonsense\n\n") + LastChunk()));
      case 5: peer.Write(ChunkedHead() + Chunk(kToken)); return peer.Reset();
      default: return Answer(peer, 0ms);
    }
  });
  Outcomes out;
  Measure(server, SmallPlan(9, 0), 1, out);
  EXPECT_TRUE(out.record.complete());
  const std::vector<Outcome> want = {
      Outcome::kHttpError, Outcome::kTruncated, Outcome::kServerError,
      Outcome::kProtocol,  Outcome::kProtocol,  Outcome::kReset,
      Outcome::kOk,        Outcome::kOk,        Outcome::kOk};
  ASSERT_EQ(out.record.log.requests.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    const spec::Request& request = out.record.log.requests[i];
    EXPECT_EQ(Name(request.outcome), Name(want[i])) << i;
    EXPECT_EQ(out.record.log.StringAt(request.message).empty(), want[i] == Outcome::kOk) << i;
  }
}

TEST(RunPointTest, UsageBesideTheLastTokenIsNotCountedTwice) {
  ScriptedServer server([](const auto&, Peer& peer) {
    peer.Write(ChunkedHead() + Chunk(kToken) + Chunk(kToken) +
               Chunk("data: {\"choices\":[{\"text\":\"z\",\"finish_reason\":\"length\"}],"
                     "\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":3}}\n\n") +
               Chunk(kDone) + LastChunk());
  });
  Outcomes out;
  Measure(server, SmallPlan(4, 0), 1, out);
  EXPECT_EQ(out.progress.tokens, 12);
  for (const spec::Request& request : out.record.log.requests) {
    EXPECT_EQ(request.output_tokens, 3);
    EXPECT_EQ(request.token_source, spec::TokenSource::kFinalUsage);
  }
}

TEST(RunPointTest, AnErrorThatTheServerToldIsKeptWhenTheConnectionDrops) {
  ScriptedServer server([](const auto& request, Peer& peer) {
    if (request.connection > 0) return Answer(peer, 0ms);
    peer.Write(ChunkedHead() + Chunk("data: {\"error\":{\"message\":\"cuda oom\"}}\n\n"));
    peer.Close();
  });
  Outcomes out;
  Measure(server, SmallPlan(2, 0), 1, out);
  const spec::Request& first = out.record.log.requests[0];
  EXPECT_EQ(first.outcome, Outcome::kServerError);
  EXPECT_NE(out.record.log.StringAt(first.message).find("cuda oom"), std::string::npos);
}

TEST(RunPointTest, AConnectionLostWhileTheServerWorkedIsAFailure) {
  ScriptedServer server([](const auto& request, Peer& peer) {
    if (request.connection > 0 || request.index != 1) return Answer(peer, 0ms);
    peer.Sleep(600ms);  // too long for an idle close: it had begun to work
    peer.Close();
  });
  Outcomes out;
  Measure(server, SmallPlan(4, 0), 1, out);
  EXPECT_EQ(Count(out.record.log, Outcome::kOk), 3);
}

// A server that sheds load fails many at once before it answers the first.
TEST(RunPointTest, SheddingServersAreGivenTime) {
  const SystemClock clock;
  const Instant begin = clock.Now();
  ScriptedServer server([&](const auto&, Peer& peer) {
    if (clock.Now() - begin > 1s) return Answer(peer, 0ms);
    peer.Write(net::testing::Answer(503, "application/json", "{}"));
  });
  Outcomes out;
  Measure(server, SmallPlan(300, 0), 10, out);
  EXPECT_FALSE(out.record.aborted.has_value());
  EXPECT_EQ(out.record.log.requests.size(), 300u);
}

TEST(RunPointTest, AFloodOfEventsWithoutTokensEnds) {
  ScriptedServer server([](const auto&, Peer& peer) {
    std::string comments;
    for (int i = 0; i < 10'000; ++i) comments += ":\n\n";
    peer.Write(ChunkedHead());
    while (peer.Write(Chunk(comments))) {
    }
  });
  Outcomes out;
  Measure(server, SmallPlan(1, 0), 1, out);
  ASSERT_EQ(out.record.log.requests.size(), 1u);
  EXPECT_EQ(out.record.log.requests[0].outcome, Outcome::kProtocol);
  EXPECT_NE(out.record.log.StringAt(out.record.log.requests[0].message).find("events came"),
            std::string::npos);
}

TEST(RunPointTest, CountsThatNoServerCanMeanAreNone) {
  ScriptedServer server([](const auto&, Peer& peer) {
    const std::string usage =
        "data: {\"choices\":[{\"text\":\"ab\",\"finish_reason\":\"length\"}],\"usage\":"
        "{\"prompt_tokens\":-3,\"completion_tokens\":9223372036854775807}}\n\n";
    peer.Write(ChunkedHead() + Chunk(usage) + Chunk(kToken) + Chunk(kDone) + LastChunk());
  });
  Outcomes out;
  Measure(server, SmallPlan(1, 0), 1, out);
  const spec::Request& request = out.record.log.requests.at(0);
  EXPECT_EQ(request.outcome, Outcome::kOk);
  EXPECT_EQ(request.output_tokens, 2);
  EXPECT_EQ(request.token_source, spec::TokenSource::kEventCount);
}

TEST(RunPointTest, NothingButFailuresEndsThePointWithTheReason) {
  ScriptedServer server([](const auto&, Peer& peer) {
    peer.Write(net::testing::Answer(500, "application/json", "{\"error\":\"broken\"}"));
  });
  Outcomes out;
  Measure(server, SmallPlan(100'000, 0), 2, out);
  ASSERT_TRUE(out.record.aborted.has_value());
  EXPECT_NE(out.record.aborted->message.find("broken"), std::string::npos);
  EXPECT_FALSE(out.record.audit.scheduled_requests.has_value());
  EXPECT_EQ(out.sunk, static_cast<std::int64_t>(out.record.log.requests.size()));
}

TEST(RunPointTest, StopKeepsWhatWasMeasuredAndCancelsTheRest) {
  ScriptedServer server([](const auto&, Peer& peer) { Answer(peer, 20ms); });
  Outcomes out;
  std::atomic<bool> stop{false};
  std::thread stopper([&stop] {
    std::this_thread::sleep_for(400ms);
    stop = true;
  });
  Measure(server, SmallPlan(100'000, 0), 4, out, &stop);
  stopper.join();
  EXPECT_TRUE(out.record.stopped);
  EXPECT_GT(Count(out.record.log, Outcome::kOk), 0);
  EXPECT_EQ(Count(out.record.log, Outcome::kCancelled), 4);
  EXPECT_EQ(out.progress.in_flight, 0);
}

TEST(RunPointTest, AnAnswerWithoutEndIsCutOff) {
  ScriptedServer server([](const auto& request, Peer& peer) {
    if (request.connection > 0) return Answer(peer, 0ms);
    peer.Write(ChunkedHead());
    while (peer.Write(Chunk(kToken))) peer.Sleep(100us);
  });
  Outcomes out;
  Measure(server, SmallPlan(2, 0), 1, out);
  EXPECT_EQ(out.record.log.requests[0].outcome, Outcome::kProtocol);
  EXPECT_EQ(out.record.log.requests[1].outcome, Outcome::kOk);
}

TEST(RunPointTest, ADurationEndsSendingAndDrains) {
  ScriptedServer server([](const auto&, Peer& peer) { Answer(peer, 5ms); });
  spec::Plan plan = SmallPlan(1, 2);
  plan.load.requests.reset();
  plan.load.duration_s = 0.3;
  Outcomes out;
  Measure(server, plan, 2, out);
  EXPECT_TRUE(out.record.complete());
  EXPECT_EQ(Count(out.record.log, Outcome::kOk),
            static_cast<std::int64_t>(out.record.log.requests.size()));
  std::int64_t first = INT64_MAX;
  std::int64_t last = 0;
  for (const spec::Request& request : out.record.log.requests) {
    if (request.phase == Phase::kWarmup) continue;
    first = std::min(first, request.intended_ns);
    last = std::max(last, request.intended_ns);
  }
  EXPECT_LE(last - first, 300'000'000);
}

}  // namespace
}  // namespace roofscape::load
