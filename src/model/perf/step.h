// The time of one forward pass of one worker: kernels by roofline with reached peaks and floors,
// experts by how many are touched, sums over the group, and what travels to experts. At full clock:
// forward.h has what a power cap takes.
//
// Templated on the scalar (scalar.h). No allocation. Thread safety: pure functions.

#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "model/perf/coefficients.h"
#include "model/perf/kernel_times.h"
#include "model/perf/lowered.h"
#include "model/perf/machine.h"
#include "model/perf/scalar.h"
#include "model/perf/travel.h"

namespace roofscape::perf {

/// What a pass computes, of one attention group.
template <class T>
struct StepLoad {
  T decode = T(0.0);   // Sequences that get their next token.
  T context = T(0.0);  // Keys each of them looks back at, in the mean.
  T drafts = T(0.0);   // Further tokens a sequence verified at once.
  T prefill = T(0.0);  // Prompt tokens.
  T pairs = T(0.0);    // (query, key) pairs of prompts.
  T copies = T(0.0);   // Of attention, that have such a load at once; 0: all of them.
};

/// Tokens that the experts get from all copies of attention.
template <class T>
T TokensOfAll(const Lowered& w, const StepLoad<T>& load, const T& tokens) {
  return ValueOf(load.copies) > 0.0 ? tokens * load.copies : tokens * w.layout.dp;
}

/// Where the time of a pass goes. The parts add up to the pass.
enum StepPart : std::size_t {
  kProductsPart,
  kAttentionPart,
  kExpertsPart,
  kRecurrentPart,
  kHeadPart,
  kSumsPart,    // All-reduces over the group.
  kTravelPart,  // Dispatch to experts and back; from stage to stage.
  kFloorsPart,  // Launches, and kernels too small to fill the chip.
  kHostPart,
  kStepParts,
};

template <class T>
using StepTimes = std::array<T, kStepParts>;

template <class T>
T Total(const StepTimes<T>& times) {
  T sum = times[0];
  for (std::size_t i = 1; i < kStepParts; ++i) sum = sum + times[i];
  return sum;
}

template <class T>
const T& ReachOf(const Coefficients<T>& c, Precision precision) {
  if (precision == Precision::kFp4) return c[kReachFp4];
  return precision == Precision::kFp8 ? c[kReachFp8] : c[kReachBf16];
}

/// Experts of one layer that `tokens` touch, if each chooses `top_k` alike: E (1 - (1 - k/E)^T).
template <class T>
T DistinctExperts(const Experts& e, const T& tokens) {
  using std::exp;
  const double none = std::log1p(-std::min(e.top_k / e.experts, 0.999));
  return e.experts * (1.0 - exp(tokens * none));
}

template <class T>
T ProductSeconds(const Machine& m, const Coefficients<T>& c, const Products& p, const T& tokens) {
  const T read = p.weight_bytes / (m.bandwidth * c[kWeightRead]);
  const T multiply =
      p.flop_per_token * tokens / (PeakFlops(m, p.precision) * ReachOf(c, p.precision));
  return SmoothMax(read, multiply);
}

template <class T>
T AttentionSeconds(const Machine& m, const Coefficients<T>& c, const Attention& a,
                   const StepLoad<T>& load) {
  using std::min;
  const T seen = a.window > 0.0 ? min(load.context, T(a.window)) : load.context;
  const T bytes = load.decode * (seen * a.bytes_per_context_token +
                                 load.context * a.index_bytes_per_context_token);
  const T queries = load.decode * (1.0 + load.drafts);
  const T flops =
      queries * (seen * a.flop_per_context_token + load.context * a.index_flop_per_context_token);
  const T& fraction = a.latent ? c[kLatentRead] : c[kCacheRead];
  const T decode = SmoothMax(bytes / (m.bandwidth * fraction),
                             flops / (PeakFlops(m, Precision::kBf16) * c[kReachBf16]));
  const T pairs = a.window > 0.0 ? min(load.pairs, load.prefill * a.window) : load.pairs;
  const T prefill_flops =
      pairs * a.prefill_flop_per_pair + load.pairs * a.index_flop_per_context_token;
  return decode + prefill_flops / (PeakFlops(m, Precision::kBf16) * c[kPrefillAttention]);
}

template <class T>
T ExpertSeconds(const Machine& m, const Coefficients<T>& c, const Lowered& w, const Experts& e,
                const T& tokens) {
  const double chips = w.layout.chips / w.layout.pp;
  const T distinct = DistinctExperts(e, tokens);
  const T read = e.layers * distinct * e.bytes_per_expert / chips / (m.bandwidth * c[kExpertRead]);
  const double flop_of_one = e.flop_per_token / e.top_k;
  const T rows = tokens * e.top_k + c[kExpertPad] * distinct;
  const T worst = 1.0 + c[kImbalance] * std::log2(std::max(w.layout.ep, 1.0));
  const T multiply =
      e.layers * flop_of_one / chips * rows * worst / (PeakFlops(m, e.precision) * c[kExpertReach]);
  return SmoothMax(read, multiply);
}

/// Attention by its curves: decoding, then prompts. Drafts verified at once read the cache once.
template <class T>
T CurveAttention(const Machine& m, const Coefficients<T>& c, const Attention& a,
                 const TimeGrid& decode, const TimeGrid& prefill, const StepLoad<T>& load) {
  using std::max;
  T seconds = T(0.0);
  if (ValueOf(load.decode) > 0.0) {
    const T& scale = a.latent ? c[kCurveLatent] : c[kCurveDecode];
    seconds += decode.At(load.decode, load.context) * scale;
  }
  if (ValueOf(load.prefill) > 0.0) {
    if (prefill.empty()) {
      StepLoad<T> prompts = load;
      prompts.decode = T(0.0);
      return seconds + AttentionSeconds(m, c, a, prompts);
    }
    // Prompts of one length: their pairs tell it.
    const T length = max(2.0 * load.pairs / load.prefill, T(1.0));
    const T sequences = load.prefill / length;
    seconds += sequences * prefill.At(sequences, length) * c[kCurvePrefill];
  }
  return seconds;
}

/// Norms, rotations, activations, quantisation: each reads or writes the tokens of a layer.
template <class T>
T PassesSeconds(const Machine& m, const Coefficients<T>& c, const Lowered& w, const T& tokens) {
  return tokens * (w.layers * w.hidden * 2.0 / m.bandwidth) * c[kPasses];
}

// Each part by its curve where there is one, else by its roofline.

template <class T>
T ProductsPart(const Machine& m, const Lowered& w, const Coefficients<T>& c, const T& tokens) {
  if (w.kernels && !w.kernels->products.empty()) {
    return w.kernels->products.At(tokens) * c[kCurveProducts];
  }
  T seconds = T(0.0);
  for (std::size_t i = 0; i < w.product_count; ++i) {
    seconds += ProductSeconds(m, c, w.products[i], tokens);
  }
  return seconds;
}

template <class T>
T HeadPart(const Machine& m, const Lowered& w, const Coefficients<T>& c, const T& tokens) {
  if (w.kernels && !w.kernels->head.empty()) {
    return w.kernels->head.At(tokens) * c[kCurveProducts];
  }
  return ProductSeconds(m, c, w.head, tokens);
}

template <class T>
T AttentionPart(const Machine& m, const Lowered& w, const Coefficients<T>& c,
                const StepLoad<T>& load) {
  T seconds = T(0.0);
  for (std::size_t i = 0; i < w.attention_count; ++i) {
    const bool measured = w.kernels && !w.kernels->decode[i].empty();
    seconds += measured ? CurveAttention(m, c, w.attentions[i], w.kernels->decode[i],
                                         w.kernels->prefill[i], load)
                        : AttentionSeconds(m, c, w.attentions[i], load);
  }
  return seconds;
}

/// `tokens`: of all copies of attention.
template <class T>
T ExpertsPart(const Machine& m, const Lowered& w, const Coefficients<T>& c, const T& tokens) {
  if (w.kernels && !w.kernels->experts.empty()) {
    const double doublings = std::log2(std::max(w.layout.ep, 1.0));
    const T worst = 1.0 + c[kImbalance] * doublings;
    return w.kernels->experts.At(tokens) * c[kCurveExperts] * worst;
  }
  T seconds = T(0.0);
  for (std::size_t i = 0; i < w.expert_count; ++i) {
    seconds += ExpertSeconds(m, c, w, w.experts[i], tokens);
  }
  return seconds;
}

template <class T>
T RecurrentPart(const Machine& m, const Lowered& w, const Coefficients<T>& c,
                const StepLoad<T>& load) {
  if (w.recurrent.kernels <= 0.0) return T(0.0);
  if (w.kernels && !w.kernels->recurrent_decode.empty() && !w.kernels->recurrent_prefill.empty()) {
    T seconds = T(0.0);
    if (ValueOf(load.decode) > 0.0) seconds += w.kernels->recurrent_decode.At(load.decode);
    if (ValueOf(load.prefill) > 0.0) seconds += w.kernels->recurrent_prefill.At(load.prefill);
    return seconds * c[kCurveRecurrent];
  }
  return load.decode * (2.0 * w.recurrent.state_bytes / m.bandwidth) / c[kStateRead] +
         load.prefill * w.recurrent.prefill_flop_per_token /
             (PeakFlops(m, Precision::kBf16) * c[kPrefillAttention]);
}

template <class T>
T SumsPart(const Machine& m, const Lowered& w, const Coefficients<T>& c, const T& tokens) {
  // Curves were measured behind switches.
  const bool measured = w.kernels && !w.kernels->sums.empty() && !LinksOf(m, w.group_chips);
  if (measured) return w.kernels->sums.At(tokens) * c[kCurveSums];
  return SumSeconds(m, c, w, tokens);
}

/// Launches a pass.
inline double KernelsOf(const Lowered& w) {
  double kernels = w.head.kernels + w.recurrent.kernels;
  for (std::size_t i = 0; i < w.product_count; ++i) kernels += w.products[i].kernels;
  for (std::size_t i = 0; i < w.attention_count; ++i) kernels += w.attentions[i].kernels;
  for (std::size_t i = 0; i < w.expert_count; ++i) kernels += 3.0 * w.experts[i].layers;
  return kernels;
}

/// What a decode step takes longer for its host: a start of its own, and where the bookkeeping of
/// all sequences, which engines do while the chip computes, takes longer than the chip.
template <class T>
T HostSeconds(const Machine& m, const Coefficients<T>& c, const StepLoad<T>& load, const T& chip) {
  const T sequences = c[kSequenceHost] * load.decode;
  if (!m.host_beside) return c[kStepHost] + sequences;
  return c[kStepHost] + SmoothMax(sequences, chip) - chip;
}

/// Is a pass replayed from graphs? Decode steps are, and where the engine captured them those with
/// few tokens of prompts.
template <class T>
bool FromGraphs(const Lowered& w, const T& tokens, bool prefills) {
  return !prefills || ValueOf(tokens) <= w.graph_tokens;
}

/// One pass of one batch, part after part.
template <class T>
StepTimes<T> OneBatchSeconds(const Machine& m, const Lowered& w, const Coefficients<T>& c,
                             const StepLoad<T>& load, bool prefills) {
  const T queries = load.decode * (1.0 + load.drafts);
  const T tokens = queries + load.prefill;
  StepTimes<T> times = {};
  times[kProductsPart] = ProductsPart(m, w, c, tokens);
  // Where products are a roofline, their fitted share of it holds what lies between them, too.
  if (w.kernels) times[kProductsPart] += PassesSeconds(m, c, w, tokens);
  times[kAttentionPart] = AttentionPart(m, w, c, load);
  times[kExpertsPart] = ExpertsPart(m, w, c, TokensOfAll(w, load, tokens));
  times[kRecurrentPart] = RecurrentPart(m, w, c, load);
  times[kHeadPart] = HeadPart(m, w, c, queries + 1.0);
  times[kSumsPart] = SumsPart(m, w, c, tokens);
  times[kTravelPart] = TravelSeconds(m, c, w, tokens) + StageSeconds(m, c, w, tokens);
  const bool graphs = FromGraphs(w, tokens, prefills);
  times[kFloorsPart] = (graphs ? c[kKernelFloor] : c[kPrefillFloor]) * KernelsOf(w);
  times[kHostPart] = graphs ? HostSeconds(m, c, load, Total(times)) : c[kPrefillHost];
  return times;
}

/// Two halves of the batch side by side: while tokens of one travel the other computes. Weights are
/// read twice for that.
template <class T>
StepTimes<T> TwoBatchSeconds(const Machine& m, const Lowered& w, const Coefficients<T>& c,
                             const StepLoad<T>& load, bool prefills) {
  using std::max;
  StepLoad<T> half = load;
  half.decode = load.decode * 0.5;
  half.prefill = load.prefill * 0.5;
  half.pairs = load.pairs * 0.5;
  StepTimes<T> times = OneBatchSeconds(m, w, c, half, prefills);
  const T computes = Total(times) - times[kTravelPart] - times[kHostPart];
  for (std::size_t i = 0; i < kHostPart; ++i) times[i] = times[i] * 2.0;
  times[kTravelPart] = max(times[kTravelPart] - computes * 2.0, T(0.0));
  if (!prefills) {
    times[kHostPart] = T(0.0);
    times[kHostPart] = HostSeconds(m, c, load, Total(times));
  }
  return times;
}

/// Adds what it takes to draft: for each drafted token of a sequence one layer more, like the mean
/// of the model's, and the head.
template <class T>
void AddDrafting(const Machine& m, const Lowered& w, const Coefficients<T>& c,
                 const StepLoad<T>& load, StepTimes<T>& times) {
  StepLoad<T> one = load;
  one.drafts = T(0.0);
  one.prefill = T(0.0);
  one.pairs = T(0.0);
  const StepTimes<T> draft = OneBatchSeconds(m, w, c, one, false);
  for (std::size_t i = 0; i < kHostPart; ++i) {
    const double share = i == kHeadPart ? 1.0 : 1.0 / w.layers;
    times[i] = times[i] + load.drafts * share * draft[i];
  }
}

/// One pass at full clock. `prefills`: launched kernel by kernel, as steps with prompts are.
template <class T>
StepTimes<T> FullClockSeconds(const Machine& m, const Lowered& w, const Coefficients<T>& c,
                              const StepLoad<T>& load, bool prefills) {
  const bool halves = w.travel.two_batches && w.layout.dp > 1.0;
  StepTimes<T> times =
      halves ? TwoBatchSeconds(m, w, c, load, prefills) : OneBatchSeconds(m, w, c, load, prefills);
  if (ValueOf(load.drafts) > 0.0 && ValueOf(load.decode) > 0.0) AddDrafting(m, w, c, load, times);
  return times;
}

}  // namespace roofscape::perf
