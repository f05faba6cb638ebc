#include "measure/load/closed_loop.h"

#include <algorithm>

namespace roofscape::load {
namespace {

using namespace std::chrono_literals;

constexpr Nanos kDefaultSpread = 500ms;
constexpr Nanos kMaxSpread = 10s;
constexpr Nanos kFirstRetry = 50ms;
constexpr Nanos kMaxRetry = 5s;

}  // namespace

ClosedLoop::ClosedLoop(std::unique_ptr<net::Reactor> reactor, LoopContext given)
    : LoadLoop(std::move(reactor), std::move(given)) {
  for (std::int64_t user = context().loop; user < context().settings.concurrency;
       user += context().loops) {
    slots_.push_back({&AddExchange(user)});
  }
}

/// Spreads the first sends over the time that one request takes, so that the slots do not march in
/// step; a protocol that wants them in step gets them all at once.
void ClosedLoop::Begin(Instant begin) {
  const PointSettings& settings = context().settings;
  Nanos spread = std::min(settings.expected_e2e.value_or(kDefaultSpread), kMaxSpread);
  if (context().plan.load.protocol == spec::Protocol::kInferencex) spread = Nanos{0};
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    const std::int64_t user = context().loop + static_cast<std::int64_t>(i) * context().loops;
    const Instant at = begin + spread * user / settings.concurrency;
    if (at <= reactor().Now()) {
      SendNext(slot, at);
    } else {
      reactor().At(at, [this, &slot, at] {
        SendNext(slot, at);
        MayFinish();
      });
    }
  }
}

void ClosedLoop::SendNext(Slot& slot, Instant intended) {
  Course::Refusal refusal{};
  const auto ticket = course().Take(intended, refusal);
  if (!ticket) {
    slot.waiting = refusal == Course::Refusal::kWait;
    if (!slot.waiting) ++retired_;
    return;
  }
  Send(*slot.exchange, context().pipeline.Next(ticket->id), ticket->id,
       std::max(intended, ticket->not_before), ticket->phase);
}

void ClosedLoop::OnFree(Exchange& exchange) {
  Slot& slot = slots_[static_cast<std::size_t>(exchange.request().slot / context().loops)];
  const bool ok = exchange.request().outcome == spec::Outcome::kOk;
  slot.failures_in_a_row = ok ? 0 : slot.failures_in_a_row + 1;
  const Instant freed = exchange.freed_at();
  if (ok) return SendNext(slot, freed);
  // A slot that failed waits longer each time, so that a server in trouble is not drowned.
  const int doublings = std::min(slot.failures_in_a_row - 1, 10);
  const Instant at = freed + std::min(kFirstRetry * (1 << doublings), kMaxRetry);
  reactor().At(at, [this, &slot, at] {
    SendNext(slot, at);
    MayFinish();
  });
}

/// The warm-up has drained: everybody who waited for it starts now.
void ClosedLoop::OnCourse() {
  const Instant now = reactor().Now();
  for (Slot& slot : slots_) {
    if (!std::exchange(slot.waiting, false)) continue;
    SendNext(slot, now);
  }
  MayFinish();
}

}  // namespace roofscape::load
