#include "domain/metrics/request_metrics.h"

#include <gtest/gtest.h>

#include <string>

#include "base/core/rng.h"
#include "domain/metrics/test_logs.h"

namespace roofscape::metrics {
namespace {

using spec::EventKind;

// Everything in milliseconds and tokens; kNone: the metric is missing.
constexpr double kNone = -1e9;

struct Figures {
  std::int64_t counted = spec::kUnknown;  // output_tokens of the log
  double ttft = kNone;
  double ttfa = kNone;
  double tpot = kNone;
  double e2e = kNone;
  std::int64_t tokens = 0;
};

struct Case {
  std::string name;
  std::vector<spec::Event> events;
  Figures figures;
  std::vector<double> itl, icl;
};

// Intended at 100 ms, sent at 101, transmitted at 102; asked for 64 input tokens.
spec::Request Asked(std::int64_t counted) {
  spec::Request request = OkRequest(100, 1000);
  request.sent_ns = 101 * kMs;
  request.tx_ns = 102 * kMs;
  request.input_tokens_asked = 64;
  request.output_tokens = counted;
  return request;
}

std::vector<Case> UsualCases() {
  return {
      {"one token an event",
       {At(150, EventKind::kAnswer), At(160, EventKind::kAnswer), At(180, EventKind::kAnswer),
        At(181, EventKind::kFinish), At(182, EventKind::kUsage), At(183, EventKind::kDone)},
       {.counted = 3, .ttft = 50, .ttfa = 50, .tpot = 15, .e2e = 80, .tokens = 3},
       {10, 20},
       {10, 20}},
      {"an empty role chunk is never a token",
       {At(110, EventKind::kRole), At(150, EventKind::kAnswer), At(170, EventKind::kAnswer)},
       {.counted = 2, .ttft = 50, .ttfa = 50, .tpot = 20, .e2e = 70, .tokens = 2},
       {20},
       {20}},
      {"events of several tokens",
       {At(150, EventKind::kAnswer, 2), At(160, EventKind::kAnswer, 4),
        At(190, EventKind::kAnswer, 1)},
       {.counted = 7, .ttft = 50, .ttfa = 50, .tpot = 8, .e2e = 90, .tokens = 7},
       {2.5, 2.5, 2.5, 2.5, 30},
       {10, 30}},
      {"reasoning first, with a keep-alive comment between",
       {At(120, EventKind::kReasoning), At(130, EventKind::kComment),
        At(140, EventKind::kReasoning), At(160, EventKind::kAnswer)},
       {.counted = 3, .ttft = 20, .ttfa = 60, .tpot = 20, .e2e = 60, .tokens = 3},
       {20, 20},
       {20, 20}},
      {"a tool call is an answer",
       {At(120, EventKind::kReasoning), At(150, EventKind::kToolCall)},
       {.counted = 2, .ttft = 20, .ttfa = 50, .tpot = 30, .e2e = 50, .tokens = 2},
       {30},
       {30}},
      {"reasoning only never answers",
       {At(120, EventKind::kReasoning), At(150, EventKind::kReasoning)},
       {.counted = 2, .ttft = 20, .ttfa = kNone, .tpot = 30, .e2e = 50, .tokens = 2},
       {30},
       {30}},
  };
}

std::vector<Case> OddCases() {
  return {
      {"a single token has no TPOT",
       {At(150, EventKind::kAnswer), At(151, EventKind::kDone)},
       {.counted = 1, .ttft = 50, .ttfa = 50, .tpot = kNone, .e2e = 50, .tokens = 1},
       {},
       {}},
      {"all tokens in one event have no TPOT",
       {At(150, EventKind::kAnswer, 8)},
       {.counted = 8, .ttft = 50, .ttfa = 50, .tpot = kNone, .e2e = 50, .tokens = 8},
       {},
       {}},
      {"one event that was counted as one token of many has no TPOT either",
       {At(150, EventKind::kAnswer)},
       {.counted = 8, .ttft = 50, .ttfa = 50, .tpot = kNone, .e2e = 50, .tokens = 8},
       {},
       {}},
      {"the server counted more tokens than the events carry",
       {At(150, EventKind::kAnswer), At(160, EventKind::kAnswer), At(190, EventKind::kAnswer)},
       {.counted = 5, .ttft = 50, .ttfa = 50, .tpot = 10, .e2e = 90, .tokens = 5},
       {10, 30},
       {10, 30}},
      {"the server counted fewer tokens than came in the first event",
       {At(150, EventKind::kAnswer, 3), At(160, EventKind::kAnswer)},
       {.counted = 2, .ttft = 50, .ttfa = 50, .tpot = kNone, .e2e = 60, .tokens = 2},
       {10},
       {10}},
      {"usage only", {At(500, EventKind::kUsage)}, {.counted = 12, .tokens = 12}, {}, {}},
  };
}

std::vector<Case> UncountedCases() {
  return {
      {"no count: the events are counted",
       {At(150, EventKind::kAnswer), At(170, EventKind::kAnswer, 2)},
       {.ttft = 50, .ttfa = 50, .tpot = 10, .e2e = 70, .tokens = 3},
       {10, 10},
       {20}},
      {"a token event counted as zero tokens carried one",
       {At(150, EventKind::kAnswer, 0), At(160, EventKind::kAnswer, 0)},
       {.ttft = 50, .ttfa = 50, .tpot = 10, .e2e = 60, .tokens = 2},
       {10},
       {10}},
      {"nothing", {}, {.tokens = 0}, {}, {}},
  };
}

// Engines that decode several tokens at a time, hold text back, or think first.
std::vector<Case> EngineCases() {
  return {
      // Each step proves 1 to 5 proposed tokens; all of a step come in one event.
      {"speculative decoding",
       {At(150, EventKind::kAnswer, 1), At(170, EventKind::kAnswer, 5),
        At(190, EventKind::kAnswer, 1), At(210, EventKind::kAnswer, 4), At(211, EventKind::kFinish),
        At(212, EventKind::kUsage)},
       {.counted = 11, .ttft = 50, .ttfa = 50, .tpot = 6, .e2e = 110, .tokens = 11},
       {4, 4, 4, 4, 4, 20, 5, 5, 5, 5},
       {20, 20, 20}},
      // The first step already gave three: TPOT is of the eight after them.
      {"speculative decoding from the first step on",
       {At(150, EventKind::kAnswer, 3), At(190, EventKind::kAnswer, 8)},
       {.counted = 11, .ttft = 50, .ttfa = 50, .tpot = 5, .e2e = 90, .tokens = 11},
       {5, 5, 5, 5, 5, 5, 5, 5},
       {40}},
      {"a stream interval of four tokens, the last chunk short",
       {At(150, EventKind::kAnswer, 1), At(190, EventKind::kAnswer, 4),
        At(230, EventKind::kAnswer, 4), At(240, EventKind::kAnswer, 1)},
       {.counted = 10, .ttft = 50, .ttfa = 50, .tpot = 10, .e2e = 140, .tokens = 10},
       {10, 10, 10, 10, 10, 10, 10, 10, 10},
       {40, 40, 10}},
      // The bytes of one character over three tokens: the text comes with the last of them, the
      // tokens when they were made. At() leaves the text empty.
      {"held-back UTF-8 is a token when it is made",
       {At(150, EventKind::kAnswer), At(160, EventKind::kAnswer), At(170, EventKind::kAnswer)},
       {.counted = 3, .ttft = 50, .ttfa = 50, .tpot = 10, .e2e = 70, .tokens = 3},
       {10, 10},
       {10, 10}},
      {"events without tokens neither end nor begin a gap",
       {At(110, EventKind::kRole), At(120, EventKind::kComment), At(130, EventKind::kUsage),
        At(150, EventKind::kAnswer), At(155, EventKind::kUsage), At(170, EventKind::kAnswer),
        At(180, EventKind::kFinish), At(190, EventKind::kUsage), At(200, EventKind::kDone)},
       {.counted = 2, .ttft = 50, .ttfa = 50, .tpot = 20, .e2e = 70, .tokens = 2},
       {20},
       {20}},
      {"reasoning of several tokens an event, then the answer",
       {At(120, EventKind::kReasoning, 2), At(140, EventKind::kReasoning, 2),
        At(160, EventKind::kAnswer, 1), At(180, EventKind::kAnswer, 4)},
       {.counted = 9, .ttft = 20, .ttfa = 60, .tpot = 60.0 / 7.0, .e2e = 80, .tokens = 9},
       {10, 10, 20, 5, 5, 5, 5},
       {20, 20, 20}},
  };
}

std::vector<Case> Cases() {
  std::vector<Case> cases = UsualCases();
  for (const auto& more : {EngineCases(), OddCases(), UncountedCases()}) {
    cases.insert(cases.end(), more.begin(), more.end());
  }
  return cases;
}

void ExpectMs(const std::optional<double>& seconds, double ms, const std::string& what) {
  if (ms == kNone) {
    EXPECT_FALSE(seconds.has_value()) << what;
    return;
  }
  ASSERT_TRUE(seconds.has_value()) << what;
  EXPECT_NEAR(*seconds * 1e3, ms, 1e-6) << what;
}

// One gap a token, in the order of the events.
std::vector<double> EachToken(const TokenGaps& gaps) {
  std::vector<double> itl_s;
  for (std::size_t i = 0; i < gaps.icl_s.size(); ++i) {
    itl_s.insert(itl_s.end(), gaps.tokens[i], gaps.icl_s[i] / gaps.tokens[i]);
  }
  return itl_s;
}

TEST(RequestMetrics, HandComputed) {
  for (const Case& c : Cases()) {
    const RequestMetrics m = ComputeRequest(Asked(c.figures.counted), c.events);
    EXPECT_TRUE(m.success) << c.name;
    ExpectMs(m.ttft_s, c.figures.ttft, c.name + ": ttft");
    ExpectMs(m.ttft_from_tx_s, c.figures.ttft == kNone ? kNone : c.figures.ttft - 2,
             c.name + ": from tx");
    ExpectMs(m.ttfa_s, c.figures.ttfa, c.name + ": ttfa");
    ExpectMs(m.tpot_s, c.figures.tpot, c.name + ": tpot");
    ExpectMs(m.e2e_s, c.figures.e2e, c.name + ": e2e");
    ExpectMs(m.send_delay_s, 1, c.name + ": send delay");
    EXPECT_EQ(m.output_tokens, c.figures.tokens) << c.name;
    EXPECT_EQ(m.input_tokens, 64) << c.name;
    ASSERT_EQ(m.interactivity_tps.has_value(), c.figures.tpot != kNone) << c.name;
    if (c.figures.tpot != kNone) {
      EXPECT_NEAR(*m.interactivity_tps, 1e3 / c.figures.tpot, 1e-6) << c.name;
    }
    ASSERT_EQ(m.e2e_interactivity_tps.has_value(), c.figures.e2e != kNone) << c.name;
    if (c.figures.e2e != kNone) {
      EXPECT_NEAR(*m.e2e_interactivity_tps,
                  1e3 * static_cast<double>(c.figures.tokens) / c.figures.e2e, 1e-6)
          << c.name;
    }
    TokenGaps gaps;
    AppendTokenGaps(c.events, gaps);
    const std::vector<double> itl_s = EachToken(gaps);
    ASSERT_EQ(itl_s.size(), c.itl.size()) << c.name;
    for (std::size_t i = 0; i < c.itl.size(); ++i) {
      EXPECT_NEAR(itl_s[i] * 1e3, c.itl[i], 1e-9) << c.name << ": itl " << i;
    }
    ASSERT_EQ(gaps.icl_s.size(), c.icl.size()) << c.name;
    for (std::size_t i = 0; i < c.icl.size(); ++i) {
      EXPECT_NEAR(gaps.icl_s[i] * 1e3, c.icl[i], 1e-9) << c.name << ": icl " << i;
    }
  }
}

TEST(RequestMetrics, SpreadsOfGapsAreThoseOfEachTokenWrittenOut) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Rng rng(seed);
    const bool one_each = seed % 5 == 0;
    TokenGaps gaps;
    for (std::uint64_t i = rng.Below(60); i > 0; --i) {
      gaps.icl_s.push_back(static_cast<double>(rng.Below(8)) * 1e-3);
      gaps.tokens.push_back(static_cast<std::uint16_t>(one_each ? 1 : 1 + rng.Below(5)));
    }
    std::vector<double> itl_s = EachToken(gaps);
    std::vector<double> icl_s = gaps.icl_s;
    const GapSpreads spreads = SummarizeGaps(gaps);
    EXPECT_EQ(spreads.icl_s, stats::SortAndSummarize(icl_s)) << "seed " << seed;
    stats::Spread itl = stats::SortAndSummarize(itl_s);
    // The order of a sum is no part of its meaning.
    EXPECT_NEAR(spreads.itl_s.mean.value_or(0.0), itl.mean.value_or(0.0), 1e-15) << seed;
    itl.mean = spreads.itl_s.mean;
    EXPECT_EQ(spreads.itl_s, itl) << "seed " << seed;
  }
}

