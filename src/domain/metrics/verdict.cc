#include "domain/metrics/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>

#include "base/core/text.h"
#include "domain/metrics/failures.h"
#include "domain/metrics/in_flight.h"
#include "domain/metrics/request_metrics.h"

namespace roofscape::metrics {
namespace {

using spec::Fitness;

constexpr double kDelayFraction = 0.01;     // of TTFT p50, of E2E p50
constexpr double kDelayTailSeconds = 1e-3;  // p99 may always be this
constexpr double kRateFraction = 0.01;      // sent against scheduled
constexpr double kInvalidFactor = 10.0;
constexpr double kBusyDegraded = 0.80;
constexpr double kBusyInvalid = 0.95;
constexpr double kTokenSourcesFraction = 0.01;

constexpr double kUncertainSeconds = 1e-3;   // of the first token's stamp, always allowed
constexpr double kUncertainFraction = 0.01;  // of TTFT p50
constexpr double kUncertainEvents = 0.10;    // token events stamped worse than ITL p50
constexpr double kResentFraction = 0.01;     // of the requests

// A cause is named when it is at least this.
constexpr double kSharedReads = 0.10;
constexpr double kLateReading = 1e-3;  // seconds from the kernel's stamp to the program's, p99
constexpr double kConnectedShare = 0.10;
constexpr double kConnectedTime = 0.01;  // of the time to the first token
constexpr double kLagSeconds = 1e-3;
constexpr double kSteal = 0.01;
constexpr double kDescriptors = 0.90;  // of those allowed

constexpr std::string_view kLateCure =
    "the client was late: free this machine, pin the client to idle cores, or lower the load";
constexpr std::string_view kStampCure = "give the client more or idler cores, or fewer streams";

// A stamp known so well is that of one moment: events that share it came in one segment.
constexpr std::uint32_t kExactNs = 20'000;

std::string StampCure(const spec::InstrumentAudit& audit) {
  const bool wire = audit.wire_stamp_fraction.has_value();
  return fmt::format("{}{}", wire ? "" : "take exact stamps with --wire, ", kStampCure);
}

Fitness Worse(Fitness a, Fitness b) { return std::max(a, b); }

// kValid within the bound, kDegraded up to `invalid`, kInvalid beyond.
Fitness Grade(double value, double bound, double invalid) {
  constexpr double kRounding = 1.0 + 1e-9;
  if (value <= bound * kRounding) return Fitness::kValid;
  return value <= invalid * kRounding ? Fitness::kDegraded : Fitness::kInvalid;
}

std::string WithMax(const spec::Summary& summary) {
  return summary.max ? fmt::format(" (max {})", HumanSeconds(*summary.max)) : "";
}

Fitness JudgeDelays(const spec::PointMetrics& m, std::vector<std::string>& reasons) {
  Fitness fitness = Fitness::kValid;
  if (m.send_delay_s.p50 && m.ttft_s.p50) {
    const double bound = kDelayFraction * *m.ttft_s.p50;
    const Fitness grade = Grade(*m.send_delay_s.p50, bound, kInvalidFactor * bound);
    if (grade != Fitness::kValid) {
      reasons.push_back(fmt::format("send delay p50 {}{} is over {} (1 % of TTFT p50 {}); {}",
                                    HumanSeconds(*m.send_delay_s.p50), WithMax(m.send_delay_s),
                                    HumanSeconds(bound), HumanSeconds(*m.ttft_s.p50), kLateCure));
    }
    fitness = Worse(fitness, grade);
  }
  if (m.send_delay_s.p99) {
    const double share = kDelayFraction * m.e2e_s.p50.value_or(0.0);
    const double bound = std::max(kDelayTailSeconds, share);
    const Fitness grade = Grade(*m.send_delay_s.p99, bound, kInvalidFactor * bound);
    if (grade != Fitness::kValid) {
      reasons.push_back(
          fmt::format("send delay p99 {}{} is over {} (the larger of 1 ms and 1 % of E2E p50); {}",
                      HumanSeconds(*m.send_delay_s.p99), WithMax(m.send_delay_s),
                      HumanSeconds(bound), kLateCure));
    }
    fitness = Worse(fitness, grade);
  }
  return fitness;
}

Fitness JudgeRate(const spec::RequestLog& log, const spec::InstrumentAudit& audit,
                  std::vector<std::string>& reasons) {
  Fitness fitness = Fitness::kValid;
  if (audit.scheduled_requests && audit.sent_requests && *audit.scheduled_requests > 0) {
    const double ratio =
        static_cast<double>(*audit.sent_requests) / static_cast<double>(*audit.scheduled_requests);
    const Fitness grade =
        Grade(std::abs(ratio - 1.0), kRateFraction, kInvalidFactor * kRateFraction);
    if (grade != Fitness::kValid) {
      reasons.push_back(fmt::format(
          "{} requests were sent of {} scheduled ({:.1f} %, bound 1 % off); {}",
          WithCommas(*audit.sent_requests), WithCommas(*audit.scheduled_requests), 100.0 * ratio,
          "the client did not keep up: lower the load or give it more cores"));
    }
    fitness = Worse(fitness, grade);
  }
  const std::int64_t missing = MissingRows(log);
  const auto issued = static_cast<std::int64_t>(log.requests.size()) + missing;
  if (missing > 0) {
    const double share = static_cast<double>(missing) / static_cast<double>(issued);
    const Fitness grade = Grade(share, kRateFraction, kInvalidFactor * kRateFraction);
    if (grade != Fitness::kValid) {
      reasons.push_back(fmt::format(
          "{} of {} issued requests are missing from the log ({:.1f} %, bound 1 %); the run was "
          "killed or its log is damaged: run the point again",
          WithCommas(missing), WithCommas(issued), 100.0 * share));
    }
    fitness = Worse(fitness, grade);
  }
  return fitness;
}

Fitness JudgeBusy(const spec::InstrumentAudit& audit, std::vector<std::string>& reasons) {
  if (!audit.loop_busy_fraction) return Fitness::kValid;
  const Fitness grade = Grade(*audit.loop_busy_fraction, kBusyDegraded, kBusyInvalid);
  if (grade != Fitness::kValid) {
    reasons.push_back(fmt::format(
        "the client's loop was busy {:.0f} % of the time (bound 80 %, invalid over 95 %); lower "
        "the load, give it more --threads, or run it on a faster or emptier machine",
        100.0 * *audit.loop_busy_fraction));
  }
  return grade;
}

// How well the stamps themselves are known.
Fitness JudgeStamps(const spec::PointMetrics& m, const spec::InstrumentAudit& audit,
                    std::vector<std::string>& reasons) {
  Fitness fitness = Fitness::kValid;
  if (m.first_token_uncertainty_p99_s) {
    const double width = *m.first_token_uncertainty_p99_s;
    const double bound =
        std::max(kUncertainSeconds, kUncertainFraction * m.ttft_s.p50.value_or(0.0));
    fitness = Grade(width, bound, kInvalidFactor * bound);
    if (fitness != Fitness::kValid) {
      reasons.push_back(fmt::format(
          "first tokens are stamped to within {} at p99, over {} (the larger of 1 ms and 1 % of "
          "TTFT p50); {}",
          HumanSeconds(width), HumanSeconds(bound), StampCure(audit)));
    }
  }
  if (m.uncertain_token_fraction && *m.uncertain_token_fraction > kUncertainEvents) {
    fitness = Worse(fitness, Fitness::kDegraded);
    const bool writes = m.itl_s.p50.value_or(0.0) == 0.0;
    reasons.push_back(fmt::format(
        "{:.0f} % of the token events are stamped worse than the {} ITL {} (bound 10 %), so ITL "
        "percentiles are not to be trusted; {}",
        100.0 * *m.uncertain_token_fraction, writes ? "mean" : "median",
        HumanSeconds((writes ? m.itl_s.mean : m.itl_s.p50).value_or(0.0)), StampCure(audit)));
  }
  return fitness;
}

// A closed loop's users wait for the client to notice the end of an answer: its lag thins the load.
Fitness JudgeLag(const spec::PointMetrics& m, const spec::InstrumentAudit& audit,
                 std::vector<std::string>& reasons) {
  if (!audit.rx_lag_p99_s) return Fitness::kValid;
  const double bound = std::max(kDelayTailSeconds, kDelayFraction * m.e2e_s.p50.value_or(0.0));
  // Counted by powers of two, so the lag is known within a factor of two.
  const Fitness grade = Grade(0.5 * *audit.rx_lag_p99_s, bound, kInvalidFactor * bound);
  if (grade != Fitness::kValid) {
    reasons.push_back(fmt::format(
        "what had arrived was read {} later at p99, over {} (the larger of 1 ms and 1 % of E2E "
        "p50): a closed loop sends its next requests so much later; {}",
        HumanSeconds(*audit.rx_lag_p99_s), HumanSeconds(bound), kLateCure));
  }
  return grade;
}

Fitness JudgeWire(const spec::InstrumentAudit& audit, std::vector<std::string>& reasons) {
  constexpr double kWhole = 0.99;
  if (!audit.wire_stamp_fraction || *audit.wire_stamp_fraction >= kWhole) return Fitness::kValid;
  reasons.push_back(fmt::format(
      "the wire tap saw {:.1f} % of the events (bound 99 %), the others have the stamps of their "
      "reads: use fewer streams or a shorter run",
      100.0 * *audit.wire_stamp_fraction));
  return Fitness::kDegraded;
}

Fitness JudgeNetwork(const spec::RequestLog& log, const spec::InstrumentAudit& audit,
                     std::vector<std::string>& reasons) {
  if (!audit.retransmits || log.requests.empty()) return Fitness::kValid;
  const double share =
      static_cast<double>(*audit.retransmits) / static_cast<double>(log.requests.size());
  if (share <= kResentFraction) return Fitness::kValid;
  reasons.push_back(fmt::format(
      "{} TCP segments had to be sent again over {} requests (bound 1 %): the tails hold losses of "
      "the network; check the link, or run the client nearer to the server",
      WithCommas(*audit.retransmits), WithCommas(static_cast<std::int64_t>(log.requests.size()))));
  return Fitness::kDegraded;
}

// What probably made a client unfit: told beside the bound it broke.
void AddCauses(const spec::PointMetrics& m, const spec::InstrumentAudit& audit,
               std::vector<std::string>& reasons) {
  // Whose segments are told apart, by the wire tap or by the kernel's count, may share reads.
  const bool told_apart =
      audit.wire_stamp_fraction ||
      (m.uncertain_token_fraction && *m.uncertain_token_fraction <= kUncertainEvents);
  if (!told_apart && audit.coalesced_fraction && *audit.coalesced_fraction >= kSharedReads) {
    reasons.push_back(
        fmt::format("{:.0f} % of the token events shared a read with another and so one stamp; {}",
                    100.0 * *audit.coalesced_fraction, StampCure(audit)));
  }
  const auto lag = audit.rx_lag_p99_s ? audit.rx_lag_p99_s : audit.loop_lag_p99_s;
  if (lag && *lag >= kLagSeconds) {
    reasons.push_back(fmt::format(
        "the client read what had arrived {} later at p99; pin it to idle cores (--cpu-affinity) "
        "or give it more --threads",
        HumanSeconds(*lag)));
  }
  if (audit.cpu_steal_fraction && *audit.cpu_steal_fraction >= kSteal) {
    reasons.push_back(fmt::format(
        "{:.0f} % of this machine's CPU time went to other guests of its host (steal); use a "
        "machine of its own",
        100.0 * *audit.cpu_steal_fraction));
  }
  if (!audit.governor.empty() && audit.governor != "performance") {
    reasons.push_back(fmt::format(
        "the CPU frequency governor is '{}'; set it to performance (cpupower frequency-set -g "
        "performance)",
        audit.governor));
  }
  if (audit.fd_limit && audit.fd_used && *audit.fd_limit > 0 &&
      static_cast<double>(*audit.fd_used) >= kDescriptors * static_cast<double>(*audit.fd_limit)) {
    reasons.push_back(
        fmt::format("{} of {} file descriptors were in use; raise the limit (ulimit -n)",
                    WithCommas(*audit.fd_used), WithCommas(*audit.fd_limit)));
  }
}

bool ClientRanOut(const spec::RequestLog& log) {
  return std::any_of(log.requests.begin(), log.requests.end(), [](const spec::Request& request) {
    return request.outcome == spec::Outcome::kClient;
  });
}

// Sums over the successful measured requests that the server's reasons are made of.
struct AnswerTotals {
  std::int64_t measured = 0;
  std::int64_t cancelled = 0;       // by us, of either phase: in no other count
  std::int64_t asked = 0;           // successes that say how many output tokens they asked for
  std::int64_t shorter = 0;         // of these, with fewer by a count
  std::int64_t fewer_events = 0;    // of these, with fewer events, where nobody counted tokens
  std::int64_t counted_tokens = 0;  // where both sources speak: as the server counted
  std::int64_t event_tokens = 0;    // the same requests: as the events carried
  std::int64_t successes = 0;
  std::int64_t unended = 0;    // successes whose body went on behind its last event
  std::int64_t connected = 0;  // successes that opened a connection
  double connect_s = 0.0;      // in which they spent this
  double ttft_s = 0.0;         // of all successes
  std::int64_t cached_requests = 0;
  std::int64_t cached_tokens = 0;
  std::int64_t token_events = 0;
  std::int64_t moments = 0;        // at which token events came
  std::int64_t shared_events = 0;  // token events that came at one moment with another, by stamps
                                   // that are exact
};

// Counts the moments of one answer.
void AddMoments(std::span<const spec::Event> events, AnswerTotals& totals) {
  const spec::Event* before = nullptr;
  std::int64_t together = 0;
  for (const spec::Event& event : events) {
    if (!IsTokenEvent(event)) continue;
    ++totals.token_events;
    const bool same = before != nullptr && before->time_ns == event.time_ns &&
                      before->uncertainty_ns <= kExactNs && event.uncertainty_ns <= kExactNs;
    together = same ? together + 1 : 1;
    if (!same) ++totals.moments;
    if (together > 1) totals.shared_events += together == 2 ? 2 : 1;
    before = &event;
  }
}

bool TokensAreCounted(const spec::Request& request) {
  return request.output_tokens >= 0 && request.token_source != spec::TokenSource::kEventCount;
}

AnswerTotals Total(const spec::RequestLog& log) {
  AnswerTotals totals;
  for (const spec::Request& request : log.requests) {
    if (request.outcome == spec::Outcome::kCancelled) {
      ++totals.cancelled;
      continue;
    }
    if (request.phase != spec::Phase::kMeasure) continue;
    ++totals.measured;
    if (request.cached_tokens > 0) {
      ++totals.cached_requests;
      totals.cached_tokens += request.cached_tokens;
    }
    if (request.outcome != spec::Outcome::kOk) continue;
    const RequestMetrics m = ComputeRequest(request, log.EventsOf(request));
    AddMoments(log.EventsOf(request), totals);
    ++totals.successes;
    totals.unended += request.message >= 0 ? 1 : 0;
    totals.connected += request.connect_ns > 0 ? 1 : 0;
    totals.connect_s += m.connect_s.value_or(0.0);
    totals.ttft_s += m.ttft_s.value_or(0.0);
    if (request.output_tokens_asked >= 0) {
      ++totals.asked;
      if (m.output_tokens && *m.output_tokens < request.output_tokens_asked) {
        ++(TokensAreCounted(request) ? totals.shorter : totals.fewer_events);
      }
    }
    if (TokensAreCounted(request) && m.event_tokens > 0) {
      totals.counted_tokens += request.output_tokens;
      totals.event_tokens += m.event_tokens;
    }
  }
  return totals;
}

/// "3 of 80 answers (3.8 %)", of those that were asked for a length.
std::string OfAsked(std::int64_t answers, const AnswerTotals& totals) {
  return fmt::format("{} of {} answers ({:.1f} %)", WithCommas(answers), WithCommas(totals.asked),
                     100.0 * static_cast<double>(answers) / static_cast<double>(totals.asked));
}

void AddTokenCounts(const AnswerTotals& totals, std::vector<std::string>& reasons) {
  if (totals.shorter > 0) {
    reasons.push_back(fmt::format(
        "early stops: {} have fewer output tokens than asked, bound 0; "
        "read the rates as those of shorter answers; to have them whole, the server must take "
        "ignore_eos or min_tokens (--conformance tells), and be asked to (no --may-stop-early)",
        OfAsked(totals.shorter, totals)));
  }
  if (totals.fewer_events > 0) {
    reasons.push_back(fmt::format(
        "tokens not counted: {} have fewer events than tokens were asked "
        "for, bound 0, and the server says no number; each event counts as one token, so unless "
        "answers stopped early token rates are lower bounds and TPOT an upper one: have the server "
        "send token ids or usage (--token-counts)",
        OfAsked(totals.fewer_events, totals)));
  }
  if (totals.event_tokens > 0) {
    const double ratio = static_cast<double>(totals.event_tokens) /
                         static_cast<double>(std::max<std::int64_t>(1, totals.counted_tokens));
    if (std::abs(ratio - 1.0) > kTokenSourcesFraction) {
      reasons.push_back(fmt::format(
          "token counts differ: the server counted {} output tokens, the stream's events carry {} "
          "({:+.1f} %, bound 1 %); rates follow the server's count, ITL the events; TPOT follows "
          "the count, too, but is approximate, for how many tokens the first event held is not "
          "known: have the server send token ids or usage in every chunk (--token-counts chunk)",
          WithCommas(totals.counted_tokens), WithCommas(totals.event_tokens),
          100.0 * (ratio - 1.0)));
    }
  }
}

/// Those of this machine, or all others.
void AddFailures(const spec::RequestLog& log, const AnswerTotals& totals, bool ours,
                 std::vector<std::string>& reasons) {
  for (const auto& [outcome, failure] : FailuresByKind(log, spec::Phase::kMeasure)) {
    if ((outcome == spec::Outcome::kClient) != ours) continue;
    reasons.push_back(Describe(outcome, failure, totals.measured));
  }
  const auto warmups =
      static_cast<std::int64_t>(log.requests.size()) - totals.measured - totals.cancelled;
  for (const auto& [outcome, failure] : FailuresByKind(log, spec::Phase::kWarmup)) {
    if ((outcome == spec::Outcome::kClient) != ours) continue;
    reasons.push_back("warm-up: " + Describe(outcome, failure, warmups));
  }
}

/// What connecting and closing add to what was measured.
void AddConnections(const AnswerTotals& totals, std::vector<std::string>& reasons) {
  const auto successes = static_cast<double>(std::max<std::int64_t>(1, totals.successes));
  const double share = static_cast<double>(totals.connected) / successes;
  if (share > kConnectedShare && totals.connect_s > kConnectedTime * totals.ttft_s) {
    reasons.push_back(fmt::format(
        "connections: {:.0f} % of the requests had to open one first, bound 10 %, {} on average: "
        "it is in TTFT and not in TTFT from the transmit stamp; have the server keep connections",
        100.0 * share, HumanSeconds(totals.connect_s / static_cast<double>(totals.connected))));
  }
  if (totals.unended > 0) {
    reasons.push_back(fmt::format(
        "unended: {} answers went on without an end behind [DONE], bound 0, and held their place "
        "until --idle-timeout: the server must end the body of its response",
        WithCommas(totals.unended)));
  }
}

}  // namespace

spec::Fitness JudgeInstrument(const spec::RequestLog& log, const spec::PointMetrics& metrics,
                              const spec::InstrumentAudit& audit,
                              std::vector<std::string>& reasons) {
  Fitness fitness = JudgeDelays(metrics, reasons);
  fitness = Worse(fitness, JudgeRate(log, audit, reasons));
  fitness = Worse(fitness, JudgeBusy(audit, reasons));
  fitness = Worse(fitness, JudgeStamps(metrics, audit, reasons));
  fitness = Worse(fitness, JudgeNetwork(log, audit, reasons));
  fitness = Worse(fitness, JudgeLag(metrics, audit, reasons));
  fitness = Worse(fitness, JudgeWire(audit, reasons));
  const bool ran_out = ClientRanOut(log);
  if (ran_out) AddFailures(log, Total(log), /*ours=*/true, reasons);
  if (fitness != Fitness::kValid || ran_out) AddCauses(metrics, audit, reasons);
  return fitness;
}

std::vector<std::string> ServerReasons(const spec::RequestLog& log,
                                       const spec::InstrumentAudit& audit,
                                       bool prompt_cache_allowed) {
  std::vector<std::string> reasons;
  const AnswerTotals totals = Total(log);
  if (const auto stopped = FindStopped(log)) reasons.push_back(Describe(*stopped));
  AddFailures(log, totals, /*ours=*/false, reasons);
  AddConnections(totals, reasons);
  if (audit.resent_requests.value_or(0) > 0) {
    reasons.push_back(fmt::format(
        "{} requests had to be sent a second time, bound 0: the server had closed the idle "
        "connection they were sent on, and their latencies hold both; raise its keep-alive time",
        WithCommas(*audit.resent_requests)));
  }
  AddTokenCounts(totals, reasons);
  const double shared = static_cast<double>(totals.shared_events) /
                        static_cast<double>(std::max<std::int64_t>(1, totals.token_events));
  if (shared > kSharedReads) {
    const bool late = audit.rx_lag_p99_s.value_or(0.0) > kLateReading;
    reasons.push_back(fmt::format(
        "events {} together: {:.0f} % of the token events came in one segment with another, "
        "bound 10 %, {:.3g} at a time on average, so ITL is that of the {}; {}",
        late ? "came" : "sent", 100.0 * shared,
        static_cast<double>(totals.token_events) / static_cast<double>(totals.moments),
        late ? "segments" : "server's writes",
        late ? "read TPOT, and measure again without this client's lag, for a kernel that hears "
               "late of what has come in holds small segments back"
             : "read TPOT, or have the server flush each event"));
  }
  if (!prompt_cache_allowed && totals.cached_tokens > 0) {
    reasons.push_back(fmt::format(
        "{} input tokens in {} requests came from the server's prompt cache, bound 0; TTFT is that "
        "of a cache: switch prefix caching off in the server, or allow it in the workload",
        WithCommas(totals.cached_tokens), WithCommas(totals.cached_requests)));
  }
  return reasons;
}

}  // namespace roofscape::metrics
