// The steady state of a deployment under a given number of requests in flight, without simulating
// them: mean TTFT, mean TPOT and throughput by a fixed point of a few step times.
//
// A worker serves batches of `b` sequences; each needs one prefill for every `output` tokens, so
// decoding is delayed by b / output prefills a step (mixed or interleaved). Little's law gives the
// sequences that decode: b = admitted x output x TPOT / E2E. What does not fit into the cache
// waits.
//
// Templated on the scalar. No allocation. Thread safety: pure functions.

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "model/perf/forward.h"

namespace roofscape::perf {

/// What is asked of the deployment. Lengths are means of what is really sent.
struct Load {
  double concurrency = 1.0;
  double input = 1024.0;
  double output = 1024.0;
  double cached = 0.0;   // Of the input, found in the chips' own prefix cache,
  double fetched = 0.0;  // or read back from the host's memory.

  /// Prompt tokens that are computed.
  double Fresh() const { return input - cached - fetched; }
  /// Keys that each of them looks back at, in the mean.
  double Back() const { return 0.5 * (input + cached + fetched); }
};

/// Speculative decoding.
struct Speculation {
  double drafts = 0.0;             // Tokens drafted a step; 0: none.
  std::optional<double> accepted;  // Of these, in the mean; missing: the share that was fitted.
};

/// The workers of one role.
struct Pool {
  Lowered worker;
  double workers = 1.0;
};

struct Service {
  Machine machine;
  bool disaggregated = false;
  Pool serve;    // All of it, or the decoding side.
  Pool prefill;  // Where disaggregated.
  Speculation speculation;
  bool serial = false;           // One pass at a time, prompts alone: SerialPoint.
  double sequences = 0.0;        // That an engine takes at once at most, a group; 0: no limit.
  bool unlimited_cache = false;  // A layout that must have fitted, though its label says it cannot.
  double token_budget = 8192.0;  // Prompt tokens a step takes at most.
  PoolRule pool_rule = PoolRule::kOfAll;
  double host_bandwidth = 0.0;  // Bytes/s a chip, from the host's memory; for Load::fetched.
  bool prompts_first = false;   // Nobody decodes in a step that takes up prompts.
};

/// Sets what an engine does in its own way. REQUIRES: the pools are set.
inline void SetEngine(EngineClass engine, Service& service) {
  service.prompts_first = PromptsFirst(engine);
  service.pool_rule = PoolRuleOf(engine);
  service.serve.worker.graph_tokens = GraphTokensOf(engine);
  service.prefill.worker.graph_tokens = GraphTokensOf(engine);
}

/// Batches that a worker works on side by side: one a copy of attention and, in a pipeline, one a
/// stage, so that no stage waits. Each pass of a batch goes through all stages.
inline double Streams(const Lowered& worker) { return worker.layout.dp * worker.layout.pp; }

template <class T>
struct Point {
  T ttft = T(0.0);      // Mean, seconds.
  T tpot = T(0.0);      // Mean, seconds.
  T decoding = T(0.0);  // Sequences that decode in a group, in the mean.
  T admitted = T(0.0);  // Sequences that are in a group's cache at once.
};

/// Bytes of a chip for the cache, as an engine computes them; activations and graphs are about 3
/// GB. Never all there is, though rows with wrong labels say so.
template <class T>
T CacheBytes(const Machine& machine, const Lowered& worker, const T& share,
             PoolRule rule = PoolRule::kOfAll) {
  using std::min;
  constexpr double kActivationsAndGraphs = 3e9;
  constexpr double kMostShare = 0.98;
  const T at_most = min(share, T(kMostShare));
  const double others = worker.weight_bytes + kActivationsAndGraphs;
  if (rule == PoolRule::kOfFree) return at_most * (machine.memory - others);
  return machine.memory * at_most - others;
}

/// Of a worker of a deployment.
template <class T>
T CacheBytes(const Service& service, const Lowered& worker, const Coefficients<T>& c) {
  return CacheBytes(service.machine, worker, c[kMemoryShare], service.pool_rule);
}

/// Sequences of a load that fit into the cache for one batch (of an attention group; of a
/// pipeline's cache each stage's batch has its part); at least 1. A sequence grows from its input
/// to its whole length; in the mean it holds the middle.
template <class T>
T AdmittedSequences(const Service& service, const Coefficients<T>& c, const Load& load) {
  using std::max;
  using std::min;
  const Lowered& w = service.serve.worker;
  const double most = service.sequences > 0.0 ? service.sequences : 1e9;
  const double held = load.input + 0.5 * load.output;
  const double each =
      held * w.cache_bytes_per_token + w.windowed_bytes_per_sequence + w.recurrent.state_bytes;
  if (each <= 0.0 || service.unlimited_cache) return T(most);
  const T room = CacheBytes(service, w, c) / (each * w.layout.pp);
  return min(max(room, T(1.0)), T(most));
}

template <class T>
StepLoad<T> PromptLoad(const Load& load, double prompts) {
  StepLoad<T> step;
  step.prefill = T(load.Fresh() * prompts);
  step.pairs = T(load.Fresh() * load.Back() * prompts);
  return step;
}

/// `copies` of attention take up so many prompts each; 0: all of them.
template <class T>
T PrefillSeconds(const Machine& m, const Lowered& w, const Coefficients<T>& c, const Load& load,
                 double prompts, double copies = 0.0) {
  StepLoad<T> step = PromptLoad<T>(load, prompts);
  step.copies = T(copies);
  return Total(ForwardSeconds(m, w, c, step, true));
}

/// Until what lies in the host's memory is back in a chip's; steps go on meanwhile.
inline double FetchSeconds(const Service& s, const Lowered& w, const Load& load) {
  if (load.fetched <= 0.0) return 0.0;
  return load.fetched * w.cache_bytes_per_token / s.host_bandwidth;
}

/// The pass of one prompt. The copies of attention share experts: beside it there are those of the
/// other copies, of which a share `busy` has one at the time.
template <class T>
class LonePrompt {
 public:
  LonePrompt(const Machine& m, const Lowered& w, const Coefficients<T>& c, const Load& load)
      : alone_(PrefillSeconds(m, w, c, load, 1.0, 1.0)), all_(alone_) {
    if (w.layout.dp > 1.0) all_ = PrefillSeconds(m, w, c, load, 1.0);
  }