TEST(RequestMetrics, TtftFromTransmitFallsBackToSent) {
  spec::Request request = Asked(2);
  request.tx_ns = spec::kNoStamp;
  const std::vector<spec::Event> events = {At(150, EventKind::kAnswer)};
  ExpectMs(ComputeRequest(request, events).ttft_from_tx_s, 49, "from sent");
  request.sent_ns = spec::kNoStamp;
  const RequestMetrics m = ComputeRequest(request, events);
  ExpectMs(m.ttft_from_tx_s, kNone, "neither");
  ExpectMs(m.send_delay_s, kNone, "never sent");
  ExpectMs(m.ttft_s, 50, "intended is known");
}

TEST(RequestMetrics, WhatWasNotStampedIsMissing) {
  spec::Request request;
  request.outcome = spec::Outcome::kConnect;
  const RequestMetrics m = ComputeRequest(request, {});
  EXPECT_FALSE(m.success);
  EXPECT_FALSE(m.ttft_s || m.e2e_s || m.send_delay_s || m.connect_s || m.input_tokens);
  std::vector<spec::Event> unstamped = {At(150, EventKind::kAnswer)};
  unstamped[0].time_ns = spec::kNoStamp;
  EXPECT_FALSE(ComputeRequest(Asked(1), unstamped).ttft_s.has_value());
}

