// What a run found: its points, their metrics over two windows, and the verdict. The definition of
// every number stands in docs/reference/metrics.md; domain/metrics computes them from the request
// log and nothing else does. A missing number is std::nullopt, null in JSON, never 0.
//
// Ownership: plain values. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/document.h"
#include "base/core/json.h"
#include "base/core/result.h"
#include "domain/spec/plan.h"

namespace roofscape::spec {

inline constexpr std::int64_t kResultSchemaVersion = 1;

/// Distribution of one per-request or per-token quantity. For rates such as interactivity the
/// percentiles follow the slow tail: p99 is the rate that 99 % of users reach or exceed.
struct Summary {
  std::int64_t count = 0;
  std::optional<double> mean, min, p50, p75, p90, p95, p99, p999, max;

  friend bool operator==(const Summary&, const Summary&) = default;
};

/// [begin, end) in nanoseconds of the request log.
struct Window {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;

  friend bool operator==(const Window&, const Window&) = default;
};

/// Where the truth of a figure lies with 95 % confidence, in the figure's own unit.
struct Interval {
  double low = 0.0;
  double high = 0.0;

  friend bool operator==(const Interval&, const Interval&) = default;
};

/// All metrics of one operating point over one window.
struct PointMetrics {
  Window window;
  std::int64_t requests = 0;  // Attempted: intended inside the window.
  std::int64_t successes = 0;
  std::int64_t failures = 0;
  std::int64_t input_tokens = 0;        // Counted in the window at first_token.
  std::int64_t output_tokens = 0;       // Counted in the window at their event times.
  std::optional<double> cached_tokens;  // Of the cohort; missing when no server said.

  std::optional<double> input_tps, output_tps, total_tps;  // [tokens/s] of the deployment
  std::optional<double> request_rps;                       // [requests/s]
  std::optional<double> input_tps_per_chip, output_tps_per_chip, total_tps_per_chip;

  /// Time average of requests in flight, and Little's law's answer to it: arrival rate x mean time
  /// from intended to end of the window's cohort. They agree when the log is whole.
  std::optional<double> in_flight_mean, littles_law_in_flight;

  Summary ttft_s, ttft_from_tx_s, ttfa_s, itl_s, icl_s, tpot_s, e2e_s, send_delay_s, connect_s;
  Summary interactivity_tps, e2e_interactivity_tps;
  Summary input_length_tokens, output_length_tokens;

  /// Percentiles over all attempted requests by the nearest rank, a failure standing as +infinity:
  /// what a user met who also met the failures. +infinity is null in JSON, and then named in the
  /// list `infinite`.
  std::optional<double> ttft_attempted_p50_s, ttft_attempted_p99_s;
  std::optional<double> tpot_attempted_p50_s, tpot_attempted_p99_s;
  std::optional<double> e2e_attempted_p50_s, e2e_attempted_p99_s;

  /// How well the stamps are known: widths of the intervals in which the first token events of the
  /// cohort arrived, and the share of its token events whose interval is wider than the median ITL
  /// (where that is 0, than the mean).
  std::optional<double> first_token_uncertainty_p50_s, first_token_uncertainty_p99_s;
  std::optional<double> uncertain_token_fraction;

  /// Power of all chips of the deployment and energy a token, measured at the chips themselves:
  /// without host, network, cooling and losses.
  std::optional<double> device_power_w;
  std::optional<double> joules_per_input_token_device, joules_per_output_token_device;
  std::optional<double> joules_per_total_token_device;

  /// Of disaggregated deployments: each role's tokens over its own chips. They never feed a cost.
  std::optional<double> prefill_chip_input_tps, decode_chip_output_tps;

  /// Speculative decoding: tokens a step of the model, 1 and above.
  std::optional<double> acceptance_length_tokens;

  /// Within-run intervals by batch means, by the flat name of the metric ("ttft_p50_s"); a name is
  /// missing where the window is too short for 20 batches. They say how well this run knows its own
  /// figure; whether two runs differ, only repeats can say.
  std::map<std::string, Interval> intervals;

