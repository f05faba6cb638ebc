// The closed loop: a number of users, each sending its next request the moment its last one has
// ended. This is one thread's share of them.
//
// Thread safety: as LoadLoop.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "measure/load/load_loop.h"

namespace roofscape::load {

class ClosedLoop final : public LoadLoop {
 public:
  /// The users loop, loop + loops, ... of the context's concurrency.
  ClosedLoop(std::unique_ptr<net::Reactor> reactor, LoopContext given);

 private:
  struct Slot {
    Exchange* exchange = nullptr;
    int failures_in_a_row = 0;
    bool waiting = false;  // For the warm-up to drain.
  };

  void Begin(Instant begin) override;
  void OnFree(Exchange& exchange) override;
  void OnCourse() override;
  bool Finished() const override { return retired_ == slots_.size(); }

  void SendNext(Slot& slot, Instant intended);

  std::vector<Slot> slots_;
  std::size_t retired_ = 0;
};

}  // namespace roofscape::load
