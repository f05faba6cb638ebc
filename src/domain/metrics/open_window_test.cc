#include "domain/metrics/open_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/core/rng.h"
#include "domain/metrics/request_metrics.h"
#include "domain/metrics/test_open_logs.h"
#include "domain/metrics/window.h"

namespace roofscape::metrics {
namespace {

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(OpenWindow, BeginsBehindTheFillAndEndsAtTheLastArrival) {
  int early = 0;
  constexpr int kLogs = 40;
  for (std::uint64_t seed = 1; seed <= kLogs; ++seed) {
    OpenLoop options;
    options.seed = seed;
    options.requests = 600;
    options.poisson = seed % 2 == 0;
    const spec::RequestLog log = SimulateOpen(options);
    const SteadySearch search = FindSteadyWindow(log, 0);
    ASSERT_TRUE(search.window) << "seed " << seed << " " << search.reason;
    EXPECT_EQ(search.window->end_ns, log.requests.back().intended_ns) << "seed " << seed;
    EXPECT_GE(search.window->begin_ns, log.requests.front().intended_ns) << "seed " << seed;
    const double length = SecondsBetween(search.window->begin_ns, search.window->end_ns);
    if (length > 0.85 * SecondsBetween(0, search.window->end_ns)) ++early;
  }
  EXPECT_GE(early, kLogs * 9 / 10) << "seeds 1 to " << kLogs;
}

// Little more than a server's capacity is asked: what waits grows to the end.
TEST(OpenWindow, AnOverloadIsNamedWithItsNumbers) {
  int named = 0;
  constexpr int kLogs = 60;
  for (std::uint64_t seed = 1; seed <= kLogs; ++seed) {
    Rng rng(seed);
    OpenLoop options;
    options.seed = seed;
    options.servers = 2 + static_cast<std::int64_t>(rng.Below(12));
    options.poisson = seed % 2 == 0;
    options.requests = 600;
    const double capacity_rps = static_cast<double>(options.servers) / 0.095;
    options.rate_rps = capacity_rps * (1.25 + rng.Uniform());
    const spec::RequestLog log = SimulateOpen(options);
    const SteadySearch search = FindSteadyWindow(log, 0);
    EXPECT_FALSE(search.window) << "seed " << seed;
    const auto overload =
        FindOverload(log, {log.requests.front().intended_ns, log.requests.back().intended_ns});
    if (!overload) continue;
    ++named;
    EXPECT_NEAR(overload->completed_rps / capacity_rps, 1.0, 0.08) << "seed " << seed;
    EXPECT_NEAR(overload->asked_rps / options.rate_rps, 1.0, 0.15) << "seed " << seed;
    EXPECT_GT(overload->in_flight_to, overload->in_flight_from) << "seed " << seed;
    EXPECT_TRUE(Has(search.reason, "overload: the server completes ")) << search.reason;
    EXPECT_TRUE(Has(search.reason, "; ask for less than ")) << search.reason;
  }
  EXPECT_GE(named, kLogs * 95 / 100) << "seeds 1 to " << kLogs;
}

TEST(OpenWindow, ABusyButStableQueueIsNoOverload) {
  int found = 0;
  constexpr int kLogs = 60;
  for (std::uint64_t seed = 1; seed <= kLogs; ++seed) {
    Rng rng(1000 + seed);
    OpenLoop options;
    options.seed = seed;
    options.servers = 4 + static_cast<std::int64_t>(rng.Below(12));
    options.requests = 800;
    options.rate_rps = static_cast<double>(options.servers) / 0.095 * (0.4 + 0.4 * rng.Uniform());
    const spec::RequestLog log = SimulateOpen(options);
    const SteadySearch search = FindSteadyWindow(log, 0);
    EXPECT_FALSE(Has(search.reason, "overload")) << "seed " << seed << " " << search.reason;
    if (search.window) ++found;
  }
  EXPECT_GE(found, kLogs * 95 / 100) << "seeds 1 to " << kLogs;
}

// The client sends late, the requests wait at it: in flight counts from intended all the same.
TEST(OpenWindow, RequestsInFlightCountFromTheArrival) {
  OpenLoop options;
  options.servers = 4;
  options.rate_rps = 80;
  options.requests = 600;
  spec::RequestLog log = SimulateOpen(options);
  for (spec::Request& request : log.requests) {
    const auto events = log.EventsOf(request);
    request.sent_ns = std::max(request.intended_ns, events.front().time_ns - 60 * kMs);
  }
  EXPECT_TRUE(Has(FindSteadyWindow(log, 0).reason, "overload: ")) << "sent is not looked at";
}

TEST(OpenWindow, WhyThereIsNoSteadyStateAndWhatWouldDo) {
  OpenLoop few;
  few.requests = 60;
  OpenLoop burst;
  burst.requests = 200;
  spec::RequestLog at_once = SimulateOpen(burst);
  for (spec::Request& request : at_once.requests) request.intended_ns = 0;
  spec::RequestLog failed = SimulateOpen(burst);
  for (spec::Request& request : failed.requests) request.outcome = spec::Outcome::kTimeout;
  OpenLoop brief;
  brief.requests = 200;
  brief.rate_rps = 400;  // Half a second of sending, E2E 95 ms.
  const struct {
    spec::RequestLog log;
    const char* why;
    const char* cure;
  } cases[] = {
      {{}, "no measured request was made", "--requests 100"},
      {SimulateOpen(few), "60 requests, 100 are needed", "--requests 100, or --duration "},
      {at_once, "all 200 requests arrived at once", "read the whole window"},
      {failed, "all 200 requests failed", "mend what the failures name"},
      {SimulateOpen(brief), "are needed (10 x mean E2E)", "or --duration 2"},
  };
  for (const auto& c : cases) {
    const SteadySearch search = FindSteadyWindow(c.log, 0);
    EXPECT_FALSE(search.window) << c.why;
    EXPECT_EQ(search.reason.find("no steady state: "), 0U) << search.reason;
    EXPECT_TRUE(Has(search.reason, c.why)) << search.reason;
    EXPECT_TRUE(Has(search.reason, c.cure)) << search.reason;
  }
}

// Everything that has not ended by then fails, and so does what comes later.
void Kill(spec::RequestLog& log, std::int64_t at_ns) {
  for (spec::Request& request : log.requests) {
    if (request.end_ns <= at_ns) continue;
    request.outcome = request.intended_ns > at_ns ? spec::Outcome::kConnect : spec::Outcome::kReset;
    request.end_ns = std::max(request.intended_ns, at_ns) + kMs;
    request.event_count = 0;
  }
}

TEST(OpenWindow, AServerThatStopsAnsweringHasNone) {
  for (const double share : {0.1, 0.3, 0.5, 0.7, 0.9}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      OpenLoop options;
      options.seed = seed;
      options.requests = 300;
      spec::RequestLog log = SimulateOpen(options);
      const std::int64_t last = log.requests.back().intended_ns;
      const auto killed = static_cast<std::int64_t>(share * static_cast<double>(last));
      Kill(log, killed);
      const SteadySearch search = FindSteadyWindow(log, 0);
      EXPECT_FALSE(search.window) << "seed " << seed << " killed at " << share;
      EXPECT_TRUE(Has(search.reason, "no steady state: the server stopped answering at "))
          << search.reason;
    }
  }
}

// One that sheds a part of the load is steady, as long as the part is.
TEST(OpenWindow, AShareOfFailuresThatStaysIsSteadyAndOneThatChangesIsNot) {
  int steady = 0;
  int refused = 0;
  constexpr int kLogs = 40;
  for (std::uint64_t seed = 1; seed <= kLogs; ++seed) {
    for (const bool changes : {false, true}) {
      OpenLoop options;
      options.seed = seed;
      options.requests = 600;
      spec::RequestLog log = SimulateOpen(options);
      Rng rng(seed);
      for (spec::Request& request : log.requests) {
        const bool late = request.intended_ns > log.requests.back().intended_ns / 2;
        if (rng.Uniform() >= (changes && late ? 0.7 : 0.2)) continue;
        request.outcome = spec::Outcome::kHttpError;
        request.end_ns = request.intended_ns + kMs;
        request.event_count = 0;
        request.output_tokens = spec::kUnknown;
      }
      const SteadySearch search = FindSteadyWindow(log, 0);
      if (!changes && search.window) ++steady;
      if (changes && !search.window) ++refused;
    }
  }
  EXPECT_GE(steady, kLogs * 9 / 10) << "of " << kLogs;
  EXPECT_GE(refused, kLogs * 9 / 10) << "of " << kLogs;
}

}  // namespace
}  // namespace roofscape::metrics
