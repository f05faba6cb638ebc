#include "domain/metrics/test_open_logs.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/core/rng.h"

namespace roofscape::metrics {

std::function<double(double)> Wander(std::uint64_t seed, double sd, double memory_s,
                                     double length_s) {
  constexpr double kStepsPerMemory = 8.0;
  const double step_s = memory_s / kStepsPerMemory;
  const double keep = std::exp(-1.0 / kStepsPerMemory);
  const double fresh = std::sqrt(1.0 - keep * keep);
  Rng rng(seed);
  std::vector<double> factors(static_cast<std::size_t>(length_s / step_s) + 1);
  double state = rng.Normal();
  for (double& factor : factors) {
    factor = std::max(0.2, 1.0 + sd * state);
    state = keep * state + fresh * rng.Normal();
  }
  return [step_s, factors = std::move(factors)](double t) {
    const auto index = static_cast<std::size_t>(std::max(0.0, t) / step_s);
    return index < factors.size() ? factors[index] : 1.0;
  };
}

spec::RequestLog SimulateOpen(const OpenLoop& o) {
  Rng rng(o.seed);
  Rng arrivals = rng.Fork(1);
  spec::RequestLog log;
  std::vector<double> free_ms(static_cast<std::size_t>(o.servers), 0.0);
  double arrival_ms = 0.0;
  for (std::int64_t i = 0; i < o.requests; ++i) {
    const double gap = o.poisson ? -std::log(1.0 - arrivals.Uniform()) : 1.0;
    arrival_ms += 1e3 * gap / o.rate_rps;
    spec::Request request = OkRequest(arrival_ms, arrival_ms);
    request.id = i + 1;
    request.slot = spec::kUnknown;
    request.sent_ns += std::llround(o.send_delay_ms * 1e6);
    request.input_tokens_asked = request.input_tokens = 100;
    const auto server = std::min_element(free_ms.begin(), free_ms.end());
    double begin_ms = arrival_ms + o.send_delay_ms;
    if (server != free_ms.end()) begin_ms = std::max(begin_ms, *server);
    const Answer answer = MakeAnswer({.ttft_ms = o.ttft_ms,
                                      .itl_ms = o.itl_ms,
                                      .jitter = o.jitter,
                                      .output_tokens = o.output_tokens,
                                      .output_low = o.output_low,
                                      .slowness = &o.slowness},
                                     begin_ms, rng);
    if (server != free_ms.end()) *server = answer.end_ms;
    FinishRequest(answer, request);
    AddRequest(log, request, answer.events);
  }
  return log;
}

}  // namespace roofscape::metrics
