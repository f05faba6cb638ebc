#include "model/sim/worker.h"

#include <algorithm>
#include <cmath>

#include "base/core/check.h"

namespace roofscape::sim {
namespace {

constexpr auto kLater = [](const auto& a, const auto& b) { return a.step > b.step; };

// A jump goes no further than the context grows by this share, over which a step's time is linear.
constexpr std::int64_t kJumpShare = 8;
constexpr std::int64_t kShortJump = 32;  // Whatever the context.
constexpr std::int64_t kLongestJump = 4096;

}  // namespace

void StepOutcome::Clear() {
  prompts_done.clear();
  spoke.clear();
  finished.clear();
  homeless.clear();
  receives.clear();
}

Worker::Worker(const WorkerOptions& options, SequenceTable& sequences, StepTimer& timer, Rng rng)
    : options_(options),
      table_(sequences),
      timer_(timer),
      rng_(rng),
      pool_(options.pool),
      phases_(static_cast<std::size_t>(options.policy.block_tokens)),
      estimate_(options.policy.estimate_start) {}

std::optional<std::int64_t> Worker::Enqueue(Slot slot, std::int64_t now_ns) {
  const bool first = waiting_.empty();
  table_[slot].stage = options_.role == Role::kDecode ? Stage::kSending : Stage::kWaiting;
  waiting_.PushBack(table_, slot);
  // Behind another that waits, or with a full batch, nothing changes before somebody leaves.
  if (!first || admitted() >= MaxSequences()) return std::nullopt;
  return Cut(now_ns);
}

std::optional<std::int64_t> Worker::Receive(Slot slot, std::int64_t now_ns) {
  --moving_;
  table_[slot].stage = Stage::kDecoding;
  arrived_.push_back(slot);
  return Cut(now_ns);
}

void Worker::Release(Slot slot) {
  Sequence& s = table_[slot];
  pool_.Unpin(std::span(s.hashes).first(static_cast<std::size_t>(s.chunks)));
  pool_.Give(s.sender_held);
  s.chunks = 0;
  s.sender_held = 0;
  --moving_;
}

void Worker::Withdraw(Slot slot) {
  Sequence& s = table_[slot];
  if (s.held == 0) {
    waiting_.Remove(table_, slot);
    return;
  }
  pool_.Give(s.held);
  s.held = 0;
  --moving_;
}

void Worker::Drop(Slot slot) {
  RS_CHECK(options_.detail == Detail::kLive);
  Sequence& s = table_[slot];
  switch (s.stage) {
    case Stage::kWaiting: waiting_.Remove(table_, slot); return;
    case Stage::kPrefilling:
      prefilling_.Remove(table_, slot);
      std::erase_if(chunks_, [slot](const Chunk& chunk) { return chunk.slot == slot; });
      promised_ -= std::min(s.output - s.generated, options_.policy.estimate_most_tokens);
      break;
    case Stage::kDecoding:
      if (std::erase(arrived_, slot) == 0) StopDecoding(slot);
      break;
    case Stage::kUnborn:
    case Stage::kSending: RS_CHECK(false);
  }
  Unhold(s);
}

std::optional<std::int64_t> Worker::Begin(std::int64_t now_ns) {
  RS_CHECK(!running_);
  begin_ns_ = now_ns;
  for (const Slot slot : arrived_) StartDecoding(slot);
  arrived_.clear();
  chunks_.clear();
  host_s_ = 0.0;
  growth_ = 0;
  blocked_ = preempted_ = false;
  const EnginePolicy& policy = options_.policy;
  const auto budget =
      static_cast<std::int64_t>(static_cast<double>(policy.token_budget) * options_.copies);
  if (options_.role != Role::kDecode && policy.prompts_first) PlanPrompts(budget);
  if (chunks_.empty() && !decoding_.empty()) MakeRoom();
  if (options_.role == Role::kDecode) {
    AdmitArrivals();
  } else if (!policy.prompts_first) {
    const auto each = static_cast<std::int64_t>(options_.acceptance.size()) + 1;
    PlanPrompts(budget - decoding_.size() * each);
  }
  if (!chunks_.empty()) {
    const double seconds = PromptSeconds();
    if (!policy.prompts_first && !decoding_.empty()) ++mixed_steps_;
    SetStretch(now_ns, policy.prompts_first || decoding_.empty() ? 0 : 1, seconds, seconds);
    return end_ns_;
  }
  if (decoding_.empty()) {
    if (waiting_.empty()) StartEstimate(policy.estimate_start);  // Idle.
    return std::nullopt;
  }
  const std::int64_t batch = decoding_.size();
  const double context = static_cast<double>(context_) / static_cast<double>(batch);
  const std::int64_t steps = StepsToJump();
  const double first = timer_.DecodeSeconds(batch, context);
  const double last =
      steps == 1 ? first : timer_.DecodeSeconds(batch, context + static_cast<double>(steps - 1));
  SetStretch(now_ns, steps, first, last);
  return end_ns_;
}

/// Of a step with prompts in it.
double Worker::PromptSeconds() {
  double prefill = 0.0;
  double pairs = 0.0;
  for (const Chunk& chunk : chunks_) {
    const auto tokens = static_cast<double>(chunk.tokens);
    prefill += tokens;
    pairs += tokens * (static_cast<double>(table_[chunk.slot].computed) + 0.5 * tokens);
  }
  const std::int64_t batch = decoding_.size();
  const double context =
      batch == 0 ? 0.0 : static_cast<double>(context_) / static_cast<double>(batch);
  double seconds = host_s_ + timer_.PromptSeconds(batch, context, prefill, pairs);
  if (batch > 0 && !options_.policy.prompts_first) {
    seconds += timer_.DecodeSeconds(batch, context);
  }
  return seconds;
}

void Worker::SetStretch(std::int64_t now_ns, std::int64_t steps, double first_s, double last_s) {
  stretch_ = {step_, steps, now_ns, first_s * 1e9, 0.0};
  if (steps > 1) stretch_.grows_ns = (last_s - first_s) * 1e9 / static_cast<double>(steps - 1);
  end_ns_ = std::max(stretch_.EndOf(std::max<std::int64_t>(steps, 1)), now_ns + 1);
  running_ = true;
}

std::int64_t Worker::GrowthOf(std::int64_t steps) const {
  const auto block = static_cast<std::int64_t>(phases_.size());
  std::int64_t sum = steps / block * decoding_.size();
  for (std::int64_t j = steps / block * block; j < steps; ++j) {
    sum += phases_[static_cast<std::size_t>((step_ + j) % block)];
  }
  return sum;
}

std::int64_t Worker::StepsToJump() {
  if (Walks() || preempted_ || (!waiting_.empty() && !blocked_)) return 1;
  const auto gone = [this](const Finish& f) {
    const Sequence& s = table_[f.slot];
    return s.version != f.version || s.stage != Stage::kDecoding;
  };
  while (gone(finishes_.front())) {
    std::pop_heap(finishes_.begin(), finishes_.end(), kLater);
    finishes_.pop_back();
  }
  std::int64_t steps = finishes_.front().step - step_;
  steps = std::min(steps, std::max(context_ / decoding_.size() / kJumpShare, kShortJump));
  steps = std::min(steps, kLongestJump);
  if (!Grows()) return steps;
  const std::int64_t room = pool_.Available();
  while (steps > 1 && GrowthOf(steps) > room) steps = (steps + 1) / 2;
  return StepsUntilAdmitted(steps);
}

std::optional<std::int64_t> Worker::Cut(std::int64_t now_ns) {
  if (!running_ || stretch_.steps <= 1) return std::nullopt;
  std::int64_t steps = stretch_.DoneAt(now_ns);
  if (steps == 0 || stretch_.EndOf(steps) < now_ns) ++steps;
  if (steps >= stretch_.steps) return std::nullopt;
  stretch_.steps = steps;
  end_ns_ = stretch_.EndOf(steps);
  return end_ns_;
}

void Worker::End() {
  RS_CHECK(running_);
  running_ = false;
  if (stretch_.steps > 0 && Walks()) {
    WalkDecodes(end_ns_);
  } else if (stretch_.steps > 0) {
    FinishDecodes();
  }
  FinishPrompts(end_ns_);
}

void Worker::FinishDecodes() {
  const std::int64_t steps = stretch_.steps;
  if (Grows()) pool_.Take(GrowthOf(steps));
  step_ += steps;
  context_ += steps * decoding_.size();
  remaining_ -= steps * decoding_.size();
  estimate_age_ += steps;
  if (options_.detail != Detail::kRequests) history_.Add(stretch_);
  while (!finishes_.empty() && finishes_.front().step <= step_) {
    const Finish f = finishes_.front();
    std::pop_heap(finishes_.begin(), finishes_.end(), kLater);
    finishes_.pop_back();
    const Sequence& s = table_[f.slot];
    if (s.version == f.version && s.stage == Stage::kDecoding) FinishSequence(f.slot);
  }
  if (options_.detail != Detail::kRequests) {
    history_.ForgetBefore(decoding_.empty() ? step_ : table_[decoding_.front()].start_step);
  }
}

std::int64_t Worker::DrawTokens(std::int64_t most) {
  std::int64_t tokens = 1;
  for (const double accepted : options_.acceptance) {
    if (tokens >= most || rng_.Uniform() >= accepted) break;
    ++tokens;
  }
  return tokens;
}

void Worker::WalkDecodes(std::int64_t now_ns) {
  ++step_;
  ++estimate_age_;
  for (Slot slot = decoding_.front(); slot != kNoSlot;) {
    Sequence& s = table_[slot];
    const Slot next = s.next;
    const std::int64_t tokens = DrawTokens(s.output - s.generated);
    s.generated += tokens;
    s.start_step = step_;
    context_ += tokens;
    remaining_ -= tokens;
    if (options_.detail != Detail::kRequests) {
      s.events.push_back({now_ns, static_cast<std::int32_t>(tokens)});
    }
    if (options_.detail == Detail::kLive) outcome_.spoke.push_back(slot);
    if (s.generated >= s.output) FinishSequence(slot);
    slot = next;
  }
}

/// Gives chunks of its first `tokens` to the prefix cache.
void Worker::ShareChunks(Sequence& s, std::int64_t tokens) {
  if (!options_.pool.prefix_cache) return;
  const std::int64_t whole =
      std::min(static_cast<std::int64_t>(s.hashes.size()), tokens / options_.chunk_tokens);
  for (; s.chunks < whole; ++s.chunks) {
    const auto i = static_cast<std::size_t>(s.chunks);
    if (!pool_.Share(s.hashes[i], i == 0 ? 0 : s.hashes[i - 1])) return;
    s.held -= pool_.chunk_blocks();
  }
}

void Worker::FinishPrompts(std::int64_t now_ns) {
  for (const Chunk& chunk : chunks_) {
    Sequence& s = table_[chunk.slot];
    s.computed += chunk.tokens;
    if (s.computed < s.prompt) continue;
    ShareChunks(s, s.prompt);
    prefilling_.Remove(table_, chunk.slot);
    promised_ -= std::min(s.output - s.generated, options_.policy.estimate_most_tokens);
    if (options_.role == Role::kPrefill) {
      s.stage = Stage::kSending;
      s.sender_held = s.held;
      s.held = 0;
      ++moving_;
      outcome_.prompts_done.push_back(chunk.slot);
      continue;
    }
    ++s.generated;
    if (s.first_token_ns < 0) s.first_token_ns = now_ns;
    if (options_.detail != Detail::kRequests) s.events.push_back({now_ns, 1});
    if (options_.detail == Detail::kLive) outcome_.spoke.push_back(chunk.slot);
    if (s.generated < s.output) {
      StartDecoding(chunk.slot);
    } else {
      Unhold(s);
      outcome_.finished.push_back(chunk.slot);
    }
  }
  chunks_.clear();
}

std::size_t Worker::PhaseOf(const Sequence& s) const {
  const auto block = static_cast<std::int64_t>(phases_.size());
  const std::int64_t total = s.input + Generated(s);
  return static_cast<std::size_t>((step_ + (block - total % block) % block) % block);
}

void Worker::StartDecoding(Slot slot) {
  Sequence& s = table_[slot];
  s.stage = Stage::kDecoding;
  s.start_step = step_;
  s.finish_step = step_ + s.output - s.generated;
  decoding_.PushBack(table_, slot);
  context_ += s.input + s.generated;
  remaining_ += s.output - s.generated;
  if (Walks()) return;
  ++phases_[PhaseOf(s)];
  finishes_.push_back({s.finish_step, slot, s.version});
  std::push_heap(finishes_.begin(), finishes_.end(), kLater);
}

void Worker::StopDecoding(Slot slot) {
  Sequence& s = table_[slot];
  const std::int64_t generated = Generated(s);
  context_ -= s.input + generated;
  remaining_ -= s.output - generated;
  if (!Walks()) {
    --phases_[PhaseOf(s)];
    if (Grows()) {
      s.held = BlocksOf(s.input + generated) - s.chunks * pool_.chunk_blocks();
    }
    FlushTokens(s);
  }
  s.generated = generated;
  s.start_step = step_;
  ++s.version;
  decoding_.Remove(table_, slot);
}

void Worker::FlushTokens(Sequence& s) {
  if (options_.detail != Detail::kTokens || step_ == s.start_step) return;
  history_.EndsOf(s.start_step, step_,
                  [&s](std::int64_t time_ns) { s.events.push_back({time_ns, 1}); });
}

void Worker::FinishSequence(Slot slot) {
  StopDecoding(slot);
  Sequence& s = table_[slot];
  ShareChunks(s, s.input + s.generated - 1);  // The last token was never read.
  Unhold(s);
  outcome_.finished.push_back(slot);
}

void Worker::Fail(std::int64_t now_ns) {
  if (running_ && stretch_.steps > 0) {
    if (Walks()) {
      if (end_ns_ <= now_ns) WalkDecodes(end_ns_);
    } else {
      stretch_.steps = stretch_.DoneAt(now_ns);
      if (stretch_.steps > 0) FinishDecodes();
    }
  }
  running_ = false;
  chunks_.clear();
  arrived_.clear();
  while (!decoding_.empty()) StopDecoding(decoding_.front());
  while (!prefilling_.empty()) prefilling_.PopFront(table_);
  while (!waiting_.empty()) waiting_.PopFront(table_);
  finishes_.clear();
  pool_.Reset();
  moving_ = promised_ = 0;
}

}  // namespace roofscape::sim
