// One worker of a simulated deployment: a scheduler with its queue, its batch and its blocks, as
// the engine's policy says. Whoever owns it asks it to begin a step, tells it when the step has
// ended and takes what came out.
//
// A stretch of decode steps in which nothing can change (nobody finishes, nobody can be admitted)
// is one step to the owner. It is cut when a request arrives. Sequences that decode are not touched
// step by step: when each will finish stands in a heap, and of blocks only how many sequences need
// one in each step, modulo the block. With drafts, or where each token is to be told as it comes,
// every step visits every sequence.
//
// Copies of attention in one worker are taken as evenly loaded: one scheduler with as many times
// the room and the budget. Thread safety: one thread.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/core/rng.h"
#include "model/sim/block_pool.h"
#include "model/sim/engine_policy.h"
#include "model/sim/sequence.h"
#include "model/sim/step_history.h"
#include "model/sim/step_timer.h"

namespace roofscape::sim {

enum class Role {
  kServe,    // Computes prompts and decodes.
  kPrefill,  // Computes prompts and hands their cache over.
  kDecode,   // Takes caches over and decodes.
};

/// How much of what is asked for is told, and when.
enum class Detail {
  kRequests,  // First token and end of each request.
  kTokens,    // All token times, when the request has ended.
  kLive,      // Each token when it comes.
};

struct WorkerOptions {
  EnginePolicy policy;
  Role role = Role::kServe;
  Detail detail = Detail::kRequests;
  double copies = 1.0;  // Of attention.
  BlockPool::Options pool;
  std::int64_t fixed_blocks = 0;   // Of a sequence, however short: recurrent states, windows.
  std::int64_t chunk_tokens = 16;  // Of a hashed chunk of a prompt.
  double host_chunk_s = 0.0;       // To bring one back from host memory.
  /// Probability that draft i of a step is accepted if those before it were; empty: no drafts.
  std::vector<double> acceptance;
};

/// What a step did, by slot. Cleared by the owner.
struct StepOutcome {
  std::vector<Slot> prompts_done;  // kPrefill: their caches are to be sent.
  std::vector<Slot> spoke;         // kLive: with new tokens in `events`.
  std::vector<Slot> finished;      // All tokens are out, nothing is held any more.
  std::vector<Slot> homeless;      // kDecode: dropped, to be prefilled again.
  std::vector<Slot> receives;      // kDecode: admitted, its cache may come.
  void Clear();
};

class Worker {
 public:
  Worker(const WorkerOptions& options, SequenceTable& sequences, StepTimer& timer, Rng rng);

  /// Puts a request into the queue. While a stretch runs that it could cut, that is cut: the time
  /// at which the step now ends.
  std::optional<std::int64_t> Enqueue(Slot slot, std::int64_t now_ns);

  /// kDecode: the cache of an admitted sequence has come.
  std::optional<std::int64_t> Receive(Slot slot, std::int64_t now_ns);

  /// kPrefill: the cache has been sent.
  void Release(Slot slot);

  /// Begins a step if there is one to do: when it ends. REQUIRES: !running().
  std::optional<std::int64_t> Begin(std::int64_t now_ns);
  /// REQUIRES: running(); now is its end.
  void End();

  /// The worker fails: what has come out is out; it holds nothing any more. Sequences that it held
  /// have what they made in `generated`, and must be put elsewhere by the owner.
  void Fail(std::int64_t now_ns);
  /// kDecode: a sequence whose cache will never come leaves.
  void Withdraw(Slot slot);
  /// One that waits, computes its prompt or decodes here leaves, in the middle of a step if one
  /// runs, which takes as long as it would have. REQUIRES: Detail::kLive.
  void Drop(Slot slot);

  bool running() const { return running_; }
  StepOutcome& outcome() { return outcome_; }
  std::int64_t waiting() const { return waiting_.size(); }
  std::int64_t admitted() const { return prefilling_.size() + decoding_.size() + moving_; }
  std::int64_t decoding() const { return decoding_.size(); }
  std::int64_t load() const { return waiting() + admitted(); }
  std::int64_t steps() const { return step_; }
  /// Of these steps, those that took up prompts, too.
  std::int64_t mixed_steps() const { return mixed_steps_; }
  std::int64_t preemptions() const { return preemptions_; }
  const BlockPool& pool() const { return pool_; }
  /// Can a request of so many tokens ever be served?
  bool Fits(std::int64_t tokens) const;

