// What is asked of a simulated deployment: sources of requests, one at a time, so that memory stays
// flat however many there are.
//
// Deterministic by their seed. Thread safety: one thread.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/spec/request_log.h"
#include "domain/spec/workload.h"
#include "domain/workload/arrivals.h"
#include "domain/workload/prompt_source.h"
#include "domain/workload/trace.h"
#include "model/sim/simulator.h"

namespace roofscape::sim {

class RequestSource {
 public:
  virtual ~RequestSource() = default;
  /// The next request that need not wait for the end of another; missing: none, for now or for
  /// ever.
  virtual std::optional<Ask> Next() = 0;
  /// A request has ended, and its user is free at that time.
  virtual void OnEnd(const Completion&) {}
  /// Never has more to give than there are users: then all of it may be taken at once, and an
  /// earlier one need not wait behind a later one.
  virtual bool closed() const { return false; }
};

/// Users who send when their last answer has ended, all beginning at 0, until `requests` were sent.
/// With concurrency x 10 requests and lengths 0.8 to 1: the protocol of InferenceX.
class ClosedLoop final : public RequestSource {
 public:
  ClosedLoop(const spec::Workload& workload, std::int64_t concurrency, std::int64_t requests,
             std::uint64_t seed);
  std::optional<Ask> Next() override;
  void OnEnd(const Completion& completion) override;

 private:
  struct User {
    std::int64_t number = 0;
    std::int64_t free_ns = 0;
  };
  workload::PromptSource lengths_;
  std::vector<User> free_;  // Last in, first out: they are asked for as soon as they are free.
  std::int64_t requests_;
  std::int64_t sent_ = 0;
};

/// Requests that come when they come: at most `requests` of them, those before `duration_ns`; one
/// of the two must be given.
class OpenLoop final : public RequestSource {
 public:
  OpenLoop(const spec::Workload& workload, workload::ArrivalStream arrivals,
           std::optional<std::int64_t> requests, std::optional<std::int64_t> duration_ns,
           std::uint64_t seed);
  std::optional<Ask> Next() override;

 private:
  workload::PromptSource lengths_;
  workload::ArrivalStream arrivals_;
  std::optional<std::int64_t> requests_;
  std::optional<std::int64_t> duration_ns_;
  std::int64_t sent_ = 0;
};

/// A recorded trace, its times divided by `speed`. The trace must live as long.
class Replay final : public RequestSource {
 public:
  Replay(const workload::Trace& trace, double speed, std::optional<std::int64_t> requests);
  std::optional<Ask> Next() override;

 private:
  const workload::Trace& trace_;
  double speed_;
  std::size_t count_;
  std::size_t sent_ = 0;
};

/// The requests of a log once more, whatever answered them then: those of an open loop when they
/// were due, those of a closed one when the user's answer before has ended, users beginning as they
/// did; where the warm-up had drained before the first measured request, it does so again, and then
/// all begin at once. Without the server's counts of tokens it takes those that were asked for; a
/// request without a length at all is left out.
class RunReplay final : public RequestSource {
 public:
  /// `log` need not live on. Times count from its first request.
  RunReplay(const spec::RequestLog& log, bool closed);
  std::optional<Ask> Next() override;
  void OnEnd(const Completion& completion) override;
  bool closed() const override { return closed_; }

  std::int64_t requests() const { return static_cast<std::int64_t>(asks_.size()); }
  /// By Ask::id, which is a place in this list: the request's number and phase in the log.
  struct Origin {
    std::int64_t id = 0;
    spec::Phase phase = spec::Phase::kMeasure;
  };
  const std::vector<Origin>& origins() const { return origins_; }

 private:
  struct User {
    std::int64_t at_ns = 0;  // May send from then on.
    std::int64_t slot = 0;
  };
  void Ready(std::int64_t slot, std::int64_t at_ns);

  std::vector<Ask> asks_;  // In the order of the log.
  std::vector<Origin> origins_;
  bool closed_;
  std::size_t sent_ = 0;                         // Of an open loop.
  std::vector<std::vector<std::size_t>> lists_;  // Closed: of each user, last one first.
  std::vector<User> ready_;                      // A heap, soonest first.
  std::int64_t before_drain_ = 0;                // Warm-ups that must end before the others begin.
  std::vector<std::int64_t> held_;               // Users who wait for that.
};

}  // namespace roofscape::sim
