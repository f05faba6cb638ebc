#include "model/sim/run.h"

#include "base/core/check.h"

namespace roofscape::sim {
namespace {

/// Stands between simulator and observer: counts, and frees users.
class Relay final : public Observer {
 public:
  Relay(RequestSource& source, Observer& observer) : source_(source), observer_(observer) {}

  void OnTokens(std::int64_t id, std::span<const TokenEvent> events) override {
    observer_.OnTokens(id, events);
  }

  void OnCompletion(const Completion& completion) override {
    ++end_.requests;
    if (completion.refused) ++end_.refused;
    observer_.OnCompletion(completion);
    source_.OnEnd(completion);
  }

  RunEnd& end() { return end_; }

 private:
  RequestSource& source_;
  Observer& observer_;
  RunEnd end_;
};

/// Lets a closed loop's free users send, and keeps an open loop's next request ahead.
class Feeder {
 public:
  Feeder(Simulator& simulator, RequestSource& source) : simulator_(simulator), source_(source) {}

  /// Whether the source has another, for now.
  bool Feed() {
    for (;;) {
      if (!next_) next_ = source_.Next();
      if (!next_) return false;
      const auto event_ns = simulator_.NextEvent();
      if (!source_.closed() && event_ns && next_->at_ns > *event_ns) return true;
      simulator_.AddRequest(*next_);
      next_.reset();
    }
  }

 private:
  Simulator& simulator_;
  RequestSource& source_;
  std::optional<Ask> next_;
};

}  // namespace

RunEnd RunWorkload(const Cluster& cluster, RequestSource& source, Observer& observer,
                   const RunOptions& options) {
  Relay relay(source, observer);
  Simulator simulator(cluster, options.seed, options.detail, relay);
  Feeder feeder(simulator, source);
  const bool samples = options.sample_ns && options.sample;
  std::int64_t sample_ns = 0;
  // Failures to come are events, too: the run ends with its last request.
  while (feeder.Feed() || simulator.in_flight() > 0) {
    const auto event_ns = simulator.NextEvent();
    RS_CHECK(event_ns.has_value());
    for (; samples && sample_ns <= *event_ns; sample_ns += *options.sample_ns) {
      Snapshot now = simulator.Look();
      now.time_ns = sample_ns;
      options.sample(now);
    }
    simulator.Step();
  }
  RS_CHECK(simulator.Conserved() && simulator.Empty());
  const Snapshot end = simulator.Look();
  relay.end().preemptions = end.preemptions;
  relay.end().steps = end.steps;
  relay.end().mixed_steps = end.mixed_steps;
  relay.end().end_ns = simulator.now();
  return relay.end();
}

}  // namespace roofscape::sim