  T Seconds(const T& busy) const {
    using std::min;
    return alone_ + min(busy, T(1.0)) * (all_ - alone_);
  }

 private:
  T alone_;
  T all_;
};

/// Prompts of so many fresh tokens that share a step where several wait: up to the budget.
inline double PromptsAStep(double budget, double fresh, double waiting) {
  return std::clamp(budget / fresh, 1.0, std::max(waiting, 1.0));
}

template <class T>
StepLoad<T> DecodeLoad(const Service& s, const Load& load, const T& batch) {
  StepLoad<T> step;
  step.decode = batch;
  step.context = T(load.input + 0.5 * load.output);
  step.drafts = T(s.speculation.drafts);
  return step;
}

/// Of how many drafts alike to the first two so many are worth, since later ones are accepted less
/// and less: the median of 14 measured curves of 7 models with up to 8 drafts (InferenceX's golden
/// acceptance lengths, SPEED-Bench coding, 2026), each over its own two drafts. Between the curves
/// 8 drafts differ from 2.5 to 4.9.
inline double DraftsLikeTheFirst(double drafts) {
  constexpr std::array<double, 9> kWorth = {0.0, 1.13, 2.0, 2.64, 3.12, 3.42, 3.65, 3.76, 3.97};
  constexpr double kMost = kWorth.size() - 1.0;
  if (drafts >= kMost) return kWorth.back();
  const auto whole = static_cast<std::size_t>(std::max(drafts, 0.0));
  const double rest = std::max(drafts, 0.0) - static_cast<double>(whole);
  return kWorth[whole] + rest * (kWorth[whole + 1] - kWorth[whole]);
}

/// Tokens that a sequence gains a step.
template <class T>
T TokensAStep(const Service& s, const Coefficients<T>& c) {
  using std::min;
  if (s.speculation.accepted) return T(1.0 + *s.speculation.accepted);
  const double drafts = s.speculation.drafts;
  return 1.0 + min(DraftsLikeTheFirst(drafts) * c[kAcceptance], T(drafts));
}

/// Seconds that the prompts of `both` add to a step of its sequences that takes `step` without
/// them. Such a step reads the weights once for both; engines that stop decoding for a prefill pay
/// both in full. kMix is how much of the second an engine does; nothing of it where the step is
/// replayed from graphs.
template <class T>
T PromptsAdd(const Machine& m, const Lowered& w, const Coefficients<T>& c, const StepLoad<T>& both,
             const T& step) {
  const T shared = Total(ForwardSeconds(m, w, c, both, false)) - step;
  const T tokens = both.decode * (1.0 + both.drafts) + both.prefill;
  if (FromGraphs(w, tokens, /*prefills=*/true)) return shared;
  StepLoad<T> alone;
  alone.prefill = both.prefill;
  alone.pairs = both.pairs;
  const T apart = Total(ForwardSeconds(m, w, c, alone, true));
  const T beside = shared + c[kPrefillHost];
  return beside + c[kMix] * (apart - beside);
}

/// What prompts do to those that decode.
template <class T>
struct PromptSteps {
  T share = T(0.0);  // Of steps that take up prompts.
  T cost = T(0.0);   // Seconds that these take longer.
};

/// Prompts that come during one step share the next: of so many a step, arriving at random, a share
/// 1 - exp(-many) of steps has any.
template <class T>
PromptSteps<T> StepsWithPrompts(const Service& s, const Coefficients<T>& c, const Load& load,
                                const StepLoad<T>& decode, const T& step) {
  using std::exp;
  const T arriving = decode.decode * (load.Fresh() / load.output);  // Prompt tokens a step.
  PromptSteps<T> out;
  out.share = 1.0 - exp(-1.0 * arriving / std::min(load.Fresh(), s.token_budget));
  const T chunk = arriving / out.share;
  StepLoad<T> both = decode;
  both.prefill = chunk;
  both.pairs = chunk * load.Back();
  out.cost = PromptsAdd(s.machine, s.serve.worker, c, both, step);
  return out;
}

/// A prompt waits for the steps that run before the engine looks for new ones; those that decode
/// take part in its own pass, but where prompts go first. All requests are sent at once in the
/// beginning: a share kBurst of them waits for those before, a pass after the other.
template <class T>
Point<T> AggregatedPoint(const Service& s, const Coefficients<T>& c, const Load& load) {
  using std::max;
  using std::min;
  const Machine& m = s.machine;
  const Lowered& w = s.serve.worker;
  const double slots = std::max(load.concurrency / (s.serve.workers * Streams(w)), 1.0);
  const T admitted = min(T(slots), AdmittedSequences(s, c, load));
  const LonePrompt<T> prompt(m, w, c, load);
  const double together = PromptsAStep(s.token_budget, load.Fresh(), slots);
  const T each = PrefillSeconds(m, w, c, load, together) / together;
  const double passes = std::max(load.Fresh() / s.token_budget, 1.0);
  const double mixes = s.prompts_first ? 0.0 : passes;  // Steps of those that decode, in a pass.
  const double others = 1.0 - 1.0 / slots;              // Whoever is alone waits for nobody.
  const T gained = TokensAStep(s, c);
  const T before = c[kRequest] + c[kPromptToken] * load.input +
                   c[kFront] * (load.concurrency / s.serve.workers) + FetchSeconds(s, w, load);
  Point<T> p;
  p.admitted = admitted;
  p.decoding = admitted;
  const T waves = slots / admitted - 1.0;
  for (int i = 0; i < 4; ++i) {
    const StepLoad<T> decode = DecodeLoad(s, load, p.decoding);
    const T step = Total(ForwardSeconds(m, w, c, decode, false));
    const PromptSteps<T> prompts = StepsWithPrompts(s, c, load, decode, step);
    p.tpot = step / gained + prompts.share * prompts.cost;
    const T busy = min(each * p.decoding / (p.tpot * load.output), T(1.0));
    const T queue = c[kQueue] * busy * each;
    const T alone = prompt.Seconds(busy);
    const T inside = before + alone + (c[kPoll] + mixes) * step * others + queue;
    const T whole = inside + p.tpot * load.output;
    // Fewer decode while the first burst is taken in; who has no room yet holds up nobody.
    constexpr double kStepThen = 0.6;
    const T turn = 0.5 * c[kBurst] * (each + step * (kStepThen * mixes / together));
    p.ttft = inside + turn * (slots - 1.0) + whole * waves;
    p.decoding = admitted * load.output * p.tpot / (whole + turn * (admitted - 1.0));
  }
  return p;
}

/// An engine that does one pass at a time, and prompts by themselves: while one is taken in nobody
/// decodes, so that whoever is served decodes in nearly every step. In the time from one request of
/// a user to its next each user has one prompt, and each of the answer's tokens one step:
///
///   whole = output x step + users x prompt + request
///
/// A prompt waits for what runs when it comes (the mean residual), then shares a step with those
/// that decode and with the prompts that came meanwhile.
template <class T>
Point<T> SerialPoint(const Service& s, const Coefficients<T>& c, const Load& load) {
  using std::max;
  using std::min;
  const Lowered& w = s.serve.worker;
  const double slots = std::max(load.concurrency / (s.serve.workers * w.layout.dp), 1.0);
  const T users = min(T(slots), AdmittedSequences(s, c, load));
  const T prompt = PrefillSeconds(s.machine, w, c, load, 1.0);
  const T request = c[kRequest] + c[kPromptToken] * load.input;
  Point<T> p;
  p.admitted = users;
  // The first token comes with the prompt.
  p.decoding = max(users * (load.output / (load.output + 1.0)), T(1.0));
  const T step = Total(ForwardSeconds(s.machine, w, c, DecodeLoad(s, load, p.decoding), false)) /
                 TokensAStep(s, c);
  const T whole = load.output * step + users * prompt + request;
  const T others = max(users - 1.0, T(0.0));
  const T residual =
      others / users * (0.5 * load.output * step * step + 0.5 * others * prompt * prompt) / whole;
  const T together = others / whole * (2.0 * residual);  // Prompts of the same step.
  const T inside = request + residual + step * (others / users) + prompt * (1.0 + together);
  p.tpot = (whole - inside) / load.output;
  p.ttft = inside + whole * (slots / users - 1.0);
  return p;
}

template <class T>
Point<T> DisaggregatedPoint(const Service& s, const Coefficients<T>& c, const Load& load) {
  using std::max;
  using std::min;
  const Machine& m = s.machine;
  const Lowered& w = s.serve.worker;
  const Lowered& pw = s.prefill.worker;
  const double prefills = s.prefill.workers * Streams(pw);
  const double decodes = s.serve.workers * Streams(w);
  const LonePrompt<T> prompt(m, pw, c, load);
  const double together = PromptsAStep(s.token_budget, load.Fresh(), load.concurrency / prefills);
  const T each = PrefillSeconds(m, pw, c, load, together) / together;
  const T most = prefills / each;  // Requests a second that the prefill side can take.
  const T fits = AdmittedSequences(s, c, load);
  const T gained = TokensAStep(s, c);
  Point<T> p;
  p.admitted = fits;
  p.decoding = min(T(load.concurrency / decodes), fits);
  T busy = T(0.0);
  for (int i = 0; i < 6; ++i) {
    const T step = Total(ForwardSeconds(m, w, c, DecodeLoad(s, load, p.decoding), false));
    p.tpot = step / gained;
    const T decode = p.tpot * load.output;
    const T alone = prompt.Seconds(busy);
    const T served = c[kRequest] + c[kPromptToken] * load.input + c[kTransfer] +
                     FetchSeconds(s, pw, load) + alone;
    const T unlimited = load.concurrency / (served + decode);
    // Little's law with queues before the prefill side and for room in the decoding side's cache:
    // whichever binds, rounded at the corner.
    const T room = fits * decodes / decode;
    const T rate = 1.0 / SmoothMax(SmoothMax(1.0 / unlimited, 1.0 / most), 1.0 / room);
    busy = rate / most;
    const T waits = max(load.concurrency / rate - served - decode, T(0.0));
    const T burst = c[kBurst] * (0.5 * load.concurrency) / most;
    p.ttft = served + waits + burst;
    const T flying = rate * decode / decodes;
    p.decoding = min(0.5 * p.decoding + 0.5 * flying, fits);
  }
  return p;
}

template <class T>
Point<T> MeanField(const Service& s, const Coefficients<T>& c, const Load& load) {
  if (s.serial) return SerialPoint(s, c, load);
  return s.disaggregated ? DisaggregatedPoint(s, c, load) : AggregatedPoint(s, c, load);
}

}  // namespace roofscape::perf