  friend bool operator==(const PointMetrics&, const PointMetrics&) = default;
};

enum class Fitness { kValid, kDegraded, kInvalid };

/// What the load generator saw of itself and its machine.
struct InstrumentAudit {
  std::optional<double> loop_busy_fraction;  // CPU time of the loop's thread / wall time
  std::optional<double> coalesced_fraction;  // token events that shared a read / token events
  std::optional<double> loop_lag_p50_s, loop_lag_p99_s, loop_lag_max_s;
  std::optional<double> cpu_steal_fraction;  // of the machine, over the point
  std::string stamps;  // source of event times: kernel, user or wire; empty: a run of before these
  std::optional<double> kernel_stamp_fraction;  // reads that carried a kernel stamp / reads
  std::optional<double> wire_stamp_fraction;    // events stamped by the wire tap / events
  std::optional<double> tx_stamp_fraction;      // requests with a kernel transmit stamp / sent ones
  // From the kernel's receive stamp to the program's own: what a client without them would add.
  std::optional<double> rx_lag_p50_s, rx_lag_p99_s, rx_lag_max_s;
  // Width of the interval in which a token event arrived, over all token events.
  std::optional<double> uncertainty_p50_s, uncertainty_p99_s;
  std::optional<std::int64_t> threads;             // event loops
  std::optional<std::int64_t> monotonic_epoch_ns;  // CLOCK_MONOTONIC at zero of the request log
  std::optional<std::int64_t> scheduled_requests, sent_requests;
  std::optional<std::int64_t> fd_limit, fd_used;
  std::optional<std::int64_t> retransmits;      // TCP segments that the kernel sent again
  std::optional<std::int64_t> resent_requests;  // after the server had closed an idle connection
  std::string governor;                         // CPU frequency governor, empty: not told

  friend bool operator==(const InstrumentAudit&, const InstrumentAudit&) = default;
};

/// Was the client fit to measure this, and what did the server do? Two questions, never mixed.
struct Verdict {
  Fitness instrument = Fitness::kValid;
  std::vector<std::string> instrument_reasons;
  std::vector<std::string> server_reasons;  // failures by kind, no steady state, early stops, ...

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// One operating point.
struct PointResult {
  std::int64_t index = 0;          // within the run
  std::int64_t concurrency = 1;    // 0: open loop
  std::optional<double> rate_rps;  // open loop: requests asked a second; missing for a burst
  std::int64_t repeat = 0;         // 0 .. plan.load.repeat - 1
  std::string protocol = "steady";
  WallTime started;
  bool complete = false;               // false: the run was killed or stopped inside this point
  std::optional<PointMetrics> steady;  // missing: no steady state; the verdict says why
  PointMetrics whole;                  // first send to last end, as most tools report
  std::map<std::string, std::int64_t> failures_by_kind;  // over the whole point
  InstrumentAudit audit;
  Verdict verdict;

  /// The window that the point's protocol names, or nullptr when it could not be found.
  const PointMetrics* Primary() const {
    if (protocol != "steady") return &whole;
    return steady ? &*steady : nullptr;
  }

  friend bool operator==(const PointResult&, const PointResult&) = default;
};

/// A figure over the repeats of a point: its mean, and where the truth lies with 95 % confidence.
struct RepeatFigure {
  double mean = 0.0;
  Interval interval;

  friend bool operator==(const RepeatFigure&, const RepeatFigure&) = default;
};

/// The points of a run that differ in nothing but `repeat`, at least two of them. Only these
/// intervals can decide whether two settings differ: they hold what changes from run to run.
struct RepeatGroup {
  std::int64_t concurrency = 1;  // as PointResult
  std::optional<double> rate_rps;
  std::string protocol = "steady";
  std::vector<std::int64_t> points;             // their indices; of their primary windows
  std::map<std::string, RepeatFigure> figures;  // by the flat name of the metric

  friend bool operator==(const RepeatGroup&, const RepeatGroup&) = default;
};

enum class RunStatus { kComplete, kIncomplete };

struct RunResult {
  std::int64_t schema_version = kResultSchemaVersion;
  std::string id;  // sortable by time, unique: "20261123-190222-1a2b3c"
  WallTime started;
  std::optional<WallTime> ended;  // missing: killed
  RunStatus status = RunStatus::kIncomplete;
  std::string way = "measured";  // measured | simulated | predicted
  std::string version;           // of Roofscape
  Plan plan;
  std::map<std::string, std::string> host;    // facts of the client's machine
  std::map<std::string, std::string> engine;  // facts the server told: name, version, model, slots
  std::vector<std::string> notes;             // warnings about the whole run
  std::vector<PointResult> points;
  std::vector<RepeatGroup> repeats;  // of the points: metrics::BetweenRuns; not stored by itself

  friend bool operator==(const RunResult&, const RunResult&) = default;
};

/// The load of a point for people: "concurrency 4", "2.5 requests/s", "burst".
std::string LoadName(const PointResult& point);
/// The same for a table or a chart: "4", "2.5/s", "burst".
std::string LoadMark(const PointResult& point);
/// All loads of a plan: "concurrency 1, 2, 4", "poisson arrivals at 2, 4 requests/s".
std::string LoadsName(const Load& load);

std::string_view Name(Fitness fitness);
std::string_view Name(RunStatus status);

/// The JSON of schema/run.schema.json; `bench --json` and `show --json` print it.
Json ToJson(const RunResult& run);
Json ToJson(const PointResult& point);
Json ToJson(const InstrumentAudit& audit);
Json ToJson(const Verdict& verdict);
Result<RunResult> RunFromDocument(const Document& document);

}  // namespace roofscape::spec
