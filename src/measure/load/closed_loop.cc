#include "measure/load/closed_loop.h"

#include <algorithm>

#include <fmt/format.h>

namespace roofscape::load {
namespace {

using namespace std::chrono_literals;
using spec::Outcome;
using spec::Phase;

constexpr Nanos kTick = 100ms;
constexpr Nanos kHandOver = 1s;
constexpr Nanos kDefaultSpread = 500ms;
constexpr Nanos kMaxSpread = 10s;
constexpr Nanos kFirstRetry = 50ms;
constexpr Nanos kMaxRetry = 5s;

Nanos FromSeconds(double seconds) { return Nanos(static_cast<std::int64_t>(seconds * 1e9)); }

net::HttpTimeouts TimeoutsOf(const spec::Timeouts& timeouts) {
  return {FromSeconds(timeouts.connect_s), FromSeconds(timeouts.first_byte_s),
          FromSeconds(timeouts.idle_s), FromSeconds(timeouts.request_s)};
}

void Add(std::atomic<std::int64_t>& counter, std::int64_t by) {
  counter.fetch_add(by, std::memory_order_relaxed);
}

}  // namespace

ClosedLoop::ClosedLoop(net::Reactor& reactor, const net::Endpoint& endpoint,
                       RequestPipeline& pipeline, const spec::Plan& plan,
                       const PointSettings& settings)
    : reactor_(reactor),
      pipeline_(pipeline),
      plan_(plan),
      settings_(settings),
      warmup_(spec::WarmupAt(plan.load, settings.concurrency)),
      measured_(spec::RequestsAt(plan.load, settings.concurrency)),
      slots_(static_cast<std::size_t>(settings.concurrency)),
      epoch_(reactor.Now()),
      last_hand_over_(epoch_) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    Exchange::Settings exchange;
    exchange.epoch = epoch_;
    exchange.keep_text = plan.keep_text;
    exchange.reader = &reader_;
    exchange.counter = this;
    exchange.on_done = [this, &slot](Exchange&) { OnDone(slot); };
    slot.exchange = std::make_unique<Exchange>(reactor, endpoint, TimeoutsOf(plan.timeouts),
                                               static_cast<std::int64_t>(i), std::move(exchange));
  }
}

void ClosedLoop::Run(PointRecord& record) {
  record_ = &record;
  StartSlots();
  reactor_.At(reactor_.Now() + kTick, [this] { Tick(); });
  reactor_.Run();
  for (const Slot& slot : slots_) retransmits_ += slot.exchange->Retransmits();
  HandOver();
  for (const spec::RequestLog& piece : pieces_) record.log.Append(piece);
  // A point that was stopped or given up never meant to send the rest: no rate to judge.
  if (record.complete()) {
    record.audit.scheduled_requests = measured_ ? warmup_ + *measured_ : issued_;
    record.audit.sent_requests = issued_;
  }
  record.audit.retransmits = retransmits_;
}

/// Spreads the first sends over the time that one request takes, so that the slots do not march in
/// step.
void ClosedLoop::StartSlots() {
  const Nanos spread = std::min(settings_.expected_e2e.value_or(kDefaultSpread), kMaxSpread);
  const auto count = static_cast<std::int64_t>(slots_.size());
  for (std::int64_t i = 0; i < count; ++i) {
    Slot& slot = slots_[static_cast<std::size_t>(i)];
    const Instant at = epoch_ + spread * i / count;
    if (i == 0) {
      SendNext(slot, at);
    } else {
      reactor_.At(at, [this, &slot, at] { SendNext(slot, at); });
    }
  }
}

bool ClosedLoop::SendingIsOver() const {
  if (ending_) return true;
  if (measured_) return issued_ >= warmup_ + *measured_;
  return deadline_ && reactor_.Now() >= *deadline_;
}

void ClosedLoop::SendNext(Slot& slot, Instant intended) {
  if (SendingIsOver()) return Retire(slot);
  const Phase phase = issued_ < warmup_ ? Phase::kWarmup : Phase::kMeasure;
  if (phase == Phase::kMeasure && plan_.load.duration_s && !deadline_) {
    deadline_ = intended + FromSeconds(*plan_.load.duration_s);
  }
  const std::int64_t id = issued_++;
  Add(settings_.progress->sent, 1);
  Add(settings_.progress->in_flight, 1);
  slot.exchange->Start(pipeline_.Next(), id, intended, phase);
}

