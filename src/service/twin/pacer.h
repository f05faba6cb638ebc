// A live simulation of a serving deployment on the clock of an event loop: requests go in as they
// come, and whoever answers them hears of each token when the deployment would have sent it.
//
// Virtual time is the time since the pacer was made, times `speed`. What comes late (a busy loop)
// is told late, with the moment at which it was due; the simulation itself never falls behind.
//
// Thread safety: all on the reactor's thread.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>

#include "base/core/units.h"
#include "base/net/reactor.h"
#include "model/sim/simulator.h"

namespace roofscape::twin {

/// Who answers a request.
class PacedAnswer {
 public:
  virtual void OnTokens(std::int64_t tokens, Instant due) = 0;
  /// All tokens were told. It must not leave the pacer's list by itself afterwards.
  virtual void OnEnd(const sim::Completion& completion) = 0;

 protected:
  ~PacedAnswer() = default;
};

class Pacer final : private sim::Observer {
 public:
  struct Ticket {
    std::int64_t id = -1;
    sim::Slot slot = sim::kNoSlot;
  };

  /// REQUIRES: Validate(cluster), speed > 0. The reactor must outlive the pacer.
  Pacer(net::Reactor& reactor, const sim::Cluster& cluster, std::uint64_t seed, double speed);
  ~Pacer() override;
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  /// Could a prompt with its answer be served?
  bool Fits(std::int64_t tokens) const { return simulator_.Fits(tokens); }
  /// As of sim::Simulator.
  std::optional<std::int64_t> LongestPrompt() const { return simulator_.LongestPrompt(); }

  /// A request that came at `arrived`. `answer` must live until OnEnd or Leave. REQUIRES: Fits.
  Ticket Send(Instant arrived, std::int64_t input, std::int64_t output,
              std::span<const std::uint64_t> hashes, PacedAnswer& answer);

  /// Who asked has left; nothing more is told. After OnEnd nothing happens. Not inside OnTokens and
  /// OnEnd.
  void Leave(const Ticket& ticket);

  /// The deployment now.
  sim::Snapshot Look() const;
  double speed() const { return speed_; }

 private:
  void OnTokens(std::int64_t id, std::span<const sim::TokenEvent> events) override;
  void OnCompletion(const sim::Completion& completion) override;
  std::int64_t Virtual(Instant at) const;
  Instant Real(std::int64_t virtual_ns) const;
  void Advance();
  void Arm();

  net::Reactor& reactor_;
  const double speed_;
  const Instant begin_;
  sim::Simulator simulator_;
  std::unordered_map<std::int64_t, PacedAnswer*> answers_;
  std::int64_t next_id_ = 0;
  net::TimerId timer_;
  std::optional<std::int64_t> armed_ns_;  // Virtual.
};

}  // namespace roofscape::twin
