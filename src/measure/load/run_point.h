// Measures one operating point: a closed loop of `concurrency` slots, each sending its next request
// the moment its last one has ended, or an open loop whose requests go out when a schedule says.
// Connections are made ahead. In a closed loop slots start staggered and warm up first; the warm-up
// runs over into the measured phase without draining, unless the protocol wants it otherwise. After
// the last measured request no more is sent, and what is in flight is waited for.
//
// With several threads each has its own loop and its own share of slots or arrivals; their logs
// make one.
//
// Thread safety: RunPoint may be called from any thread and waits for its own; PointProgress may be
// read, and `stop` set, from any other.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/net/url.h"
#include "domain/spec/plan.h"
#include "domain/spec/request_log.h"
#include "domain/spec/run_result.h"
#include "measure/load/dialect.h"
#include "measure/load/request_writer.h"

namespace roofscape::load {

/// Counters for a live display.
struct PointProgress {
  std::atomic<std::int64_t> sent{0};
  std::atomic<std::int64_t> succeeded{0};
  std::atomic<std::int64_t> failed{0};
  std::atomic<std::int64_t> in_flight{0};
  std::atomic<std::int64_t> tokens{0};
};

struct PointSettings {
  std::int64_t concurrency = 1;    // 0: open loop, by the plan's arrivals
  std::optional<double> rate_rps;  // of an open loop that is no burst
  /// Number of the first prompt: points of one run must not send the same prompts, or a prefix
  /// cache of the server would answer for the later ones.
  std::int64_t first_prompt = 0;
  /// How long one request takes, as far as it is known: slots start spread over this time.
  std::optional<Nanos> expected_e2e;
  /// Set it to true to stop sending, give up what is in flight and return.
  const std::atomic<bool>* stop = nullptr;
  PointProgress* progress = nullptr;
  /// Takes finished requests every second, for storing; called from each loop's thread. Must not
  /// block; an error ends the point.
  std::function<Result<>(spec::RequestLog)> sink;
};

/// What one point left behind.
struct PointRecord {
  WallTime started;
  spec::RequestLog log;  // Everything, also what `sink` took.
  spec::InstrumentAudit audit;
  bool stopped = false;          // By `stop`.
  std::optional<Error> aborted;  // The server or this machine gave out; the log holds what was.

  bool complete() const { return !stopped && !aborted; }
};

/// Whether this machine can do what the plan asks of it at every load: CPUs to pin to, descriptors
/// for the connections, the wire tap. To be asked before a run is begun: the error says how to mend
/// it, and RunPoint would give the same later.
Result<> CheckMachine(const spec::Plan& plan, const net::Url& url, const Clock& clock);

/// Errors before the first request (descriptors, the plan, the address) are returned; whatever
/// happens later is in the record.
Result<PointRecord> RunPoint(const spec::Plan& plan, const net::Url& url, const Headers& headers,
                             const Dialect& dialect, const PointSettings& settings,
                             const Clock& clock);

}  // namespace roofscape::load
