// The proof of the steady window and of the within-run intervals, on request logs whose steady part
// is known by construction: a server that is slow up to a known moment and from then on as fast as
// it will ever be, whose speed wanders around 1 all the time.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "base/core/rng.h"
#include "domain/metrics/point_metrics.h"
#include "domain/metrics/request_metrics.h"
#include "domain/metrics/test_open_logs.h"
#include "domain/metrics/window.h"
#include "domain/spec/metric_registry.h"

namespace roofscape::metrics {
namespace {

constexpr std::int64_t kRequests = 1000;  // a log
constexpr int kLogsPerKind = 25;
// The log that tells the true means is so much longer: its own error widens an interval by 2 %.
constexpr std::uint64_t kLonger = 25;

struct Kind {
  const char* name;
  std::int64_t concurrency;  // 0: open loop
  double rate_rps;           // open loop
  bool poisson;
  double jitter;      // of each token's time, independent
  double output_low;  // lengths uniform in [low, 1] x 8 tokens
  double wander_sd;   // of the server's speed
  double memory;      // over which it is correlated, as a fraction of a log
};

constexpr Kind kKinds[] = {
    {"closed, 4 slots, quiet", 4, 0, false, 0.05, 1.0, 0.0, 0.0},
    {"closed, 12 slots, noisy, lengths vary", 12, 0, false, 0.3, 0.5, 0.0, 0.0},
    {"closed, 8 slots, wandering", 8, 0, false, 0.1, 0.8, 0.08, 0.005},
    {"closed, 12 slots, wandering far", 12, 0, false, 0.2, 0.5, 0.12, 0.01},
    {"open, constant", 0, 100, false, 0.1, 0.8, 0.0, 0.0},
    {"open, Poisson", 0, 150, true, 0.1, 0.8, 0.0, 0.0},
    {"open, Poisson, wandering far", 0, 80, true, 0.2, 0.5, 0.12, 0.01},
    {"open, Poisson, wandering slowly", 0, 40, true, 0.2, 1.0, 0.08, 0.02},
};

// Seconds that the steady part of a log takes.
double Length(const Kind& kind) {
  constexpr double kE2e = 0.05 + 7 * 0.01;
  if (kind.concurrency == 0) return static_cast<double>(kRequests) / kind.rate_rps;
  const double tokens = 8.0 * (1.0 + kind.output_low) / 2.0;
  const auto waves = kRequests / kind.concurrency;
  return static_cast<double>(waves) * kE2e * (5.0 + tokens - 1.0) / 12.0;
}

// A log `longer` times as long as usual on a server that is `slow` times slower until `warm_s`.
spec::RequestLog Make(const Kind& kind, std::uint64_t seed, double warm_s, double slow,
                      std::uint64_t longer) {
  const double length_s = Length(kind);
  std::function<double(double)> wander = [](double) { return 1.0; };
  if (kind.wander_sd > 0.0) {
    wander = Wander(Rng(seed).Fork(7).Next(), kind.wander_sd, kind.memory * length_s,
                    length_s * (2.0 * static_cast<double>(longer) + 3.0));
  }
  const auto slowness = [&](double t) { return wander(t) * (t < warm_s ? slow : 1.0); };
  const auto factor = static_cast<std::int64_t>(longer);
  if (kind.concurrency == 0) {
    return SimulateOpen(OpenLoop{.seed = seed,
                                 .rate_rps = kind.rate_rps,
                                 .requests = kRequests * factor,
                                 .poisson = kind.poisson,
                                 .itl_ms = 10,
                                 .jitter = kind.jitter,
                                 .output_tokens = 8,
                                 .output_low = kind.output_low,
                                 .slowness = slowness});
  }
  return Simulate(ClosedLoop{.seed = seed,
                             .concurrency = kind.concurrency,
                             .requests_per_slot = kRequests / kind.concurrency * factor,
                             .itl_ms = 10,
                             .jitter = kind.jitter,
                             .output_tokens = 8,
                             .output_low = kind.output_low,
                             .slowness = slowness});
}

using Figures = std::map<std::string, double>;

// The true figures of a kind: those of a much longer log without a transient.
Figures Truth(const Kind& kind, const std::vector<std::string>& names) {
  const spec::RequestLog log = Make(kind, 4242, 0.0, 1.0, kLonger);
  spec::Window window = *WholeWindow(log);
  window.end_ns = 0;
  for (const spec::Request& request : log.requests) {
    window.end_ns = std::max(window.end_ns, request.intended_ns);
  }
  const spec::PointMetrics point = ComputePoint(log, window, std::nullopt);
  Figures truth;
  for (const std::string& name : names) {
    truth[name] = *(*spec::FindMetric(name))->value(point);
  }
  return truth;
}

// When the last request has left that met the slow server.
std::int64_t TrueBegin(const spec::RequestLog& log, double warm_s) {
  std::int64_t begin = 0;
  for (const spec::Request& request : log.requests) {
    if (SecondsBetween(0, request.intended_ns) < warm_s) begin = std::max(begin, request.end_ns);
  }
  return begin;
}

// What the windows and intervals of one kind's logs, or of all, came to.
struct Score {
  int logs = 0;
  int found = 0;
  int near = 0;                                        // begins within one batch of the truth
  std::map<std::string, std::pair<int, int>> covered;  // name -> intervals that hold the truth, all
  std::string worst;

