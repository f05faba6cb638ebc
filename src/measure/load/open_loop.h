// The open loop: requests go out when the schedule says, whatever the server does. This is one
// thread's share: the arrivals loop, loop + loops, ... A request that is sent late keeps the time
// at which it was due: a server that stalls shows in the latencies and not in the schedule.
//
// Thread safety: as LoadLoop.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "measure/load/load_loop.h"

namespace roofscape::load {

class OpenLoop final : public LoadLoop {
 public:
  /// `schedule`: the due times of the whole point, from its begin; it must outlive the loop.
  /// `connections`: how many to open ahead. More are opened when all are in use.
  OpenLoop(std::unique_ptr<net::Reactor> reactor, LoopContext given,
           const std::vector<Nanos>& schedule, std::int64_t connections);

 private:
  void Begin(Instant begin) override;
  void OnFree(Exchange& exchange) override;
  bool Finished() const override { return next_ >= schedule_.size() && in_flight() == 0; }

  void SendDue();

  const std::vector<Nanos>& schedule_;
  Instant begin_;
  std::size_t next_;             // Index of the next arrival of this loop.
  std::vector<Exchange*> free_;  // Connected or not, without a request; the last used on top.
};

}  // namespace roofscape::load
