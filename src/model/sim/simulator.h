// An event simulator of a serving deployment: requests go in at virtual times, token times come
// out.
//
// An object without a clock: it stands at a virtual time and goes as far as it is told. A run over
// a whole workload (drive.h) and a server that is paced by it use the same calls:
//
//   Simulator sim(cluster, seed, Detail::kLive, observer);
//   sim.AddRequest({.id = 7, .at_ns = now, .input = 1024, .output = 128});
//   sim.AdvanceTo(now);             // what has happened by then is told to the observer
//   wait_until(sim.NextEvent());
//
// Deterministic by (cluster, seed, requests). After a warm-up no memory is taken: slots, heaps and
// lists are used again, so that it is flat in the number of requests. Thread safety: one thread;
// several simulators may run side by side.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "model/sim/cluster.h"
#include "model/sim/worker.h"

namespace roofscape::sim {

struct Ask {
  std::int64_t id = 0;     // Not negative.
  std::int64_t at_ns = 0;  // When it arrives; not before now.
  std::int64_t input = 1;  // Tokens.
  std::int64_t output = 1;
  /// Of its prompt's chunks of Cluster::chunk_tokens tokens, each standing for all up to its end;
  /// never 0. Where they go on behind the prompt they are of the answer, which is cached with it
  /// for whoever asks further. Copied.
  std::span<const std::uint64_t> hashes;
  std::int64_t tag = -1;  // The asker's own, given back at the end: a user of a closed loop.
};

/// A request that has ended.
struct Completion {
  std::int64_t id = 0;
  std::int64_t arrival_ns = 0;
  std::int64_t admitted_ns = -1;  // When a worker took it out of its queue for the first time.
  std::int64_t first_token_ns = -1;
  std::int64_t end_ns = 0;
  std::int64_t input = 0;
  std::int64_t output = 0;  // Tokens that came out: all, or 0 of one that was refused.
  std::int64_t cached = 0;  // Tokens of its prompt found in a cache.
  std::int64_t preemptions = 0;
  std::int64_t worker = 0;
  bool refused = false;      // It can never be served: larger than the cache of a worker, or
  bool prompt_long = false;  // its prompt is longer than a step takes, and may not be cut.
  std::int64_t tag = 0;
};

/// Whoever wants to know. Calls come in the order of time of what they tell.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Detail::kTokens: all tokens of a request, before OnCompletion. Detail::kLive: as they come.
  virtual void OnTokens(std::int64_t id, std::span<const TokenEvent> events) = 0;
  virtual void OnCompletion(const Completion& completion) = 0;
};

/// The state at one moment.
struct Snapshot {
  std::int64_t time_ns = 0;
  std::int64_t waiting = 0;   // Requests in queues.
  std::int64_t admitted = 0;  // In caches.
  std::int64_t decoding = 0;
  std::int64_t used_blocks = 0;  // As of each worker's last step.
  std::int64_t blocks = 0;       // Of all workers.
  std::int64_t preemptions = 0;  // Until now.
  std::int64_t steps = 0;        // In which somebody decoded, of all workers, until now.
  std::int64_t mixed_steps = 0;  // Of these, with prompts in them.
};

class Simulator {
 public:
  /// REQUIRES: Validate(cluster).
  Simulator(const Cluster& cluster, std::uint64_t seed, Detail detail, Observer& observer);

  /// Where it is kept until it ends. REQUIRES: ask.at_ns >= now(), input >= 1, output >= 1.
  /// OnCompletion may call it.
  Slot AddRequest(const Ask& ask);

  /// The asker of a request has left: it holds nothing any more, and nothing more is told of it.
  /// Where it has ended already, nothing happens. REQUIRES: Detail::kLive; not inside an Observer.
  void Cancel(Slot slot, std::int64_t id);

  /// Can a prompt with its answer, so many tokens, ever be served? Others are refused.
  bool Fits(std::int64_t tokens) const;
  /// Tokens of the longest prompt that is taken; missing: any that fits. An engine that computes
  /// prompts whole refuses one that is longer than a step.
  std::optional<std::int64_t> LongestPrompt() const;

  /// When something happens next; missing: nothing will.
  std::optional<std::int64_t> NextEvent() const;
  /// Does what happens next. REQUIRES: NextEvent().
  void Step();
  /// Does all that happens until then, and stands there.
  void AdvanceTo(std::int64_t time_ns);

  std::int64_t now() const { return now_ns_; }
  /// Requests that are in the deployment or on their way to it.
  std::int64_t in_flight() const { return static_cast<std::int64_t>(table_.used()); }
  Snapshot Look() const;
  /// Free, held and cached blocks add up in every worker.
  bool Conserved() const;
  /// No worker holds a block for anybody.
  bool Empty() const;

 private:
  enum class Kind : std::uint8_t { kEnqueue, kStepEnd, kSent, kFail, kRecover };
  struct Event {
    std::int64_t time_ns = 0;
    std::uint64_t order = 0;  // Of events at one time: as they were made.
    std::uint32_t subject = 0;
    std::uint32_t version = 0;
    Kind kind = Kind::kEnqueue;
  };
  struct Place {
    std::unique_ptr<Worker> worker;
    Role role = Role::kServe;
    std::uint32_t version = 0;  // Of the step that runs: a cut makes a new one.
    bool up = true;
    std::int64_t link_free_ns = 0;  // kPrefill: when its link is free again.
  };

  void MakeWorkers(const Cluster& cluster, std::uint64_t seed, Detail detail);
  void Push(std::int64_t time_ns, Kind kind, std::uint32_t subject, std::uint32_t version);
  void Handle(const Event& event);
  /// Seconds from the arrival of the newest request to the engine's queue.
  double BeforeQueue(const Ask& ask);
  void Enqueue(Slot slot);
  /// To a worker of a role; without one that is up it waits for one, its cache where it is.
  void Assign(Slot slot, Role role);
  std::optional<std::uint32_t> Route(const Sequence& s, Role role);
  void Kick(std::uint32_t worker);
  void Recut(std::uint32_t worker, std::optional<std::int64_t> end_ns);
  void Settle(std::uint32_t worker);
  void HandOver(std::uint32_t worker, Slot slot);
  void StartTransfer(Slot slot);
  void Sent(Slot slot);
  void Complete(Slot slot);
  void Refuse(Slot slot, bool prompt_long);
  void FirstToken(Slot slot);
  void Restart(Slot slot);
  void CancelSending(Slot slot);
  void Fail(std::uint32_t worker);
  void Recover(std::uint32_t worker);

  Cluster cluster_;
  Detail detail_;
  Observer& observer_;
  SequenceTable table_;
  std::deque<StepTimer> timers_;
  std::vector<Place> places_;
  std::vector<Event> events_;  // A heap.
  std::vector<Slot> orphans_;  // No worker of their role is up.
  std::uint64_t order_ = 0;
  std::int64_t now_ns_ = 0;
  std::uint32_t turn_ = 0;  // Of the round robin.
};

}  // namespace roofscape::sim
