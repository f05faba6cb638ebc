// What a chip draws in a pass: the utilisation of its compute, memory and links, over what its
// maker says it draws at most.
//
//   W = TDP x min(1, idle + (active - idle) x busy + sum of share x utilisation)
//
// busy: the share of time in which kernels run, not launches or the host; utilisation: what a pass
// multiplies, reads and sends, each over the peak of that part, a second of wall time. The shares
// are measured on isolated kernels (docs/concepts/performance-model.md, "Power"): with nothing but
// them the chip is at its idle share while the host works, at its active share while a kernel runs
// that uses nothing.
//
// Boundary: the chip itself ("device" of docs/reference/metrics.md). Templated on the scalar. No
// allocation. Thread safety: pure functions.

#pragma once

#include <algorithm>
#include <array>

#include "model/perf/step.h"

namespace roofscape::perf {

/// Shares of a chip's TDP.
struct PowerShares {
  double idle = 0.19;
  double active = 0.575;
  std::array<double, kPrecisions> compute = {0.34, 0.20, 0.41};  // At the peak, by precision.
  double memory = 0.20;
  double link = 0.10;
};

/// Seconds for which a pass would keep each part of a chip busy at its peak.
template <class T>
struct Work {
  std::array<T, kPrecisions> compute = {T(0.0), T(0.0), T(0.0)};
  T memory = T(0.0);
  T link = T(0.0);
  T kernels = T(0.0);  // Of wall time: without launches and host.

  void Add(const Work& other, const T& times) {
    for (std::size_t i = 0; i < kPrecisions; ++i) {
      compute[i] = compute[i] + other.compute[i] * times;
    }
    memory = memory + other.memory * times;
    link = link + other.link * times;
    kernels = kernels + other.kernels * times;
  }
};

template <class T>
void AddProductsWork(const Machine& m, const Products& p, const T& tokens, Work<T>& out) {
  T& compute = out.compute[static_cast<std::size_t>(p.precision)];
  compute = compute + tokens * (p.flop_per_token / PeakFlops(m, p.precision));
  out.memory = out.memory + T(p.weight_bytes / m.bandwidth);
}

template <class T>
void AddAttentionWork(const Machine& m, const Attention& a, const StepLoad<T>& load, Work<T>& out) {
  using std::min;
  const T seen = a.window > 0.0 ? min(load.context, T(a.window)) : load.context;
  const T pairs = a.window > 0.0 ? min(load.pairs, load.prefill * a.window) : load.pairs;
  const T queries = load.decode * (1.0 + load.drafts);
  const T flops =
      queries * (seen * a.flop_per_context_token + load.context * a.index_flop_per_context_token) +
      pairs * a.prefill_flop_per_pair + load.pairs * a.index_flop_per_context_token;
  const T bytes = load.decode * (seen * a.bytes_per_context_token +
                                 load.context * a.index_bytes_per_context_token) +
                  load.prefill * a.bytes_per_context_token;
  T& compute = out.compute[static_cast<std::size_t>(Precision::kBf16)];
  compute = compute + flops / PeakFlops(m, Precision::kBf16);
  out.memory = out.memory + bytes / m.bandwidth;
}

template <class T>
void AddExpertsWork(const Machine& m, const Lowered& w, const Experts& e, const T& group_tokens,
                    Work<T>& out) {
  const T tokens = group_tokens * w.layout.dp;
  const double chips = w.layout.chips / w.layout.pp;
  T& compute = out.compute[static_cast<std::size_t>(e.precision)];
  compute = compute + tokens * (e.layers * e.flop_per_token / chips / PeakFlops(m, e.precision));
  out.memory = out.memory +
               DistinctExperts(e, tokens) * (e.layers * e.bytes_per_expert / chips / m.bandwidth);
}

/// What one pass asks of a chip. Bytes of what lies between products are left out.
template <class T>
Work<T> WorkOf(const Machine& m, const Lowered& w, const StepLoad<T>& load,
               const StepTimes<T>& times) {
  Work<T> out;
  const T queries = load.decode * (1.0 + load.drafts);
  const T tokens = queries + load.prefill;
  for (std::size_t i = 0; i < w.product_count; ++i) {
    AddProductsWork(m, w.products[i], tokens, out);
  }
  AddProductsWork(m, w.head, queries + 1.0, out);
  for (std::size_t i = 0; i < w.attention_count; ++i) {
    AddAttentionWork(m, w.attentions[i], load, out);
  }
  for (std::size_t i = 0; i < w.expert_count; ++i) {
    AddExpertsWork(m, w, w.experts[i], tokens, out);
  }
  out.memory = out.memory + load.decode * (2.0 * w.recurrent.state_bytes / m.bandwidth);
  const double bandwidth = GroupBandwidth(m, w.group_chips);
  if (w.group_chips > 1.0 && bandwidth > 0.0) {
    const double n = w.group_chips;
    out.link = out.link +
               tokens * (w.hidden * 2.0 * 2.0 * w.reduced_layers * 2.0 * (n - 1.0) / n / bandwidth);
  }
  out.kernels = Total(times) - times[kFloorsPart] - times[kHostPart];
  return out;
}

/// What a chip may draw, of its TDP. REQUIRES: tdp_w > 0.
inline double CapShare(const Machine& m) {
  return m.power_cap_w > 0.0 ? std::min(m.power_cap_w / m.tdp_w, 1.0) : 1.0;
}

/// Watts of a chip, from what a second of wall time asks of it.
template <class T>
T PowerOf(const Machine& m, const Work<T>& a_second, const PowerShares& shares = {}) {
  using std::min;
  T share = shares.idle + (shares.active - shares.idle) * min(a_second.kernels, T(1.0));
  for (std::size_t i = 0; i < kPrecisions; ++i) {
    share = share + shares.compute[i] * min(a_second.compute[i], T(1.0));
  }
  share = share + shares.memory * min(a_second.memory, T(1.0));
  share = share + shares.link * min(a_second.link, T(1.0));
  return m.tdp_w * min(share, T(CapShare(m)));
}

}  // namespace roofscape::perf
