// One event loop of a point, on a thread of its own: its connections, the log of what they did, and
// the end. How requests are timed stands in closed_loop.h and open_loop.h.
//
// Thread safety: Run() and everything it calls on one thread; Wake() from any.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/net/address.h"
#include "base/net/reactor.h"
#include "measure/load/course.h"
#include "measure/load/exchange.h"
#include "measure/load/request_pipeline.h"
#include "measure/load/run_point.h"
#include "measure/load/wire_stamps.h"

namespace roofscape::load {

/// What all loops of a point work on. The parts outlive the loops.
struct LoopContext {
  const spec::Plan& plan;
  const PointSettings& settings;
  const net::Endpoint& endpoint;
  RequestPipeline& pipeline;
  Course& course;
  Instant epoch;               // Zero of the request log.
  WireStamps* wire = nullptr;  // With --wire: takes finished requests instead of the sink.
  std::int64_t loop = 0;       // Which of them this is,
  std::int64_t loops = 1;      // of how many.
  std::function<void()> wake;  // Wakes all loops of the point.
};

/// What one loop leaves behind.
struct LoopRecord {
  std::vector<spec::RequestLog> pieces;
  net::ReactorStats stats;
  Nanos cpu{};
  Nanos wall{};
  std::int64_t retransmits = 0;
  std::int64_t resent_requests = 0;
};

class LoadLoop : private TokenCounter {
 public:
  ~LoadLoop() override = default;

  /// Connects ahead, waits until `go` says when to begin, and runs to the end. `go` is called once,
  /// when the connections stand, and returns the first moment at which a request may be due.
  LoopRecord Run(const std::function<Instant()>& go);

  /// Something in the course has changed: look. From any thread.
  void Wake() { reactor_->Wake(); }

 protected:
  LoadLoop(std::unique_ptr<net::Reactor> reactor, LoopContext context);

  /// Requests may be sent from `begin` on.
  virtual void Begin(Instant begin) = 0;
  /// The exchange has ended its request; it is in the log already.
  virtual void OnFree(Exchange& exchange) = 0;
  /// The course changed.
  virtual void OnCourse() {}
  /// Nothing will be sent any more and nothing is in flight.
  virtual bool Finished() const = 0;

  /// A new connection, not opened yet. `slot`: whose, or kUnknown.
  Exchange& AddExchange(std::int64_t slot);
  /// Sends the pipeline's next request with the given number.
  void Send(Exchange& exchange, PreparedRequest request, std::int64_t id, Instant intended,
            spec::Phase phase);
  /// Stops the loop if Finished().
  void MayFinish();

  net::Reactor& reactor() { return *reactor_; }
  const LoopContext& context() const { return context_; }
  Course& course() { return context_.course; }
  const std::vector<std::unique_ptr<Exchange>>& exchanges() const { return exchanges_; }
  std::int64_t in_flight() const { return in_flight_; }

 private:
  void OnTokens(std::int64_t tokens) override { tokens_ += tokens; }
  void ConnectAhead();
  void OnDone(Exchange& exchange);
  void Record(const Exchange& exchange);
  void MayAbort(const Exchange& exchange);
  void LookForStop();
  void Tick();
  void ShowProgress();
  void HandOver();
  void EndNow();

  std::unique_ptr<net::Reactor> reactor_;
  LoopContext context_;
  StreamReader reader_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  WireMarks fresh_marks_;                 // Of fresh_, with a wire tap.
  spec::RequestLog fresh_;                // Finished, not yet handed to the sink.
  std::vector<spec::RequestLog> pieces_;  // Handed over. Joined at the end: joining takes time.
  Instant last_hand_over_;
  std::int64_t in_flight_ = 0;
  std::int64_t tokens_ = 0;  // Since the last ShowProgress, as the next three.
  std::int64_t sent_ = 0;
  std::int64_t succeeded_ = 0;
  std::int64_t failed_ = 0;
  std::int64_t shown_in_flight_ = 0;
  bool ended_ = false;
};

}  // namespace roofscape::load
