// More logs for the tests of this room: arrivals on a schedule (open loop), and a server whose
// speed wanders as real ones do, so that neighbouring requests are alike.

#pragma once

#include <cstdint>
#include <functional>

#include "domain/metrics/test_logs.h"
#include "domain/spec/request_log.h"

namespace roofscape::metrics {

/// A factor on times around 1 with standard deviation `sd`, correlated over `memory_s`: a
/// first-order autoregression on a grid over [0, length_s], 1 beyond it.
std::function<double(double)> Wander(std::uint64_t seed, double sd, double memory_s,
                                     double length_s);

struct OpenLoop {
  std::uint64_t seed = 1;
  double rate_rps = 50;
  std::int64_t requests = 1000;
  bool poisson = true;  // else at equal distances
  double ttft_ms = 50;
  double itl_ms = 5;
  double jitter = 0.1;  // standard deviation of each time, relative
  std::int64_t output_tokens = 10;
  double output_low = 1.0;  // uniform in [low x tokens, tokens]
  double send_delay_ms = 0.02;
  std::int64_t servers = 0;                // requests served at once, the rest waits; 0: no bound
  std::function<double(double)> slowness;  // as ClosedLoop::slowness
};

/// The log of an open loop. No slots, no warm-up.
spec::RequestLog SimulateOpen(const OpenLoop& options);

}  // namespace roofscape::metrics