TEST(RequestMetrics, ConnectTimeOnlyWhereAConnectionWasMade) {
  spec::Request request = Asked(1);
  EXPECT_FALSE(ComputeRequest(request, {}).connect_s.has_value());
  request.connect_ns = 3 * kMs;
  ExpectMs(ComputeRequest(request, {}).connect_s, 3, "connect");
}

TEST(RequestMetrics, TheServersInputCountGoesBeforeTheAskedOne) {
  spec::Request request = Asked(1);
  request.input_tokens = 70;
  EXPECT_EQ(ComputeRequest(request, {}).input_tokens, 70);
}

TEST(RequestMetrics, OutputSharesAddUpToTheCount) {
  for (const Case& c : Cases()) {
    const spec::Request request = Asked(c.figures.counted);
    double sum = 0.0;
    ForEachOutput(request, c.events, [&](std::int64_t, double tokens) { sum += tokens; });
    EXPECT_NEAR(sum, static_cast<double>(c.figures.tokens), 1e-9) << c.name;
  }
}

TEST(RequestMetrics, HugeStampsAreNotUndefined) {
  spec::Request request = Asked(1);
  request.intended_ns = INT64_MIN + 1;
  std::vector<spec::Event> events = {At(1, EventKind::kAnswer), At(2, EventKind::kAnswer)};
  events[1].time_ns = INT64_MAX;
  ComputeRequest(request, events);
  TokenGaps gaps;
  AppendTokenGaps(events, gaps);
  EXPECT_EQ(gaps.icl_s.size(), 1U);
}

