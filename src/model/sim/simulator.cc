#include "model/sim/simulator.h"

#include <algorithm>
#include <cmath>

#include "base/core/check.h"

namespace roofscape::sim {
namespace {

constexpr auto kLater = [](const auto& a, const auto& b) {
  return a.time_ns != b.time_ns ? a.time_ns > b.time_ns : a.order > b.order;
};

std::int64_t Nanoseconds(double seconds) { return std::llround(seconds * 1e9); }

}  // namespace

Simulator::Simulator(const Cluster& cluster, std::uint64_t seed, Detail detail, Observer& observer)
    : cluster_(cluster), detail_(detail), observer_(observer) {
  RS_CHECK(static_cast<bool>(Validate(cluster)));
  MakeWorkers(cluster, seed, detail);
  for (const Failure& f : cluster.failures) {
    const auto worker = static_cast<std::uint32_t>(f.worker);
    Push(Nanoseconds(f.at_s), Kind::kFail, worker, 0);
    Push(Nanoseconds(f.at_s + f.lasts_s), Kind::kRecover, worker, 0);
  }
}

void Simulator::MakeWorkers(const Cluster& cluster, std::uint64_t seed, Detail detail) {
  const auto add = [&](const WorkerGroup& group, Role role) {
    StepTimer& timer = timers_.emplace_back(group.step, group.copies);
    WorkerOptions options;
    options.policy = cluster.policy;
    options.role = role;
    options.detail = detail;
    options.copies = group.copies;
    options.pool = {group.blocks, cluster.chunk_tokens / cluster.policy.block_tokens,
                    cluster.policy.prefix_cache && role != Role::kDecode, cluster.policy.eviction,
                    cluster.host_chunks};
    options.fixed_blocks = group.fixed_blocks;
    options.chunk_tokens = cluster.chunk_tokens;
    options.host_chunk_s = cluster.host_chunk_s;
    if (role != Role::kPrefill) options.acceptance = cluster.acceptance;
    for (std::int64_t i = 0; i < group.workers; ++i) {
      Place place;
      place.role = role;
      place.worker =
          std::make_unique<Worker>(options, table_, timer, Rng(seed).Fork(places_.size()));
      places_.push_back(std::move(place));
    }
  };
  if (cluster.prefill) add(*cluster.prefill, Role::kPrefill);
  add(cluster.serve, cluster.prefill ? Role::kDecode : Role::kServe);
}

void Simulator::Push(std::int64_t time_ns, Kind kind, std::uint32_t subject,
                     std::uint32_t version) {
  events_.push_back({time_ns, order_++, subject, version, kind});
  std::push_heap(events_.begin(), events_.end(), kLater);
}

Slot Simulator::AddRequest(const Ask& ask) {
  RS_CHECK(ask.at_ns >= now_ns_ && ask.input >= 1 && ask.output >= 1);
  const Slot slot = table_.Take();
  Sequence& s = table_[slot];
  s.id = ask.id;
  s.arrival_ns = ask.at_ns;
  s.input = s.prompt = ask.input;
  s.output = ask.output;
  s.tag = ask.tag;
  s.hashes.assign(ask.hashes.begin(), ask.hashes.end());
  Push(ask.at_ns + Nanoseconds(BeforeQueue(ask)), Kind::kEnqueue, slot, s.version);
  return slot;
}

double Simulator::BeforeQueue(const Ask& ask) {
  const auto workers = static_cast<double>(cluster_.serve.workers);
  const double others = static_cast<double>(table_.used() - 1) / workers;
  double seconds = cluster_.request_s + cluster_.prompt_token_s * static_cast<double>(ask.input) +
                   cluster_.front_s * others;
  const auto decoding = static_cast<std::int64_t>(others);
  if (cluster_.poll_steps > 0.0 && decoding > 0) {
    const double context = static_cast<double>(ask.input) + 0.5 * static_cast<double>(ask.output);
    seconds += cluster_.poll_steps * timers_.back().DecodeSeconds(decoding, context);
  }
  return seconds;
}

void Simulator::Cancel(Slot slot, std::int64_t id) {
  RS_CHECK(detail_ == Detail::kLive);
  Sequence& s = table_[slot];
  if (s.id != id || s.cancelled) return;
  if (s.stage == Stage::kUnborn) {
    if (std::erase(orphans_, slot) == 0) {
      s.cancelled = true;  // Its event gives the slot back.
      return;
    }
    if (s.sender_held > 0) CancelSending(slot);
  } else if (s.stage == Stage::kSending) {
    places_[s.worker].worker->Withdraw(slot);
    CancelSending(slot);
    Kick(s.worker);
  } else {
    places_[s.worker].worker->Drop(slot);
    Kick(s.worker);
  }
  table_.Give(slot);
}

void Simulator::CancelSending(Slot slot) {
  const std::uint32_t sender = table_[slot].sender;
  places_[sender].worker->Release(slot);
  Kick(sender);
}

std::optional<std::int64_t> Simulator::NextEvent() const {
  if (events_.empty()) return std::nullopt;
  return std::max(events_.front().time_ns, now_ns_);
}

void Simulator::Step() {
  RS_CHECK(!events_.empty());
  const Event event = events_.front();
  std::pop_heap(events_.begin(), events_.end(), kLater);
  events_.pop_back();
  now_ns_ = std::max(now_ns_, event.time_ns);
  Handle(event);
}

void Simulator::AdvanceTo(std::int64_t time_ns) {
  while (!events_.empty() && events_.front().time_ns <= time_ns) Step();
  now_ns_ = std::max(now_ns_, time_ns);
}

void Simulator::Handle(const Event& event) {
  switch (event.kind) {
    case Kind::kEnqueue: return Enqueue(event.subject);
    case Kind::kStepEnd:
      if (places_[event.subject].version != event.version) return;
      places_[event.subject].worker->End();
      Settle(event.subject);
      return Kick(event.subject);
    case Kind::kSent:
      if (table_[event.subject].version == event.version) Sent(event.subject);
      return;
    case Kind::kFail: return Fail(event.subject);
    case Kind::kRecover: return Recover(event.subject);
  }
}

std::optional<std::uint32_t> Simulator::Route(const Sequence& s, Role role) {
  std::optional<std::uint32_t> best;
  double best_cost = 0.0;
  const auto count = static_cast<std::uint32_t>(places_.size());
  const auto chunks = static_cast<std::size_t>(s.prompt / cluster_.chunk_tokens);
  const std::span prompt = std::span(s.hashes).first(std::min(s.hashes.size(), chunks));
  for (std::uint32_t i = 0; i < count; ++i) {
    // From where the last choice ended, so that equals take turns.
    const std::uint32_t at = (turn_ + i) % count;
    const Place& place = places_[at];
    if (!place.up || place.role != role) continue;
    double cost = 0.0;
    if (cluster_.routing != Routing::kRoundRobin) {
      cost = static_cast<double>(place.worker->load());
    }
    if (cluster_.routing == Routing::kPrefixAware && !prompt.empty()) {
      // A prompt that is cached whole makes up for as many requests as half a batch of ten.
      constexpr double kWorth = 5.0;
      const auto found = static_cast<double>(place.worker->pool().Find(prompt).chunks);
      cost -= kWorth * found / static_cast<double>(prompt.size());
    }
    if (!best || cost < best_cost) {
      best = at;
      best_cost = cost;
    }
  }
  if (best) turn_ = (*best + 1) % count;
  return best;
}

bool Simulator::Fits(std::int64_t tokens) const {
  // Workers of a role are alike, and the roles stand first and last.
  return places_.front().worker->Fits(tokens) && places_.back().worker->Fits(tokens);
}

std::optional<std::int64_t> Simulator::LongestPrompt() const {
  if (cluster_.policy.chunked) return std::nullopt;
  return cluster_.policy.token_budget;  // A prompt is computed by one copy of attention.
}

/// To where its prompt is computed.
void Simulator::Enqueue(Slot slot) {
  const Sequence& s = table_[slot];
  if (s.cancelled) return table_.Give(slot);
  const Role role = cluster_.prefill ? Role::kPrefill : Role::kServe;
  const bool prompt_long = s.input > LongestPrompt().value_or(s.input);
  if (prompt_long || !Fits(s.input + s.output)) return Refuse(slot, prompt_long);
  Assign(slot, role);
}

void Simulator::Assign(Slot slot, Role role) {
  Sequence& s = table_[slot];
  const auto worker = Route(s, role);
  if (!worker) {
    s.stage = Stage::kUnborn;
    orphans_.push_back(slot);
    return;
  }
  s.worker = *worker;
  Recut(*worker, places_[*worker].worker->Enqueue(slot, now_ns_));
  Kick(*worker);
}

void Simulator::Recut(std::uint32_t worker, std::optional<std::int64_t> end_ns) {
  if (end_ns) Push(*end_ns, Kind::kStepEnd, worker, ++places_[worker].version);
}

void Simulator::Kick(std::uint32_t worker) {
  Place& place = places_[worker];
  if (!place.up || place.worker->running()) return;
  const auto end_ns = place.worker->Begin(now_ns_);
  Settle(worker);
  if (end_ns) Push(*end_ns, Kind::kStepEnd, worker, ++place.version);
}

/// Takes what a step, or its planning, has brought.
void Simulator::Settle(std::uint32_t worker) {
  StepOutcome& out = places_[worker].worker->outcome();
  for (const Slot slot : out.spoke) {
    Sequence& s = table_[slot];
    observer_.OnTokens(s.id, s.events);
    s.events.clear();
  }
  for (const Slot slot : out.finished) Complete(slot);
  for (const Slot slot : out.prompts_done) HandOver(worker, slot);
  for (const Slot slot : out.receives) StartTransfer(slot);
  for (const Slot slot : out.homeless) {
    table_[slot].stage = Stage::kUnborn;
    Push(now_ns_, Kind::kEnqueue, slot, 0);
  }
  out.Clear();
}

void Simulator::HandOver(std::uint32_t worker, Slot slot) {
  Sequence& s = table_[slot];
  s.sender = worker;
  if (s.output - s.generated > 1) return Assign(slot, Role::kDecode);
  // Its only token came out of the prompt.
  places_[worker].worker->Release(slot);
  FirstToken(slot);
  Complete(slot);
}

/// Of a prompt whose cache was handed over.
void Simulator::FirstToken(Slot slot) {
  Sequence& s = table_[slot];
  ++s.generated;
  if (s.first_token_ns < 0) s.first_token_ns = now_ns_;
  if (detail_ != Detail::kRequests) s.events.push_back({now_ns_, 1});
  if (detail_ != Detail::kLive) return;
  observer_.OnTokens(s.id, s.events);
  s.events.clear();
}

void Simulator::StartTransfer(Slot slot) {
  const Sequence& s = table_[slot];
  Place& from = places_[s.sender];
  const std::int64_t begin = std::max(now_ns_, from.link_free_ns);
  from.link_free_ns =
      begin + Nanoseconds(cluster_.transfer_token_s * static_cast<double>(s.prompt));
  Push(from.link_free_ns + Nanoseconds(cluster_.transfer_s), Kind::kSent, slot, s.version);
}

void Simulator::Sent(Slot slot) {
  const Sequence& s = table_[slot];
  const std::uint32_t sender = s.sender;
  places_[sender].worker->Release(slot);
  FirstToken(slot);
  Recut(s.worker, places_[s.worker].worker->Receive(slot, now_ns_));
  Kick(s.worker);
  Kick(sender);
}

void Simulator::Complete(Slot slot) {
  Sequence& s = table_[slot];
  if (detail_ == Detail::kTokens) observer_.OnTokens(s.id, s.events);
  Completion done;
  done.id = s.id;
  done.arrival_ns = s.arrival_ns;
  done.admitted_ns = s.admitted_ns;
  done.first_token_ns = s.first_token_ns;
  done.end_ns = now_ns_;
  done.input = s.input;
  done.output = s.output;
  done.cached = s.cached;
  done.preemptions = s.preemptions;
  done.worker = s.worker;
  done.tag = s.tag;
  // Given back first: the observer may send the next request in it.
  table_.Give(slot);
  observer_.OnCompletion(done);
}

void Simulator::Refuse(Slot slot, bool prompt_long) {
  const Sequence& s = table_[slot];
  Completion done;
  done.id = s.id;
  done.arrival_ns = s.arrival_ns;
  done.end_ns = now_ns_;
  done.input = s.input;
  done.refused = true;
  done.prompt_long = prompt_long;
  done.tag = s.tag;
  table_.Give(slot);
  observer_.OnCompletion(done);
}

/// Forgets what workers held for it, to be computed again from its prompt and what came out.
void Simulator::Restart(Slot slot) {
  Sequence& s = table_[slot];
  s.held = s.sender_held = s.chunks = s.computed = 0;
  s.prompt = s.input + s.generated;
  ++s.preemptions;
  ++s.version;
  s.stage = Stage::kUnborn;
  Push(now_ns_, Kind::kEnqueue, slot, 0);
}

void Simulator::Fail(std::uint32_t worker) {
  Place& place = places_[worker];
  if (!place.up) return;
  place.up = false;
  ++place.version;
  place.worker->Fail(now_ns_);
  Settle(worker);
  // Whom it held, whose cache was coming to it, or whose cache it was to send.
  std::vector<Slot> kept;
  for (Slot slot = 0; slot < table_.slots(); ++slot) {
    Sequence& s = table_[slot];
    if (s.stage == Stage::kUnborn && !(s.sender_held > 0 && s.sender == worker)) continue;
    const bool sending = s.sender_held > 0;
    if (sending && s.sender == worker) {
      if (s.stage == Stage::kSending) places_[s.worker].worker->Withdraw(slot);
      std::erase(orphans_, slot);
      Restart(slot);
    } else if (s.worker == worker && sending) {
      s.held = 0;
      ++s.version;
      kept.push_back(slot);
    } else if (s.worker == worker) {
      Restart(slot);
    }
  }
  for (const Slot slot : kept) Assign(slot, Role::kDecode);
  // Withdrawals may have made room.
  for (std::uint32_t i = 0; i < places_.size(); ++i) Kick(i);
}

void Simulator::Recover(std::uint32_t worker) {
  places_[worker].up = true;
  const std::vector<Slot> orphans = std::exchange(orphans_, {});
  for (const Slot slot : orphans) {
    if (table_[slot].sender_held > 0) {
      Assign(slot, Role::kDecode);
    } else {
      Enqueue(slot);
    }
  }
}

Snapshot Simulator::Look() const {
  Snapshot now;
  now.time_ns = now_ns_;
  now.waiting = static_cast<std::int64_t>(orphans_.size());
  for (const Place& place : places_) {
    const Worker& w = *place.worker;
    now.waiting += w.waiting();
    now.admitted += w.admitted();
    now.decoding += w.decoding();
    now.used_blocks += w.pool().used();
    now.blocks += w.pool().blocks();
    now.preemptions += w.preemptions();
    now.steps += w.steps();
    now.mixed_steps += w.mixed_steps();
  }
  return now;
}

bool Simulator::Conserved() const {
  return std::all_of(places_.begin(), places_.end(),
                     [](const Place& p) { return p.worker->pool().Conserved(); });
}

bool Simulator::Empty() const {
  return std::all_of(places_.begin(), places_.end(), [](const Place& p) {
    return p.worker->pool().used() == 0 && p.worker->load() == 0;
  });
}

}  // namespace roofscape::sim
