#include "domain/metrics/test_logs.h"

#include <algorithm>
#include <cmath>

#include "base/core/rng.h"

namespace roofscape::metrics {
namespace {

std::int64_t Ns(double ms) { return std::llround(ms * 1e6); }

// One answer: its events from `sent` on.
std::vector<spec::Event> Answer(const ClosedLoop& o, std::int64_t sent_ns, Rng& rng) {
  const double jitter = o.lock_step ? 0.0 : o.jitter;
  const auto lowest =
      static_cast<std::int64_t>(std::ceil(o.output_low * static_cast<double>(o.output_tokens)));
  const std::int64_t tokens =
      lowest + static_cast<std::int64_t>(
                   rng.Below(static_cast<std::uint64_t>(o.output_tokens - lowest + 1)));
  double now_ms = static_cast<double>(sent_ns) * 1e-6;
  std::vector<spec::Event> events;
  for (std::int64_t i = 0; i < tokens; ++i) {
    const double slowness = o.slowness ? o.slowness(now_ms * 1e-3) : 1.0;
    const double mean = (i == 0 ? o.ttft_ms : o.itl_ms) * slowness;
    now_ms += mean * std::max(0.05, 1.0 + jitter * rng.Normal());
    if (i == 0) events.push_back(At(now_ms - 0.01, spec::EventKind::kRole, 0));
    events.push_back(At(now_ms, spec::EventKind::kAnswer));
  }
  events.push_back(At(now_ms + 0.01, spec::EventKind::kFinish, 0));
  events.push_back(At(now_ms + 0.02, spec::EventKind::kDone, 0));
  return events;
}

}  // namespace

spec::Event At(double time_ms, spec::EventKind kind, std::uint16_t tokens) {
  spec::Event event;
  event.time_ns = Ns(time_ms);
  event.kind = kind;
  event.tokens = spec::CarriesTokens(kind) ? tokens : std::uint16_t{0};
  return event;
}

spec::Request& AddRequest(spec::RequestLog& log, spec::Request request,
                          const std::vector<spec::Event>& events) {
  if (request.id == 0) request.id = static_cast<std::int64_t>(log.requests.size());
  request.first_event = static_cast<std::int64_t>(log.events.size());
  request.event_count = static_cast<std::int64_t>(events.size());
  log.events.insert(log.events.end(), events.begin(), events.end());
  log.requests.push_back(request);
  return log.requests.back();
}

spec::Request OkRequest(double intended_ms, double end_ms) {
  spec::Request request;
  request.slot = 0;
  request.http_status = 200;
  request.intended_ns = Ns(intended_ms);
  request.sent_ns = request.intended_ns;
  request.end_ns = Ns(end_ms);
  return request;
}

spec::RequestLog Simulate(const ClosedLoop& o) {
  Rng rng(o.seed);
  spec::RequestLog log;
  struct Slot {
    std::int64_t free_ns;
    std::int64_t sent;
  };
  std::vector<Slot> slots;
  for (std::int64_t i = 0; i < o.concurrency; ++i) {
    slots.push_back({o.lock_step ? 0 : Ns(o.stagger_ms * static_cast<double>(i)), 0});
  }
  std::int64_t budget = o.requests_per_slot * o.concurrency;
  while (budget > 0) {
    const auto next =
        std::min_element(slots.begin(), slots.end(),
                         [](const Slot& a, const Slot& b) { return a.free_ns < b.free_ns; });
    spec::Request request;
    request.slot = next - slots.begin();
    request.phase = next->sent < o.warmup_per_slot ? spec::Phase::kWarmup : spec::Phase::kMeasure;
    request.http_status = 200;
    request.intended_ns = next->free_ns;
    request.sent_ns = next->free_ns + Ns(o.send_delay_ms);
    request.input_tokens_asked = request.input_tokens = 100;
    const std::vector<spec::Event> events = Answer(o, request.sent_ns, rng);
    request.output_tokens = static_cast<std::int64_t>(events.size()) - 3;
    request.output_tokens_asked = request.output_tokens;
    request.token_source = spec::TokenSource::kFinalUsage;
    request.cached_tokens = 0;
    request.end_ns = events.back().time_ns;
    if (request.phase == spec::Phase::kMeasure) --budget;
    ++next->sent;
    next->free_ns = request.end_ns;
    AddRequest(log, request, events);
  }
  return log;
}

}  // namespace roofscape::metrics
