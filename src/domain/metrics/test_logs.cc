#include "domain/metrics/test_logs.h"

#include <algorithm>
#include <cmath>

namespace roofscape::metrics {
namespace {

std::int64_t Ns(double ms) { return std::llround(ms * 1e6); }

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

Answer MakeAnswer(const AnswerShape& shape, double begin_ms, Rng& rng) {
  const auto lowest = static_cast<std::int64_t>(
      std::ceil(shape.output_low * static_cast<double>(shape.output_tokens)));
  Answer answer;
  answer.tokens = lowest + static_cast<std::int64_t>(rng.Below(
                               static_cast<std::uint64_t>(shape.output_tokens - lowest + 1)));
  double now_ms = begin_ms;
  for (std::int64_t i = 0; i < answer.tokens; ++i) {
    const double slowness = *shape.slowness ? (*shape.slowness)(now_ms * 1e-3) : 1.0;
    const double mean = (i == 0 ? shape.ttft_ms : shape.itl_ms) * slowness;
    now_ms += mean * std::max(0.05, 1.0 + shape.jitter * rng.Normal());
    if (i == 0) answer.events.push_back(At(now_ms - 0.01, spec::EventKind::kRole, 0));
    answer.events.push_back(At(now_ms, spec::EventKind::kAnswer));
  }
  answer.events.push_back(At(now_ms + 0.01, spec::EventKind::kFinish, 0));
  answer.events.push_back(At(now_ms + 0.02, spec::EventKind::kDone, 0));
  answer.end_ms = now_ms + 0.02;
  return answer;
}

void FinishRequest(const Answer& answer, spec::Request& request) {
  request.output_tokens = request.output_tokens_asked = answer.tokens;
  request.token_source = spec::TokenSource::kFinalUsage;
  request.cached_tokens = 0;
  request.end_ns = answer.events.back().time_ns;
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
    const Answer answer = MakeAnswer({.ttft_ms = o.ttft_ms,
                                      .itl_ms = o.itl_ms,
                                      .jitter = o.lock_step ? 0.0 : o.jitter,
                                      .output_tokens = o.output_tokens,
                                      .output_low = o.output_low,
                                      .slowness = &o.slowness},
                                     static_cast<double>(request.sent_ns) * 1e-6, rng);
    FinishRequest(answer, request);
    if (request.phase == spec::Phase::kMeasure) --budget;
    ++next->sent;
    next->free_ns = request.end_ns;
    AddRequest(log, request, answer.events);
  }
  return log;
}

}  // namespace roofscape::metrics
