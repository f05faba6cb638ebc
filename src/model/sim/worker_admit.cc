// Who may run: admission, prompts of a step, room for what decodes.

#include <algorithm>
#include <cmath>

#include "base/core/check.h"
#include "model/sim/worker.h"

namespace roofscape::sim {

std::int64_t Worker::MaxSequences() const {
  return static_cast<std::int64_t>(static_cast<double>(options_.policy.max_sequences) *
                                   options_.copies);
}

std::int64_t Worker::BlocksOf(std::int64_t tokens) const {
  const std::int64_t block = options_.policy.block_tokens;
  return (tokens + block - 1) / block + options_.fixed_blocks;
}

bool Worker::Fits(std::int64_t tokens) const { return BlocksOf(tokens + 1) <= pool_.blocks(); }

/// The share of what decoding sequences will still make for which room is kept.
double Worker::EstimateAfter(std::int64_t steps) const {
  const EnginePolicy& policy = options_.policy;
  const double sinks =
      (policy.estimate_start - policy.estimate_least) / static_cast<double>(policy.estimate_steps);
  return std::max(policy.estimate_least,
                  estimate_ - sinks * static_cast<double>(estimate_age_ + steps));
}

void Worker::StartEstimate(double share) {
  estimate_ = share;
  estimate_age_ = 0;
}

/// Blocks beside a sequence's own that must be there before it is admitted so many steps later.
std::int64_t Worker::ReserveFor(const Sequence& s, std::int64_t steps) const {
  if (options_.policy.reserve != Reserve::kEstimate || options_.role == Role::kPrefill) return 0;
  const std::int64_t own = std::min(s.output - s.generated, options_.policy.estimate_most_tokens);
  const std::int64_t remaining = remaining_ - steps * decoding_.size();
  const double tokens =
      static_cast<double>(own + promised_) + EstimateAfter(steps) * static_cast<double>(remaining);
  return static_cast<std::int64_t>(tokens) / options_.policy.block_tokens;
}

/// Of so many decode steps, those until the first in the queue may be admitted. Only an estimate
/// that sinks lets it in before somebody leaves.
std::int64_t Worker::StepsUntilAdmitted(std::int64_t most) const {
  if (options_.policy.reserve != Reserve::kEstimate || waiting_.empty()) return most;
  if (admitted() >= MaxSequences()) return most;
  const Sequence& s = table_[waiting_.front()];
  const BlockPool::Match match = MatchOf(s);
  const std::int64_t own = BlocksOf(s.prompt + 1) - match.chunks * pool_.chunk_blocks();
  const std::int64_t room = pool_.Available() - match.idle * pool_.chunk_blocks();
  // Where decodes go first, their next step has its blocks before anybody is admitted.
  const bool after_growth = options_.role == Role::kDecode || !options_.policy.prompts_first;
  for (std::int64_t steps = 1; steps < most; ++steps) {
    const std::int64_t taken = GrowthOf(steps + (after_growth ? 1 : 0));
    if (own + ReserveFor(s, steps) <= room - taken) return steps;
  }
  return most;
}

/// What of a prompt is cached; at least one token is left to compute, for its output is needed.
BlockPool::Match Worker::MatchOf(const Sequence& s) const {
  if (options_.role == Role::kDecode || s.hashes.empty()) return {};
  const std::int64_t most = (s.prompt - 1) / options_.chunk_tokens;
  const std::size_t count = std::min(s.hashes.size(), static_cast<std::size_t>(most));
  return pool_.Find(std::span(s.hashes).first(count));
}

bool Worker::TryAdmit(Slot slot) {
  if (admitted() >= MaxSequences()) return false;
  Sequence& s = table_[slot];
  const BlockPool::Match match = MatchOf(s);
  const bool whole = options_.policy.reserve == Reserve::kFull && options_.role != Role::kPrefill;
  const std::int64_t own =
      BlocksOf((whole ? s.input + s.output : s.prompt) + 1) - match.chunks * pool_.chunk_blocks();
  const std::int64_t room = pool_.Available() - match.idle * pool_.chunk_blocks() - growth_;
  const std::int64_t reserve = admitted() == 0 ? 0 : ReserveFor(s, 0);
  if (own + reserve > room) return false;
  s.held = own;
  if (s.admitted_ns < 0) s.admitted_ns = begin_ns_;
  if (options_.role == Role::kDecode) {
    pool_.Take(own);
    return true;
  }
  s.chunks = match.chunks;
  pool_.Pin(std::span(s.hashes).first(static_cast<std::size_t>(s.chunks)));
  pool_.Take(own);
  s.computed = (match.chunks + match.host) * options_.chunk_tokens;
  if (s.preemptions == 0) s.cached = s.computed;
  host_s_ += static_cast<double>(match.host) * options_.host_chunk_s;
  promised_ += std::min(s.output - s.generated, options_.policy.estimate_most_tokens);
  s.stage = Stage::kPrefilling;
  return true;
}

/// kDecode: who may send its cache here.
void Worker::AdmitArrivals() {
  while (!waiting_.empty()) {
    const Slot slot = waiting_.front();
    if (!TryAdmit(slot)) {
      blocked_ = true;
      return;
    }
    waiting_.Remove(table_, slot);
    ++moving_;
    outcome_.receives.push_back(slot);
  }
}

void Worker::AddChunk(Slot slot, std::int64_t& budget) {
  const Sequence& s = table_[slot];
  std::int64_t tokens = s.prompt - s.computed;
  if (options_.policy.chunked) tokens = std::min(tokens, budget);
  chunks_.push_back({slot, tokens});
  budget -= tokens;
}

void Worker::PlanPrompts(std::int64_t budget) {
  for (Slot slot = prefilling_.front(); slot != kNoSlot && budget > 0; slot = table_[slot].next) {
    AddChunk(slot, budget);
  }
  if (preempted_) return;
  while (!waiting_.empty() && budget > 0) {
    const Slot slot = waiting_.front();
    // One that may not be cut waits for a step with room, or has it for itself.
    if (!options_.policy.chunked && !chunks_.empty() && table_[slot].prompt > budget) return;
    if (!TryAdmit(slot)) {
      blocked_ = true;
      return;
    }
    waiting_.Remove(table_, slot);
    prefilling_.PushBack(table_, slot);
    AddChunk(slot, budget);
  }
}

std::int64_t Worker::WantedWhenWalking(const Sequence& s) const {
  const auto most = static_cast<std::int64_t>(options_.acceptance.size()) + 1;
  const std::int64_t total = s.input + s.generated;
  const std::int64_t then = std::min(total + most, s.input + s.output + 1);
  const std::int64_t blocks = BlocksOf(then) - s.chunks * pool_.chunk_blocks();
  return std::max<std::int64_t>(blocks - s.held, 0);
}

std::int64_t Worker::GrowthOfNextStep() const {
  if (!Grows()) return 0;
  if (!Walks()) return GrowthOf(1);
  std::int64_t sum = 0;
  for (Slot slot = decoding_.front(); slot != kNoSlot; slot = table_[slot].next) {
    sum += WantedWhenWalking(table_[slot]);
  }
  return sum;
}

void Worker::TakeAhead() {
  for (Slot slot = decoding_.front(); slot != kNoSlot; slot = table_[slot].next) {
    Sequence& s = table_[slot];
    const std::int64_t wanted = WantedWhenWalking(s);
    pool_.Take(wanted);
    s.held += wanted;
  }
}

/// Drops sequences until what remains can take its next step.
void Worker::MakeRoom() {
  growth_ = GrowthOfNextStep();
  if (growth_ > pool_.Available() && options_.policy.reserve == Reserve::kEstimate) Retract();
  while (growth_ > pool_.Available()) {
    Preempt(Newest());
    growth_ = GrowthOfNextStep();
  }
  if (!Walks() || growth_ == 0) return;
  TakeAhead();
  growth_ = 0;
}

/// As SGLang does: until the others have room for some steps, of which the estimate is then made.
void Worker::Retract() {
  constexpr std::int64_t kSteps = 20;
  std::int64_t wanted = growth_;
  while (wanted > pool_.Available() && prefilling_.size() + decoding_.size() > 1) {
    Preempt(LeastDone());
    growth_ = GrowthOfNextStep();
    wanted = std::max(growth_, decoding_.size() * kSteps / options_.policy.block_tokens);
  }
  double made = static_cast<double>(decoding_.size() * kSteps);
  double all = 1.0;
  for (Slot slot = decoding_.front(); slot != kNoSlot; slot = table_[slot].next) {
    made += static_cast<double>(Generated(table_[slot]));
    all += static_cast<double>(table_[slot].output);
  }
  StartEstimate(std::min(made / all, 1.0));
}

void Worker::Unhold(Sequence& s) {
  pool_.Unpin(std::span(s.hashes).first(static_cast<std::size_t>(s.chunks)));
  pool_.Give(s.held);
  s.chunks = 0;
  s.held = 0;
}

Slot Worker::Newest() const { return prefilling_.empty() ? decoding_.back() : prefilling_.back(); }

/// Who has made least; of several the one with the longest prompt, then the newest.
Slot Worker::LeastDone() const {
  if (!prefilling_.empty()) return prefilling_.back();
  Slot least = decoding_.front();
  for (Slot slot = least; slot != kNoSlot; slot = table_[slot].next) {
    const std::int64_t less = Generated(table_[least]) - Generated(table_[slot]);
    if (less > 0 || (less == 0 && table_[slot].input >= table_[least].input)) least = slot;
  }
  return least;
}

/// Drops one that computes its prompt or decodes, to be computed again.
void Worker::Preempt(Slot slot) {
  RS_CHECK(slot != kNoSlot);
  Sequence& s = table_[slot];
  if (s.stage == Stage::kPrefilling) {
    prefilling_.Remove(table_, slot);
    promised_ -= std::min(s.output - s.generated, options_.policy.estimate_most_tokens);
  } else {
    StopDecoding(slot);
  }
  Unhold(s);
  s.prompt = s.input + s.generated;
  s.computed = 0;
  ++s.preemptions;
  ++preemptions_;
  preempted_ = true;
  s.stage = Stage::kWaiting;
  if (options_.role == Role::kDecode) {
    outcome_.homeless.push_back(slot);
  } else if (options_.policy.reserve == Reserve::kEstimate) {
    waiting_.PushBack(table_, slot);  // SGLang; the others let it go on first.
  } else {
    waiting_.PushFront(table_, slot);
  }
}

}  // namespace roofscape::sim