 private:
  struct Chunk {
    Slot slot = kNoSlot;
    std::int64_t tokens = 0;
  };
  struct Finish {
    std::int64_t step = 0;
    Slot slot = kNoSlot;
    std::uint32_t version = 0;
  };

  bool Walks() const { return !options_.acceptance.empty() || options_.detail == Detail::kLive; }
  bool Grows() const { return options_.policy.reserve != Reserve::kFull; }
  std::int64_t BlocksOf(std::int64_t tokens) const;
  std::int64_t Generated(const Sequence& s) const { return s.generated + step_ - s.start_step; }
  std::size_t PhaseOf(const Sequence& s) const;

  // worker_admit.cc: who may run.
  void AdmitArrivals();
  void PlanPrompts(std::int64_t budget);
  void AddChunk(Slot slot, std::int64_t& budget);
  bool TryAdmit(Slot slot);
  BlockPool::Match MatchOf(const Sequence& s) const;
  std::int64_t ReserveFor(const Sequence& s, std::int64_t steps) const;
  double EstimateAfter(std::int64_t steps) const;
  void StartEstimate(double share);
  std::int64_t StepsUntilAdmitted(std::int64_t most) const;
  void MakeRoom();
  std::int64_t GrowthOfNextStep() const;
  void TakeAhead();
  void Preempt(Slot slot);
  Slot Newest() const;
  Slot LeastDone() const;
  void Retract();
  void Unhold(Sequence& s);
  std::int64_t MaxSequences() const;

  // worker.cc: what a step takes and does.
  std::int64_t StepsToJump();
  void SetStretch(std::int64_t now_ns, std::int64_t steps, double first_s, double last_s);
  std::optional<std::int64_t> Cut(std::int64_t now_ns);
  double PromptSeconds();
  std::int64_t GrowthOf(std::int64_t steps) const;
  void FinishDecodes();
  void WalkDecodes(std::int64_t now_ns);
  std::int64_t DrawTokens(std::int64_t most);
  void FinishPrompts(std::int64_t now_ns);
  void ShareChunks(Sequence& s, std::int64_t tokens);
  void StartDecoding(Slot slot);
  void StopDecoding(Slot slot);
  void FinishSequence(Slot slot);
  void FlushTokens(Sequence& s);
  std::int64_t WantedWhenWalking(const Sequence& s) const;

  WorkerOptions options_;
  SequenceTable& table_;
  StepTimer& timer_;
  Rng rng_;
  BlockPool pool_;
  StepHistory history_;
  StepOutcome outcome_;

  SequenceList waiting_;
  SequenceList prefilling_;
  SequenceList decoding_;      // In the order in which they began to decode.
  std::vector<Slot> arrived_;  // Received, to decode from the next step on.
  std::int64_t moving_ = 0;    // Admitted, their cache on its way or not yet gone.

  std::int64_t step_ = 0;             // Decode steps done.
  std::int64_t mixed_steps_ = 0;      // Of these, with prompts in them.
  std::int64_t context_ = 0;          // Tokens of all that decode.
  std::int64_t remaining_ = 0;        // Tokens that they will still make.
  std::vector<std::int64_t> phases_;  // Sequences that need a block in a step, modulo the block.
  std::vector<Finish> finishes_;      // A heap, soonest first; may hold some that are gone.
  std::vector<Chunk> chunks_;         // Of the step that runs.
  Stretch stretch_;                   // The step that runs; steps 0: prompts alone.
  std::int64_t begin_ns_ = 0;         // When it began.
  std::int64_t end_ns_ = 0;           // When it ends.
  double estimate_;                   // kEstimate: the share, so many decode steps ago.
  std::int64_t estimate_age_ = 0;
  double host_s_ = 0.0;  // Transfers from host memory of the step being planned.
  std::int64_t preemptions_ = 0;
  std::int64_t growth_ = 0;    // Blocks that decodes take in the step being planned.
  std::int64_t promised_ = 0;  // kEstimate: tokens counted for those that are prefilling.
  bool running_ = false;
  bool blocked_ = false;    // The first in the queue cannot be admitted until somebody leaves.
  bool preempted_ = false;  // In the step being planned.
};

}  // namespace roofscape::sim