TEST(RequestMetrics, GapsAddUpToTheTimeBetweenFirstAndLastToken) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Rng rng(seed);
    std::vector<spec::Event> events;
    double now = 150;
    for (int i = 0; i < 40; ++i) {
      now += static_cast<double>(rng.Below(20));
      events.push_back(At(now, rng.Below(5) == 0 ? EventKind::kComment : EventKind::kAnswer,
                          static_cast<std::uint16_t>(1 + rng.Below(4))));
    }
    const RequestMetrics m = ComputeRequest(Asked(spec::kUnknown), events);
    TokenGaps gaps;
    AppendTokenGaps(events, gaps);
    double itl = 0.0;
    double icl = 0.0;
    const std::vector<double> itl_s = EachToken(gaps);
    for (const double gap : itl_s) itl += gap;
    for (const double gap : gaps.icl_s) icl += gap;
    const double stretch = SecondsBetween(*m.first_token_ns, *m.last_token_ns);
    EXPECT_NEAR(itl, stretch, 1e-9) << "seed " << seed;
    EXPECT_NEAR(icl, stretch, 1e-9) << "seed " << seed;
    // With every token counted, TPOT is the mean of the ITL.
    EXPECT_NEAR(*m.tpot_s, itl / static_cast<double>(itl_s.size()), 1e-12) << "seed " << seed;
  }
}

}  // namespace
}  // namespace roofscape::metrics
