// What is asked of a simulated deployment: sources of requests, one at a time, so that memory stays
// flat however many there are.
//
// Deterministic by their seed. Thread safety: one thread.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

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

/// Requests that come when they come: `requests` of them, or those before `duration_ns`.
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

}  // namespace roofscape::sim
