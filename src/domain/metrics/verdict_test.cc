#include "domain/metrics/verdict.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "domain/metrics/failures.h"
#include "domain/metrics/point_metrics.h"
#include "domain/metrics/test_logs.h"
#include "domain/metrics/window.h"

namespace roofscape::metrics {
namespace {

using spec::EventKind;
using spec::Fitness;

std::string Joined(const std::vector<std::string>& reasons) {
  std::string all;
  for (const std::string& reason : reasons) all += reason + "\n";
  return all;
}

// TTFT p50 100 ms and E2E p50 1 s: bounds 1 ms at the median, 10 ms at p99.
spec::PointMetrics Metrics(double delay_p50_s, double delay_p99_s) {
  spec::PointMetrics m;
  m.ttft_s.p50 = 0.1;
  m.e2e_s.p50 = 1.0;
  m.send_delay_s.p50 = delay_p50_s;
  m.send_delay_s.p99 = delay_p99_s;
  return m;
}

TEST(Verdict, BoundsOfTheInstrument) {
  const struct {
    double delay_p50_s, delay_p99_s;
    std::int64_t scheduled, sent;
    double busy;
    Fitness expected;
    const char* reason;
  } cases[] = {
      {0.0001, 0.0002, 100, 100, 0.1, Fitness::kValid, ""},
      {0.001, 0.010, 100, 99, 0.8, Fitness::kValid, ""},
      {0.0011, 0.0020, 100, 100, 0.1, Fitness::kDegraded, "send delay p50 1.1 ms is over 1 ms"},
      {0.0101, 0.0102, 100, 100, 0.1, Fitness::kInvalid, "send delay p50"},
      {0.0001, 0.0110, 100, 100, 0.1, Fitness::kDegraded, "send delay p99 11 ms is over 10 ms"},
      {0.0001, 0.1010, 100, 100, 0.1, Fitness::kInvalid, "send delay p99"},
      {0.0001, 0.0002, 1000, 985, 0.1, Fitness::kDegraded, "985 requests were sent of 1,000"},
      {0.0001, 0.0002, 100, 90, 0.1, Fitness::kDegraded, "bound 1 % off"},
      {0.0001, 0.0002, 100, 89, 0.1, Fitness::kInvalid, "bound 1 % off"},
      {0.0001, 0.0002, 100, 102, 0.1, Fitness::kDegraded, "bound 1 % off"},
      {0.0001, 0.0002, 100, 100, 0.81, Fitness::kDegraded, "busy 81 %"},
      {0.0001, 0.0002, 100, 100, 0.95, Fitness::kDegraded, "busy 95 %"},
      {0.0001, 0.0002, 100, 100, 0.96, Fitness::kInvalid, "busy 96 %"},
      {0.0011, 0.0020, 100, 100, 0.96, Fitness::kInvalid, "send delay p50"},
  };
  for (const auto& c : cases) {
    spec::InstrumentAudit audit;
    audit.scheduled_requests = c.scheduled;
    audit.sent_requests = c.sent;
    audit.loop_busy_fraction = c.busy;
    std::vector<std::string> reasons;
    const Fitness fitness =
        JudgeInstrument({}, Metrics(c.delay_p50_s, c.delay_p99_s), audit, reasons);
    EXPECT_EQ(fitness, c.expected) << Joined(reasons) << c.reason;
    EXPECT_EQ(reasons.empty(), c.expected == Fitness::kValid) << Joined(reasons);
    EXPECT_NE(Joined(reasons).find(c.reason), std::string::npos)
        << Joined(reasons) << " lacks " << c.reason;
  }
}

TEST(Verdict, ShortAnswersStillAllowAMillisecondAtTheTail) {
  spec::PointMetrics m = Metrics(0.00001, 0.0009);
  m.e2e_s.p50 = 0.005;
  std::vector<std::string> reasons;
  EXPECT_EQ(JudgeInstrument({}, m, {}, reasons), Fitness::kValid) << Joined(reasons);
}

TEST(Verdict, WhatWasNotMeasuredIsNotJudged) {
  std::vector<std::string> reasons;
  EXPECT_EQ(JudgeInstrument({}, {}, {}, reasons), Fitness::kValid);
  EXPECT_TRUE(reasons.empty());
}

// The last of the five is behind every row that is left, where no gap shows it.
// TTFT p50 100 ms: stamps of first tokens within 1 ms. ITL p50 10 ms.
TEST(Verdict, BoundsOfTheStamps) {
  const struct {
    double ttft_p50_s, first_p99_s, uncertain;
    Fitness expected;
    const char* reason;
  } cases[] = {
      {0.1, 0.001, 0.10, Fitness::kValid, ""},
      {0.1, 0.0011, 0.0, Fitness::kDegraded, "first tokens are stamped to within 1.1 ms at p99"},
      {0.1, 0.010, 0.0, Fitness::kDegraded, "--wire"},
      {0.1, 0.0101, 0.0, Fitness::kInvalid, "over 1 ms"},
      {2.0, 0.0199, 0.0, Fitness::kValid, ""},
      {2.0, 0.0201, 0.0, Fitness::kDegraded, "over 20 ms"},
      {0.1, 0.0, 0.11, Fitness::kDegraded, "11 % of the token events are stamped worse"},
      {0.1, 0.0, 1.0, Fitness::kDegraded, "ITL percentiles are not to be trusted"},
  };
  for (const auto& c : cases) {
    spec::PointMetrics m = Metrics(0.0, 0.0);
    m.ttft_s.p50 = c.ttft_p50_s;
    m.itl_s.p50 = 0.010;
    m.first_token_uncertainty_p99_s = c.first_p99_s;
    m.uncertain_token_fraction = c.uncertain;
    std::vector<std::string> reasons;
    EXPECT_EQ(JudgeInstrument({}, m, {}, reasons), c.expected) << Joined(reasons);
    EXPECT_NE(Joined(reasons).find(c.reason), std::string::npos) << Joined(reasons) << c.reason;
    EXPECT_EQ(reasons.empty(), c.expected == Fitness::kValid) << Joined(reasons);
  }
}

// Nobody is told to switch on what is on, and reads that are shared say nothing where the tap tells
// their segments apart.
TEST(Verdict, WithTheWireTapItIsNotAdvised) {
  spec::PointMetrics m = Metrics(0.0, 0.0);
  m.itl_s.p50 = 0.010;
  m.first_token_uncertainty_p99_s = 0.005;
  m.uncertain_token_fraction = 0.5;
  spec::InstrumentAudit audit;
  audit.coalesced_fraction = 0.9;
  std::vector<std::string> reasons;
  EXPECT_EQ(JudgeInstrument({}, m, audit, reasons), Fitness::kDegraded);
  EXPECT_EQ(reasons.size(), 3U) << Joined(reasons);
  EXPECT_NE(Joined(reasons).find("--wire"), std::string::npos) << Joined(reasons);
  audit.wire_stamp_fraction = 1.0;
  reasons.clear();
  EXPECT_EQ(JudgeInstrument({}, m, audit, reasons), Fitness::kDegraded);
  EXPECT_EQ(reasons.size(), 2U) << Joined(reasons);
  EXPECT_EQ(Joined(reasons).find("--wire"), std::string::npos) << Joined(reasons);
}

// Four events a segment, 40 ms from one to the next: exact stamps, and the server's doing.
TEST(Verdict, EventsSentTogetherAreTheServersDoing) {
  for (const bool exact : {true, false}) {
    spec::RequestLog log;
    std::vector<spec::Event> events;
    for (int i = 0; i < 32; ++i) {
      const int segment = i / 4;
      events.push_back(At(50.0 + 40.0 * segment, EventKind::kAnswer));
      events.back().uncertainty_ns = exact || i % 4 == 3 ? 1'000U : 40'000'000U;
    }
    AddRequest(log, OkRequest(0, 400), events);
    const spec::PointMetrics m = ComputePoint(log, *WholeWindow(log), std::nullopt);
    EXPECT_EQ(m.itl_s.p50, 0.0);
    spec::InstrumentAudit audit;
    audit.coalesced_fraction = 1.0;
    std::vector<std::string> instrument;
    const Fitness fitness = JudgeInstrument(log, m, audit, instrument);
    const auto reasons = ServerReasons(log, {}, false);
    if (exact) {
      EXPECT_EQ(fitness, Fitness::kValid) << Joined(instrument);
      ASSERT_EQ(reasons.size(), 1U);
      EXPECT_EQ(reasons[0].find("events sent together: 100 % of the token events"), 0U);
      EXPECT_NE(reasons[0].find("4 at a time on average, so ITL is that of the server's writes"),
                std::string::npos)
          << reasons[0];
      // A client that reads late makes segments of its own.
      audit.rx_lag_p99_s = 0.02;
      const auto late = ServerReasons(log, audit, false);
      EXPECT_EQ(late.at(0).find("events came together: "), 0U) << late.at(0);
    } else {
      EXPECT_NE(fitness, Fitness::kValid);
      EXPECT_TRUE(reasons.empty()) << Joined(reasons);
    }
  }
}

TEST(Verdict, CausesAreNamedWhenTheClientWasUnfitAndOnlyThen) {
  spec::InstrumentAudit audit;
  audit.coalesced_fraction = 0.4;
  audit.rx_lag_p99_s = 0.005;
  audit.cpu_steal_fraction = 0.07;
  audit.governor = "powersave";
  audit.fd_limit = 1024;
  audit.fd_used = 1000;
  std::vector<std::string> reasons;
  EXPECT_EQ(JudgeInstrument({}, Metrics(0, 0), audit, reasons), Fitness::kValid);
  EXPECT_TRUE(reasons.empty()) << Joined(reasons);
  EXPECT_EQ(JudgeInstrument({}, Metrics(0.005, 0.005), audit, reasons), Fitness::kDegraded);
  EXPECT_EQ(reasons.size(), 6U) << Joined(reasons);
  for (const char* part : {"40 % of the token events shared a read", "read what had arrived 5 ms",
                           "7 % of this machine's CPU time", "'powersave'; set it to performance",
                           "1,000 of 1,024 file descriptors were in use; raise the limit"}) {
    EXPECT_NE(Joined(reasons).find(part), std::string::npos) << part << "\n" << Joined(reasons);
  }
  spec::InstrumentAudit fit;
  fit.coalesced_fraction = 0.01;
  fit.loop_lag_p99_s = 0.0001;
  fit.cpu_steal_fraction = 0.0;
  fit.governor = "performance";
  fit.fd_limit = 1024;
  fit.fd_used = 100;
  reasons.clear();
  EXPECT_EQ(JudgeInstrument({}, Metrics(0.005, 0.005), fit, reasons), Fitness::kDegraded);
  EXPECT_EQ(reasons.size(), 1U) << Joined(reasons);
  // Out of descriptors: a failure of this machine, whatever the delays.
  spec::RequestLog log = Simulate({});
  log.requests[5].outcome = spec::Outcome::kClient;
  reasons.clear();
  JudgeInstrument(log, Metrics(0, 0), audit, reasons);
  EXPECT_NE(Joined(reasons).find("file descriptors"), std::string::npos) << Joined(reasons);
}

TEST(Verdict, SegmentsSentAgain) {
  const spec::RequestLog log = Simulate({});  // 84 requests
  for (const auto& [resent, expected] :
       {std::pair<std::int64_t, Fitness>{0, Fitness::kValid}, {1, Fitness::kDegraded}}) {
    spec::InstrumentAudit audit;
    audit.retransmits = resent;
    std::vector<std::string> reasons;
    EXPECT_EQ(JudgeInstrument(log, {}, audit, reasons), expected) << Joined(reasons);
  }
}

TEST(Verdict, RequestsSentTwiceAreToldOfTheServer) {
  spec::InstrumentAudit audit;
  audit.resent_requests = 3;
  const auto reasons = ServerReasons(Simulate({}), audit, false);
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_EQ(reasons[0].find("3 requests had to be sent a second time"), 0U) << reasons[0];
  audit.resent_requests = 0;
  EXPECT_TRUE(ServerReasons(Simulate({}), audit, false).empty());
}

TEST(Verdict, RowsMissingFromTheLogCount) {
  spec::RequestLog log = Simulate({});
  std::vector<std::string> reasons;
  std::erase_if(log.requests, [](const spec::Request& r) { return r.id % 20 == 3; });
  EXPECT_EQ(JudgeInstrument(log, {}, {}, reasons), Fitness::kDegraded);
  EXPECT_NE(Joined(reasons).find("4 of 83 issued requests are missing"), std::string::npos)
      << Joined(reasons);
}

// What this machine could not do is no fault of the server.
TEST(Verdict, OurOwnFailuresAreTheInstruments) {
  spec::RequestLog log;
  log.strings = {"no file descriptors left", "it is all said. Mend it so."};
  AddRequest(log, OkRequest(0, 10), {});
  spec::Request failed = OkRequest(0, 10);
  failed.outcome = spec::Outcome::kClient;
  failed.message = 0;
  AddRequest(log, failed, {});
  EXPECT_TRUE(ServerReasons(log, {}, false).empty());
  std::vector<std::string> reasons;
  static_cast<void>(JudgeInstrument(log, {}, {}, reasons));
  ASSERT_FALSE(reasons.empty());
  EXPECT_EQ(reasons[0],
            "client: 1 of 2 requests failed, e.g. 'no file descriptors left'; raise this "
            "machine's limits (ulimit -n) or lower the load (--concurrency, --rate)");
  log.requests[1].message = 1;
  reasons.clear();
  static_cast<void>(JudgeInstrument(log, {}, {}, reasons));
  EXPECT_EQ(reasons[0], "client: 1 of 2 requests failed, e.g. 'it is all said. Mend it so.'");
}

TEST(Verdict, ConnectionsInsideOfTtftAndBodiesWithoutAnEndAreTold) {
  spec::RequestLog log;
  log.strings = {"the response did not end behind its last event"};
  for (int i = 0; i < 4; ++i) {
    spec::Request request = OkRequest(100 * i, 100 * i + 50);
    if (i > 0) request.connect_ns = 5'000'000;
    if (i == 0) request.message = 0;
    std::vector<spec::Event> events(1);
    events[0].time_ns = request.sent_ns + 10'000'000;
    events[0].kind = spec::EventKind::kAnswer;
    events[0].tokens = 1;
    AddRequest(log, request, events);
  }
  const auto reasons = ServerReasons(log, {}, false);
  ASSERT_EQ(reasons.size(), 2U) << Joined(reasons);
  EXPECT_EQ(reasons[0].find("connections: 75 % of the requests had to open one first"), 0U)
      << reasons[0];
  EXPECT_EQ(reasons[1].find("unended: 1 answers went on"), 0U) << reasons[1];
}

TEST(Verdict, TheServersFailuresByKindWithAnExampleAndACure) {
  const struct {
    spec::Outcome outcome;
    std::int64_t status;
    const char* expected;
  } cases[] = {
      {spec::Outcome::kHttpError, 429,
       "http_error: 1 of 2 requests failed (HTTP 429: 1), e.g. 'so "
       "it said'; the server is overloaded"},
      {spec::Outcome::kHttpError, 401, "check --api-key"},
      {spec::Outcome::kHttpError, 404, "check the URL and --model"},
      {spec::Outcome::kHttpError, 400, "check lengths"},
      {spec::Outcome::kHttpError, 500, "the server's own log"},
      {spec::Outcome::kServerError, 200, "server_error: 1 of 2 requests failed, e.g."},
      {spec::Outcome::kTruncated, 200, "closed the stream early"},
      {spec::Outcome::kTimeout, 0, "raise the time limit"},
      {spec::Outcome::kConnect, 0, "reachable"},
      {spec::Outcome::kReset, 0, "dropped the connection"},
      {spec::Outcome::kProtocol, 200, "OpenAI-compatible"},
      {spec::Outcome::kHttpError, 307, "redirects are not followed"},
  };
  for (const auto& c : cases) {
    spec::RequestLog log;
    log.strings = {"so it said"};
    AddRequest(log, OkRequest(0, 10), {});
    spec::Request failed = OkRequest(0, 10);
    failed.outcome = c.outcome;
    failed.http_status = c.status;
    failed.message = 0;
    AddRequest(log, failed, {});
    const auto reasons = ServerReasons(log, {}, false);
    ASSERT_EQ(reasons.size(), 1U) << Joined(reasons);
    EXPECT_NE(reasons[0].find(c.expected), std::string::npos) << reasons[0];
    log.requests[1].phase = spec::Phase::kWarmup;
    EXPECT_EQ(ServerReasons(log, {}, false).at(0).find("warm-up: "), 0U);
    EXPECT_TRUE(FailuresByKind(log, spec::Phase::kMeasure).empty());
    std::vector<std::string> instrument;
    EXPECT_EQ(JudgeInstrument(log, {}, {}, instrument), Fitness::kValid);
  }
}

TEST(Verdict, WhatWeCancelledIsNoFailure) {
  spec::RequestLog log;
  AddRequest(log, OkRequest(0, 10), {At(5, EventKind::kAnswer)});
  spec::Request cancelled = OkRequest(2, 9);
  cancelled.outcome = spec::Outcome::kCancelled;
  AddRequest(log, cancelled, {});
  EXPECT_TRUE(FailuresByKind(log, spec::Phase::kMeasure).empty());
  EXPECT_TRUE(ServerReasons(log, {}, false).empty());
  const spec::PointMetrics m = ComputePoint(log, *WholeWindow(log), std::nullopt);
  EXPECT_EQ(m.requests, 1);
  EXPECT_EQ(m.failures, 0);
  EXPECT_EQ(m.ttft_attempted_p99_s, m.ttft_s.max);
}

TEST(Verdict, EarlyStopsContradictingCountsAndCaches) {
  const struct {
    std::int64_t asked, counted, cached;
    bool cache_allowed;
    const char* expected;  // "": nothing to say
  } cases[] = {
      {2, 2, 0, false, ""},
      {spec::kUnknown, 2, spec::kUnknown, false, ""},
      {2, spec::kUnknown, 0, false, ""},
      {3, 2, 0, false, "early stops: 1 of 1 answers (100.0 %)"},
      {3, 3, 0, false, "the server counted 3 output tokens, the stream's events carry 2 (-33.3 %"},
      {2, 2, 64, false, "64 input tokens in 1 requests came from the server's prompt cache"},
      {2, 2, 64, true, ""},
  };
  for (const auto& c : cases) {
    spec::RequestLog log;
    spec::Request request = OkRequest(0, 30);
    request.output_tokens_asked = c.asked;
    request.output_tokens = c.counted;
    request.cached_tokens = c.cached;
    AddRequest(log, request, {At(10, EventKind::kAnswer), At(20, EventKind::kAnswer)});
    const auto reasons = ServerReasons(log, {}, c.cache_allowed);
    if (*c.expected == '\0') {
      EXPECT_TRUE(reasons.empty()) << Joined(reasons);
    } else {
      ASSERT_EQ(reasons.size(), 1U) << Joined(reasons);
      EXPECT_NE(reasons[0].find(c.expected), std::string::npos) << reasons[0];
    }
  }
}

// Three tokens an event: by its events an answer of 6 tokens has 2, and nothing stopped early.
TEST(Verdict, EventsAreNoCountOfTokens) {
  for (const auto& [source, counted] : {std::pair{spec::TokenSource::kEventCount, std::int64_t{2}},
                                        {spec::TokenSource::kNone, spec::kUnknown}}) {
    spec::RequestLog log;
    spec::Request request = OkRequest(0, 30);
    request.output_tokens_asked = 6;
    request.output_tokens = counted;
    request.token_source = source;
    AddRequest(log, request, {At(10, EventKind::kAnswer), At(20, EventKind::kAnswer)});
    const auto reasons = ServerReasons(log, {}, false);
    ASSERT_EQ(reasons.size(), 1U) << Joined(reasons);
    EXPECT_EQ(reasons[0].find("tokens not counted: 1 of 1 answers (100.0 %)"), 0U) << reasons[0];
    EXPECT_NE(reasons[0].find("token rates are lower bounds"), std::string::npos) << reasons[0];
  }
  // Counted at the end alone: how much of it came in the first event is not known.
  spec::RequestLog log;
  spec::Request request = OkRequest(0, 30);
  request.output_tokens_asked = request.output_tokens = 6;
  request.token_source = spec::TokenSource::kFinalUsage;
  AddRequest(log, request, {At(10, EventKind::kAnswer), At(20, EventKind::kAnswer)});
  const auto reasons = ServerReasons(log, {}, false);
  ASSERT_EQ(reasons.size(), 1U) << Joined(reasons);
  EXPECT_NE(reasons[0].find("TPOT follows the count, too, but is approximate"), std::string::npos)
      << reasons[0];
}

TEST(Verdict, CountsWithinOnePercentDoNotContradict) {
  spec::RequestLog log;
  spec::Request request = OkRequest(0, 30);
  request.output_tokens = 200;
  AddRequest(log, request, {At(10, EventKind::kAnswer, 100), At(20, EventKind::kAnswer, 99)});
  EXPECT_TRUE(ServerReasons(log, {}, false).empty());
  log.events[1].tokens = 97;
  EXPECT_EQ(ServerReasons(log, {}, false).size(), 1U);
}

}  // namespace
}  // namespace roofscape::metrics
