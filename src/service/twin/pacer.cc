#include "service/twin/pacer.h"

#include <algorithm>

#include "base/core/check.h"

namespace roofscape::twin {

Pacer::Pacer(net::Reactor& reactor, const sim::Cluster& cluster, std::uint64_t seed, double speed)
    : reactor_(reactor),
      speed_(speed),
      begin_(reactor.Now()),
      simulator_(cluster, seed, sim::Detail::kLive, *this) {
  RS_CHECK(speed > 0.0);
  Arm();
}

Pacer::~Pacer() { reactor_.Cancel(timer_); }

std::int64_t Pacer::Virtual(Instant at) const {
  return static_cast<std::int64_t>(static_cast<double>((at - begin_).count()) * speed_);
}

Instant Pacer::Real(std::int64_t virtual_ns) const {
  return begin_ + Nanos(static_cast<std::int64_t>(static_cast<double>(virtual_ns) / speed_));
}

Pacer::Ticket Pacer::Send(Instant arrived, std::int64_t input, std::int64_t output,
                          std::span<const std::uint64_t> hashes, PacedAnswer& answer) {
  RS_CHECK(Fits(input + output));
  sim::Ask ask;
  ask.id = next_id_++;
  // The kernel's stamp lies before what has been simulated since.
  ask.at_ns = std::max(Virtual(arrived), simulator_.now());
  ask.input = input;
  ask.output = output;
  ask.hashes = hashes;
  answers_.emplace(ask.id, &answer);
  const Ticket ticket = {ask.id, simulator_.AddRequest(ask)};
  Arm();
  return ticket;
}

void Pacer::Leave(const Ticket& ticket) {
  if (answers_.erase(ticket.id) == 0) return;
  simulator_.Cancel(ticket.slot, ticket.id);
  Arm();
}

sim::Snapshot Pacer::Look() const { return simulator_.Look(); }

void Pacer::OnTokens(std::int64_t id, std::span<const sim::TokenEvent> events) {
  const auto found = answers_.find(id);
  if (found == answers_.end()) return;
  for (const sim::TokenEvent& event : events) {
    found->second->OnTokens(event.tokens, Real(event.time_ns));
  }
}

void Pacer::OnCompletion(const sim::Completion& completion) {
  const auto found = answers_.find(completion.id);
  if (found == answers_.end()) return;
  PacedAnswer* const answer = found->second;
  answers_.erase(found);
  answer->OnEnd(completion);
}

void Pacer::Advance() {
  timer_ = {};
  armed_ns_.reset();
  simulator_.AdvanceTo(std::max(Virtual(reactor_.Now()), simulator_.now()));
  Arm();
}

/// Waits for what happens next.
void Pacer::Arm() {
  const auto next_ns = simulator_.NextEvent();
  if (next_ns == armed_ns_) return;
  reactor_.Cancel(timer_);
  timer_ = {};
  armed_ns_ = next_ns;
  // A nanosecond more: rounding must not wake the loop just before it is due.
  if (next_ns) timer_ = reactor_.At(Real(*next_ns) + Nanos(1), [this] { Advance(); });
}

}  // namespace roofscape::twin