void ClosedLoop::OnDone(Slot& slot) {
  const Exchange& exchange = *slot.exchange;
  Add(settings_.progress->in_flight, -1);
  const bool ok = exchange.request().outcome == Outcome::kOk;
  Add(ok ? settings_.progress->succeeded : settings_.progress->failed, 1);
  slot.failures_in_a_row = ok ? 0 : slot.failures_in_a_row + 1;
  failures_in_a_row_ = ok ? 0 : failures_in_a_row_ + 1;
  Record(exchange);
  if (MayAbort(exchange)) return;
  if (SendingIsOver()) return Retire(slot);
  const Instant freed = exchange.freed_at();
  if (ok) return SendNext(slot, freed);
  // A slot that failed waits longer each time, so that a server in trouble is not drowned.
  const int doublings = std::min(slot.failures_in_a_row - 1, 10);
  const Instant at = freed + std::min(kFirstRetry * (1 << doublings), kMaxRetry);
  reactor_.At(at, [this, &slot, at] { SendNext(slot, at); });
}

void ClosedLoop::Retire(Slot&) {
  ++retired_slots_;
  if (retired_slots_ == static_cast<std::int64_t>(slots_.size())) reactor_.Stop();
}

void ClosedLoop::Record(const Exchange& exchange) {
  spec::RequestLog one;
  one.requests.push_back(exchange.request());
  one.events = exchange.events();
  if (!exchange.message().empty()) {
    one.requests[0].message = static_cast<std::int64_t>(one.strings.size());
    one.strings.push_back(exchange.message());
  }
  if (!exchange.text().empty()) {
    one.requests[0].text = static_cast<std::int64_t>(one.strings.size());
    one.strings.push_back(exchange.text());
  }
  fresh_.Append(one);
}

/// Ends the point when nothing but failures comes any more.
bool ClosedLoop::MayAbort(const Exchange& exchange) {
  if (ending_) return false;
  const bool client = exchange.request().outcome == Outcome::kClient;
  const std::int64_t patience = 10 + 2 * settings_.concurrency;
  if (!client && failures_in_a_row_ < patience) return false;
  Abort(Error{ErrorCode::kUnavailable, fmt::format("{} requests in a row failed, the last with: {}",
                                                   failures_in_a_row_, exchange.message())});
  return true;
}

void ClosedLoop::Tick() {
  if (settings_.stop != nullptr && settings_.stop->load(std::memory_order_relaxed)) {
    record_->stopped = true;
    ending_ = true;
    CancelRunning();
    return reactor_.Stop();
  }
  if (reactor_.Now() - last_hand_over_ >= kHandOver) HandOver();
  if (!ending_) reactor_.At(reactor_.Now() + kTick, [this] { Tick(); });
}

/// Sets finished requests aside and gives a copy to the sink.
void ClosedLoop::HandOver() {
  last_hand_over_ = reactor_.Now();
  if (fresh_.requests.empty()) return;
  pieces_.push_back(fresh_);
  spec::RequestLog chunk;
  std::swap(chunk, fresh_);
  if (!settings_.sink) return;
  const Result<> taken = settings_.sink(std::move(chunk));
  if (!taken && !ending_) Abort(taken.error());
}

void ClosedLoop::Abort(Error error) {
  record_->aborted = std::move(error);
  ending_ = true;
  CancelRunning();
  reactor_.Stop();
}

void ClosedLoop::CancelRunning() {
  for (Slot& slot : slots_) {
    if (!slot.exchange->busy()) continue;
    slot.exchange->Cancel(reactor_.Now());
    Add(settings_.progress->in_flight, -1);
    Record(*slot.exchange);
  }
}

void ClosedLoop::OnTokens(std::int64_t tokens) { Add(settings_.progress->tokens, tokens); }

}  // namespace roofscape::load
