// What chips send each other in a pass: sums over the attention group, tokens to their experts and
// back, activations from stage to stage. Behind a switch by a bandwidth and fitted starts; on
// other links (links.h) by the collectives of that fabric.
//
// Templated on the scalar (scalar.h). No allocation. Thread safety: pure functions.

#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "model/perf/coefficients.h"
#include "model/perf/collective.h"
#include "model/perf/links.h"
#include "model/perf/lowered.h"
#include "model/perf/machine.h"
#include "model/perf/scalar.h"

namespace roofscape::perf {

/// The links of a machine that join a group of so many chips; null: as behind a switch.
inline const Links* LinksOf(const Machine& m, double chips) {
  return m.links && m.links->Joins(chips) ? m.links.get() : nullptr;
}

namespace travel_internal {

/// Calls `f` with the links' parameters as T.
template <class T, class F>
T With(const Links& links, F f) {
  if constexpr (std::is_same_v<T, double>) {
    return f(links.params);
  } else {
    return f(Lift<T>(links.params));
  }
}

/// Destinations of one token among n, of which its k experts lie in some: drawn alike.
inline double Distinct(double n, double k) { return n * (1.0 - std::pow(1.0 - 1.0 / n, k)); }

/// Chips among which the experts of one token can lie.
inline double Reachable(const Travel& travel, double chips) {
  if (travel.groups <= 0.0) return chips;
  if (chips <= travel.groups) return std::min(Distinct(chips, travel.most_groups), chips);
  return std::max(chips * travel.most_groups / travel.groups, 1.0);
}

}  // namespace travel_internal

/// How the chips of a group lie in the domains of a switch.
struct Domains {
  double islands = 1.0;
  double inside = 1.0;  // Chips of each.
};

inline Domains DomainsOf(const Machine& m, double chips) {
  if (chips <= m.domain_chips || m.rail_bandwidth <= 0.0) return {1.0, chips};
  const double islands = std::ceil(chips / std::max(m.domain_chips, 1.0));
  return {islands, chips / islands};
}

/// One-way bandwidth between the chips of a group.
inline double GroupBandwidth(const Machine& m, double chips) {
  if (chips <= m.domain_chips || m.rail_bandwidth <= 0.0) return m.link_bandwidth;
  return m.rail_bandwidth;
}

/// One sum over the attention group.
template <class T>
T OneSumSeconds(const Machine& m, const Coefficients<T>& c, double n, const T& bytes) {
  if (const Links* links = LinksOf(m, n)) {
    return travel_internal::With<T>(*links, [&](const CommParams<T>& params) {
      return AllReduceSeconds(links->fabric, params, bytes, static_cast<int>(n));
    });
  }
  const Domains lie = DomainsOf(m, n);
  if (lie.islands <= 1.0) {
    return c[kSumStart] + bytes * (2.0 * (n - 1.0) / n / m.link_bandwidth) / c[kLinkReach];
  }
  // Rings on both tiers at once; over its rail a chip trades its part with its peers.
  using std::max;
  const T across = bytes * (2.0 * (lie.islands - 1.0) / n / m.rail_bandwidth / kRailsReach);
  if (lie.inside <= 1.0) return c[kSumStart] + across;
  const T inside = bytes * (2.0 * (lie.inside - 1.0) / lie.inside / m.link_bandwidth);
  return 2.0 * c[kSumStart] + max(across, inside / c[kLinkReach]);
}

/// Sums over the attention group: two a layer (after attention, after the feed-forward part), and
/// one of squares where queries and keys are normed over all heads.
template <class T>
T SumSeconds(const Machine& m, const Coefficients<T>& c, const Lowered& w, const T& tokens) {
  const double n = w.group_chips;
  if (n <= 1.0 || GroupBandwidth(m, n) <= 0.0) return T(0.0);
  const T both = OneSumSeconds<T>(m, c, n, tokens * (w.hidden * 2.0)) * (2.0 * w.reduced_layers);
  if (w.normed_layers <= 0.0) return both;
  return both + OneSumSeconds<T>(m, c, n, tokens * kSquaresBytes) * w.normed_layers;
}

/// Bytes of one copy of its tokens' vectors that a chip sends, inside of its domain and over its
/// rail. Where a token's experts lie in few groups of chips that are islands, or parts of them:
/// over the rails it goes once for each island, and from there on inside.
struct Sent {
  double inside = 0.0;
  double across = 0.0;
};

inline Sent SentOf(const Travel& travel, const Domains& lie, double n, double top_k) {
  const double copies = travel_internal::Distinct(travel_internal::Reachable(travel, n), top_k);
  if (travel.groups <= 0.0 || lie.islands <= 1.0) {
    return {copies * (lie.inside - 1.0) / n, copies * (n - lie.inside) / n};
  }
  const double islands =
      travel_internal::Distinct(travel_internal::Reachable(travel, lie.islands), top_k);
  return {copies * (n - 1.0) / n, islands * (lie.islands - 1.0) / lie.islands};
}

/// Tokens that go to the experts of other groups and come back: fp8 out, bf16 back, one copy for
/// each distinct chip, N (1 - (1 - 1/N)^k); those to its own domain go over the switch while the
/// others go over the rails.
template <class T>
T TravelSeconds(const Machine& m, const Coefficients<T>& c, const Lowered& w, const T& tokens) {
  const double n = w.layout.chips / w.layout.pp;
  const double bandwidth = GroupBandwidth(m, n);
  if (w.layout.dp <= 1.0 || w.routed_layers <= 0.0 || bandwidth <= 0.0) return T(0.0);
  if (const Links* links = LinksOf(m, n)) {
    return travel_internal::With<T>(*links, [&](const CommParams<T>& params) {
      const auto ranks = static_cast<int>(n);
      const auto k = static_cast<int>(w.experts[0].top_k);
      // Fewer groups, fewer copies; they travel as far.
      const double fewer = DistinctDestinations(ranks, k);
      const double copies =
          travel_internal::Distinct(travel_internal::Reachable(w.travel, n), w.experts[0].top_k);
      const T once = tokens * (w.hidden / w.group_chips * (copies / fewer));
      const T out = collective_internal::TokenSeconds(links->fabric, params, Collective::kDispatch,
                                                      once, k, links->copies, ranks);
      const T back = collective_internal::TokenSeconds(links->fabric, params, Collective::kCombine,
                                                       once * 2.0, k, links->copies, ranks);
      return (out + back) * w.routed_layers;
    });
  }
  using std::max;
  const Domains lie = DomainsOf(m, n);
  const Sent sent = SentOf(w.travel, lie, n, w.experts[0].top_k);
  const T once = tokens / w.group_chips * (w.hidden * 3.0);
  T wire = T(0.0);
  if (sent.inside > 0.0) wire = once * (sent.inside / m.link_bandwidth) / c[kLinkReach];
  if (sent.across > 0.0) {
    wire = max(wire, once * (sent.across / m.rail_bandwidth / kRailsReach));
  }
  return (2.0 * c[kTravelStart] + wire) * w.routed_layers;
}

/// Tokens that go from each stage of a pipeline to the next, bf16. Nobody measured one.
template <class T>
T StageSeconds(const Machine& m, const Coefficients<T>& c, const Lowered& w, const T& tokens) {
  const double bandwidth = GroupBandwidth(m, w.layout.chips);
  if (w.layout.pp <= 1.0 || bandwidth <= 0.0) return T(0.0);
  if (const Links* links = LinksOf(m, w.layout.chips)) {
    const bool inside = w.layout.chips <= static_cast<double>(links->fabric.island);
    return travel_internal::With<T>(*links, [&](const CommParams<T>& params) {
      return SendSeconds(links->fabric, params, tokens * (w.hidden * 2.0),
                         inside ? Reach::kSameIsland : Reach::kOtherIsland) *
             (w.layout.pp - 1.0);
    });
  }
  const T each = c[kSumStart] + tokens * (w.hidden * 2.0 / bandwidth) / c[kLinkReach];
  return each * (w.layout.pp - 1.0);
}

}  // namespace roofscape::perf
