// The closed loop behind RunPoint: slots, phases, retries and the end.
//
// Thread safety: all on the calling thread.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/net/address.h"
#include "base/net/reactor.h"
#include "measure/load/exchange.h"
#include "measure/load/request_pipeline.h"
#include "measure/load/run_point.h"

namespace roofscape::load {

class ClosedLoop final : private TokenCounter {
 public:
  ClosedLoop(net::Reactor& reactor, const net::Endpoint& endpoint, RequestPipeline& pipeline,
             const spec::Plan& plan, const PointSettings& settings);

  /// Runs the point to its end and fills log, audit counts, stopped and aborted of `record`.
  void Run(PointRecord& record);

 private:
  struct Slot {
    std::unique_ptr<Exchange> exchange;
    int failures_in_a_row = 0;
  };

  void OnTokens(std::int64_t tokens) override;

  void StartSlots();
  void SendNext(Slot& slot, Instant intended);
  void OnDone(Slot& slot);
  void Retire(Slot& slot);
  void Record(const Exchange& exchange);
  bool MayAbort(const Exchange& exchange);

  void Tick();
  void HandOver();
  void Abort(Error error);
  void CancelRunning();
  bool SendingIsOver() const;

  net::Reactor& reactor_;
  RequestPipeline& pipeline_;
  const spec::Plan& plan_;
  const PointSettings& settings_;
  const std::int64_t warmup_;                   // Requests of the warm-up phase.
  const std::optional<std::int64_t> measured_;  // Requests of the measured phase.
  StreamReader reader_;
  std::vector<Slot> slots_;
  PointRecord* record_ = nullptr;
  spec::RequestLog fresh_;                // Finished, not yet handed to the sink.
  std::vector<spec::RequestLog> pieces_;  // Handed over. Joined at the end: joining takes time.
  Instant epoch_;
  std::optional<Instant> deadline_;  // Of sending, when the point ends by duration.
  Instant last_hand_over_;
  std::int64_t issued_ = 0;
  std::int64_t retired_slots_ = 0;
  std::int64_t failures_in_a_row_ = 0;
  std::int64_t retransmits_ = 0;
  bool ending_ = false;
};

}  // namespace roofscape::load