  double Near() const { return static_cast<double>(near) / logs; }
  std::pair<int, int> All() const {
    std::pair<int, int> all;
    for (const auto& [name, counts] : covered) {
      all.first += counts.first;
      all.second += counts.second;
    }
    return all;
  }
  double Coverage() const { return static_cast<double>(All().first) / All().second; }
};

void TryLog(const Kind& kind, std::uint64_t seed, Score& score,
            std::vector<std::pair<std::string, spec::Interval>>& intervals) {
  Rng rng(seed);
  const double warm_s = Length(kind) * (0.03 + 0.37 * rng.Uniform());
  const double slow = 1.5 + 1.5 * rng.Uniform();
  const spec::RequestLog log = Make(kind, seed, warm_s, slow, 1);
  ++score.logs;
  const SteadySearch search = FindSteadyWindow(log, kind.concurrency);
  if (!search.window) {
    score.worst +=
        std::string(kind.name) + ", seed " + std::to_string(seed) + ": " + search.reason + "\n";
    return;
  }
  ++score.found;
  const double sending_s = SecondsBetween(WholeWindow(log)->begin_ns, search.window->end_ns);
  const double late =
      SecondsBetween(TrueBegin(log, warm_s), search.window->begin_ns) / (sending_s / 40.0);
  if (std::abs(late) <= 1.0) {
    ++score.near;
  } else {
    score.worst += std::string(kind.name) + ", seed " + std::to_string(seed) + ": " +
                   std::to_string(late) + " batches late\n";
  }
  const spec::PointMetrics point = ComputePoint(log, *search.window, std::nullopt);
  intervals.insert(intervals.end(), point.intervals.begin(), point.intervals.end());
}

TEST(SteadyProof, WindowsAndIntervalsOfTwoHundredLogsOfKnownTruth) {
  Score score;
  for (std::size_t k = 0; k < std::size(kKinds); ++k) {
    std::vector<std::pair<std::string, spec::Interval>> intervals;
    for (int i = 0; i < kLogsPerKind; ++i) {
      TryLog(kKinds[k], 1 + 100 * k + static_cast<std::uint64_t>(i), score, intervals);
    }
    std::vector<std::string> names;
    for (const auto& [name, interval] : intervals) names.push_back(name);
    const Figures truth = Truth(kKinds[k], names);
    for (const auto& [name, interval] : intervals) {
      const bool holds = interval.low <= truth.at(name) && truth.at(name) <= interval.high;
      score.covered[name].first += holds ? 1 : 0;
      ++score.covered[name].second;
    }
  }
  std::string shares = "near " + std::to_string(score.Near()) + ", all intervals " +
                       std::to_string(score.Coverage());
  for (const auto& [name, counts] : score.covered) {
    shares +=
        "\n" + name + " " + std::to_string(counts.first) + " of " + std::to_string(counts.second);
  }
  RecordProperty("within_one_batch", std::to_string(score.Near()));
  RecordProperty("intervals_hold_the_truth", std::to_string(score.Coverage()));
  ASSERT_EQ(score.logs, 200);
  EXPECT_GE(score.Near(), 0.95) << shares << "\n" << score.worst;
  EXPECT_GE(score.Coverage(), 0.90) << shares << "\n" << score.worst;
  EXPECT_LE(score.Coverage(), 0.98) << shares;
  ASSERT_EQ(score.covered.size(), 12U);
  // Each figure by itself: 200 intervals scatter by 1.5 %, hence the wider bound above.
  for (const auto& [name, counts] : score.covered) {
    const double share = static_cast<double>(counts.first) / counts.second;
    RecordProperty(name + "_held", std::to_string(share));
    EXPECT_GE(share, 0.90) << name << "\n" << shares;
    EXPECT_LE(share, 0.995) << name << "\n" << shares;
  }
}

// Slower and slower, or another speed towards the end, or more arrivals than can be served.
spec::RequestLog Unsteady(std::uint64_t seed, std::int64_t& concurrency) {
  Rng rng(seed);
  const double growth = 1.0 + 2.0 * rng.Uniform();
  const double moment = 0.65 + 0.2 * rng.Uniform();
  const double jitter = 0.05 + 0.3 * rng.Uniform();
  concurrency = seed % 2 == 0 ? 0 : std::int64_t{1} << rng.Below(5);
  const std::int64_t requests = concurrency == 0 ? 600 : 60 * concurrency;
  const double length_s = concurrency == 0 ? 15.0 : 60 * 0.12;
  const auto wander = Wander(rng.Next(), 0.08, 0.01 * length_s, 6.0 * length_s);
  const bool overload = concurrency == 0 && seed % 4 == 0;
  const bool late = concurrency == 0 && seed % 8 == 2;
  const auto slowness = [=](double t) {
    if (overload) return wander(t);
    if (late) return wander(t) * (t < moment * length_s ? 1.0 : 1.0 + 0.5 * growth);
    return wander(t) * (1.0 + growth * t / length_s);
  };
  if (concurrency > 0) {
    return Simulate(ClosedLoop{.seed = seed,
                               .concurrency = concurrency,
                               .requests_per_slot = requests / concurrency,
                               .itl_ms = 10,
                               .jitter = jitter,
                               .output_tokens = 8,
                               .slowness = slowness});
  }
  const std::int64_t servers = overload ? 4 : 0;
  const double rate_rps = overload ? 4 / 0.12 * (1.2 + rng.Uniform()) : 40.0;
  return SimulateOpen(OpenLoop{.seed = seed,
                               .rate_rps = rate_rps,
                               .requests = requests,
                               .itl_ms = 10,
                               .jitter = jitter,
                               .output_tokens = 8,
                               .servers = servers,
                               .slowness = slowness});
}

TEST(SteadyProof, ALogWithoutASteadyPartIsRefused) {
  int refused = 0;
  std::string accepted;
  constexpr int kLogs = 200;
  for (std::uint64_t seed = 1; seed <= kLogs; ++seed) {
    std::int64_t concurrency = 0;
    const spec::RequestLog log = Unsteady(seed, concurrency);
    if (!FindSteadyWindow(log, concurrency).window) {
      ++refused;
    } else {
      accepted += " " + std::to_string(seed);
    }
  }
  RecordProperty("refused", refused);
  EXPECT_GE(refused, kLogs * 95 / 100) << "seeds that were accepted:" << accepted;
}

}  // namespace
}  // namespace roofscape::metrics
