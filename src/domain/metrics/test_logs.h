// Request logs for the tests of this room: one row written by hand, and closed loops from a seed.

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/core/rng.h"
#include "domain/spec/request_log.h"

namespace roofscape::metrics {

inline constexpr std::int64_t kMs = 1'000'000;

/// An event for hand-written logs; the time is in milliseconds.
spec::Event At(double time_ms, spec::EventKind kind, std::uint16_t tokens = 1);

/// Appends a request with its events; sets first_event and event_count, and the id if it is 0.
spec::Request& AddRequest(spec::RequestLog& log, spec::Request request,
                          const std::vector<spec::Event>& events);

/// A successful request intended and sent at `intended_ms` that ends at `end_ms`.
spec::Request OkRequest(double intended_ms, double end_ms);

/// The timing of one answer.
struct AnswerShape {
  double ttft_ms = 50;
  double itl_ms = 5;
  double jitter = 0.1;
  std::int64_t output_tokens = 40;
  double output_low = 1.0;
  const std::function<double(double)>* slowness = nullptr;
};

struct Answer {
  std::vector<spec::Event> events;
  std::int64_t tokens = 0;
  double end_ms = 0.0;
};

/// One answer to a request that the server begins with at `begin_ms`.
Answer MakeAnswer(const AnswerShape& shape, double begin_ms, Rng& rng);

/// Sets what the server says of an answer: its tokens and its end.
void FinishRequest(const Answer& answer, spec::Request& request);

struct ClosedLoop {
  std::uint64_t seed = 1;
  std::int64_t concurrency = 4;
  std::int64_t requests_per_slot = 20;
  std::int64_t warmup_per_slot = 1;
  double ttft_ms = 50;
  double itl_ms = 5;
  double jitter = 0.1;  // standard deviation of each time, relative
  std::int64_t output_tokens = 40;
  double output_low = 1.0;  // uniform in [low x tokens, tokens]
  double stagger_ms = 7;    // between the starts of the slots
  double send_delay_ms = 0.02;
  bool lock_step = false;  // all slots start at once and each answer takes the same time
  /// Factor on every time at a moment of the log [s]: a transient, a drift. Empty: 1.
  std::function<double(double)> slowness;
};

/// The log of a closed loop: each slot sends when its answer has ended, from one shared budget.
spec::RequestLog Simulate(const ClosedLoop& options);

}  // namespace roofscape::metrics
