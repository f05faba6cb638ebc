// What collectives and transfers take on a fabric, in seconds. One interface over all topologies;
// header only, since loops over millions of layouts call it: no allocation, a few nanoseconds on a
// switch.
//
// T is the scalar: double, or a type that is made from a double and has + - * / and, found by
// argument-dependent lookup, max, min and sqrt. Sizes are bytes:
//   all-reduce, all-gather, reduce-scatter, broadcast   the full tensor, as one rank has it whole
//   all-to-all                                          all that one rank holds before, own part
//   included
// A group of one rank costs nothing. `ranks`, at most the fabric's chips, fill as few islands as
// hold them, evenly. A derivative by bandwidth is the one by efficiency: they stand as a product.
//
// Formulas: docs/internals/collectives.md. Sources of the closed forms: the alpha-beta model of
// rings, trees and all-to-all (Thakur, Rabenseifner and Gropp, 2005), bucket algorithms and
// bisection on tori; in-switch reduction moves a tensor once. With n ranks a ring counts (n-1)/n of
// a tensor, which texts on large tori round to 1.
//
// Thread safety: pure functions.

#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "model/perf/collective_params.h"
#include "model/perf/fabric.h"

namespace roofscape::perf {

namespace collective_internal {

/// T by value, and never deduced from it: a plain double may stand for it.
template <class T>
using Plain = std::type_identity_t<T>;

/// Part that does not depend on size, and part that does.
template <class T>
struct Cost {
  T fixed{0.0};
  T wire{0.0};

  T Seconds() const { return fixed + wire; }
};

template <class T>
T Larger(const T& a, const T& b) {
  using std::max;
  return max(a, b);
}

template <class T>
T Smaller(const T& a, const T& b) {
  using std::min;
  return min(a, b);
}

/// Seconds to send `sent` bytes and copy `kept` ones. One is added under the root, and taken off,
/// so that its slope stays finite where nothing is sent.
template <class T>
T WireSeconds(const LinkParams<T>& p, double bytes_per_s, const T& sent, const T& kept) {
  using std::sqrt;
  const T x = sent + p.own_share * kept;
  return (x + (sqrt(p.half_bytes * x + T(1.0)) - T(1.0))) / (p.efficiency * T(bytes_per_s));
}

template <class T>
Cost<T> MakeCost(const LinkParams<T>& p, int steps, double bytes_per_s, const T& sent,
                 const T& kept) {
  return {p.launch_s + p.step_s * T(static_cast<double>(steps)),
          WireSeconds(p, bytes_per_s, sent, kept)};
}

inline bool IsTorus(const Fabric& fabric) { return fabric.topology == catalog::Topology::kTorus; }

/// How a group lies on the fabric: `islands` of `inside` ranks each.
struct Group {
  int ranks = 1;
  int islands = 1;
  int inside = 1;
  Slice slice;             // Torus: of one island's part.
  double bytes_per_s = 0;  // Of one chip, all links that a gather keeps busy.
};

inline Group MakeGroup(const Fabric& fabric, int ranks) {
  Group group;
  group.ranks = ranks;
  if (ranks <= fabric.island) {
    group.inside = ranks;
  } else {
    group.islands = fabric.Islands(ranks);
    group.inside = (ranks + group.islands - 1) / group.islands;
  }
  group.bytes_per_s = fabric.chip_bytes_per_s;
  if (fabric.topology == catalog::Topology::kMesh) {
    group.bytes_per_s = fabric.link_bytes_per_s * static_cast<double>(group.inside - 1);
  } else if (IsTorus(fabric)) {
    group.slice = SliceOf(fabric, group.inside);
    group.bytes_per_s = fabric.link_bytes_per_s * static_cast<double>(group.slice.busy_links());
  }
  return group;
}

/// Share of a tensor that one of n ranks does not hold itself.
inline double Others(int n) { return static_cast<double>(n - 1) / static_cast<double>(n); }

/// `times` passes of a gather inside of the islands: 1 for all-gather, 2 for all-reduce. On a torus
/// a pass is never quicker than its hops.
template <class T>
Cost<T> GatherInside(const Fabric& fabric, const CommParams<T>& params, Collective kind,
                     const Group& group, const T& bytes, int times) {
  if (group.inside == 1) return {};
  const double passes = times;
  const int n = group.inside;
  Cost<T> cost = MakeCost(params.island[kind], times * (n - 1), group.bytes_per_s,
                          bytes * T(passes * Others(n)), bytes * T(passes / n));
  if (IsTorus(fabric)) {
    cost.wire = Larger(cost.wire, params.hop_s * T(passes * group.slice.hops()));
  }
  return cost;
}

/// The same between islands: each chip trades its part with its peers in the others.
template <class T>
Cost<T> GatherAcross(const Fabric& fabric, const CommParams<T>& params, Collective kind,
                     const Group& group, const T& bytes, int times) {
  if (group.islands == 1) return {};
  const int m = group.islands;
  const double part = static_cast<double>(times) / static_cast<double>(group.inside);
  return MakeCost(params.rails[kind], times * (m - 1), fabric.rail_bytes_per_s,
                  bytes * T(part * Others(m)), T(0.0));
}

/// Both tiers at work at once on chunks of the tensor: the slower sets the pace.
template <class T>
T Pipelined(const Cost<T>& inside, const Cost<T>& across) {
  return inside.fixed + across.fixed + Larger(inside.wire, across.wire);
}

/// Bytes that each chip sends inside of its island, and over its rail, and keeps.
template <class T>
struct Exchange {
  T inside, across, kept;
};

/// Every chip to every other at once. A torus is bound by the cut across its longest axis: over one
/// of its rings with two links a chip, a byte travels a quarter of the ring on average.
template <class T>
T ExchangeSeconds(const Fabric& fabric, const CommParams<T>& params, Collective kind,
                  const Group& group, const Exchange<T>& bytes) {
  T seconds{0.0};
  if (group.inside > 1) {
    if (IsTorus(fabric)) {
      const double cut = 8.0 * fabric.link_bytes_per_s / group.slice.longest();
      const Cost<T> cost =
          MakeCost(params.island[kind], group.inside - 1, cut, bytes.inside + bytes.kept, T(0.0));
      seconds = cost.Seconds() + params.hop_s * T(static_cast<double>(group.slice.hops()));
    } else {
      seconds = MakeCost(params.island[kind], group.inside - 1, group.bytes_per_s, bytes.inside,
                         bytes.kept)
                    .Seconds();
    }
  }
  if (group.islands > 1) {
    const Cost<T> cost = MakeCost(params.rails[kind], group.islands - 1, fabric.rail_bytes_per_s,
                                  bytes.across, T(0.0));
    seconds = Larger(seconds, cost.Seconds());
  }
  return seconds;
}

/// `bytes` in equal parts for all ranks.
template <class T>
Exchange<T> Evenly(const Group& group, const T& bytes) {
  const double n = group.ranks;
  return {bytes * T((group.inside - 1) / n), bytes * T((group.ranks - group.inside) / n),
          bytes * T(1.0 / n)};
}

inline double Power(double base, int exponent) {
  double out = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) out *= base;
    base *= base;
  }
  return out;
}

}  // namespace collective_internal

/// How many of n equally likely destinations k independent draws reach on average.
inline double DistinctDestinations(int n, int k) {
  return n * (1 - collective_internal::Power(1 - 1.0 / n, k));
}

template <class T>
T AllGatherSeconds(const Fabric& fabric, const CommParams<T>& params,
                   const collective_internal::Plain<T>& bytes, int ranks) {
  namespace in = collective_internal;
  if (ranks <= 1) return T(0.0);
  const in::Group group = in::MakeGroup(fabric, ranks);
  return in::Pipelined(
      in::GatherInside(fabric, params, Collective::kGather, group, bytes, /*times=*/1),
      in::GatherAcross(fabric, params, Collective::kGather, group, bytes, /*times=*/1));
}

/// The same bytes as an all-gather, the other way.
template <class T>
T ReduceScatterSeconds(const Fabric& fabric, const CommParams<T>& params,
                       const collective_internal::Plain<T>& bytes, int ranks) {
  return AllGatherSeconds(fabric, params, bytes, ranks);
}

/// Reduce-scatter and all-gather in one: rings, on all axes of a torus at once.
template <class T>
T RingAllReduceSeconds(const Fabric& fabric, const CommParams<T>& params,
                       const collective_internal::Plain<T>& bytes, int ranks) {
  namespace in = collective_internal;
  if (ranks <= 1) return T(0.0);
  const in::Group group = in::MakeGroup(fabric, ranks);
  return in::Pipelined(
      in::GatherInside(fabric, params, Collective::kRingAllReduce, group, bytes, /*times=*/2),
      in::GatherAcross(fabric, params, Collective::kRingAllReduce, group, bytes, /*times=*/2));
}

/// Every chip reads the whole tensor of every other. REQUIRES: ranks <= island, no torus.
template <class T>
T OneShotAllReduceSeconds(const Fabric& fabric, const CommParams<T>& params,
                          const collective_internal::Plain<T>& bytes, int ranks) {
  namespace in = collective_internal;
  if (ranks <= 1) return T(0.0);
  return in::MakeCost(params.island[Collective::kSmallAllReduce], 0,
                      in::MakeGroup(fabric, ranks).bytes_per_s,
                      bytes * T(static_cast<double>(ranks - 1)), T(0.0))
      .Seconds();
}

/// Every chip reads and adds up its part, then the parts are read. REQUIRES: as above.
template <class T>
T TwoShotAllReduceSeconds(const Fabric& fabric, const CommParams<T>& params,
                          const collective_internal::Plain<T>& bytes, int ranks) {
  namespace in = collective_internal;
  if (ranks <= 1) return T(0.0);
  return in::MakeCost(params.island[Collective::kSmallAllReduce], 1,
                      in::MakeGroup(fabric, ranks).bytes_per_s, bytes * T(2 * in::Others(ranks)),
                      T(0.0))
      .Seconds();
}

/// The switches add up and send the sum to all: a tensor leaves a chip once. REQUIRES: ranks <=
/// island and fabric.reduces.
template <class T>
T InSwitchAllReduceSeconds(const Fabric& fabric, const CommParams<T>& params,
                           const collective_internal::Plain<T>& bytes, int ranks) {
  namespace in = collective_internal;
  if (ranks <= 1) return T(0.0);
  return in::MakeCost(params.island[Collective::kInSwitchAllReduce], 0, fabric.chip_bytes_per_s,
                      bytes, T(0.0))
      .Seconds();
}

/// The quickest that the fabric allows. Over several islands: rings on both tiers at once, or the
/// quickest inside and then rings of the parts between them.
template <class T>
T AllReduceSeconds(const Fabric& fabric, const CommParams<T>& params,
                   const collective_internal::Plain<T>& bytes, int ranks) {
  namespace in = collective_internal;
  if (ranks <= 1) return T(0.0);
  const T ring = RingAllReduceSeconds(fabric, params, bytes, ranks);
  if (in::IsTorus(fabric)) return ring;
  const in::Group group = in::MakeGroup(fabric, ranks);
  if (group.inside == 1) return ring;
  T inside = in::Smaller(OneShotAllReduceSeconds(fabric, params, bytes, group.inside),
                         TwoShotAllReduceSeconds(fabric, params, bytes, group.inside));
  if (fabric.reduces) {
    inside = in::Smaller(inside, InSwitchAllReduceSeconds(fabric, params, bytes, group.inside));
  }
  if (group.islands == 1) return in::Smaller(ring, inside);
  const in::Cost<T> across =
      in::GatherAcross(fabric, params, Collective::kRingAllReduce, group, T(bytes), /*times=*/2);
  return in::Smaller(ring, inside + across.Seconds());
}

/// Each rank has an equal part for each.
template <class T>
T AllToAllSeconds(const Fabric& fabric, const CommParams<T>& params,
                  const collective_internal::Plain<T>& bytes, int ranks) {
  namespace in = collective_internal;
  if (ranks <= 1) return T(0.0);
  const in::Group group = in::MakeGroup(fabric, ranks);
  return in::ExchangeSeconds(fabric, params, Collective::kAllToAll, group,
                             in::Evenly(group, T(bytes)));
}

/// One rank's tensor to all others, in a pipeline.
template <class T>
T BroadcastSeconds(const Fabric& fabric, const CommParams<T>& params,
                   const collective_internal::Plain<T>& bytes, int ranks) {
  namespace in = collective_internal;
  if (ranks <= 1) return T(0.0);
  const in::Group group = in::MakeGroup(fabric, ranks);
  in::Cost<T> inside, across;
  if (group.inside > 1) {
    inside = in::MakeCost(params.island[Collective::kSend], 1, group.bytes_per_s, T(bytes), T(0.0));
    if (in::IsTorus(fabric)) {
      inside.wire =
          in::Larger(inside.wire, params.hop_s * T(static_cast<double>(group.slice.hops())));
    }
  }
  if (group.islands > 1) {
    // The chips of an island share the work: each sends its part to its peers.
    across =
        in::MakeCost(params.rails[Collective::kSend], group.islands - 1, fabric.rail_bytes_per_s,
                     T(bytes) * T(1.0 / static_cast<double>(group.inside)), T(0.0));
  }
  return in::Pipelined(inside, across);
}

/// Where the other end of a transfer stands.
enum class Reach { kSameIsland, kOtherIsland };

/// From one chip to another: activations of a pipeline to the next stage, a cache to where it is
/// decoded. One pair of a mesh and one link of a torus carry it, which is to a neighbour.
/// REQUIRES: that the fabric has such a place: more chips on the island, or rails.
template <class T>
T SendSeconds(const Fabric& fabric, const CommParams<T>& params,
              const collective_internal::Plain<T>& bytes, Reach reach) {
  namespace in = collective_internal;
  if (reach == Reach::kOtherIsland) {
    return in::MakeCost(params.rails[Collective::kSend], 1, fabric.rail_bytes_per_s, T(bytes),
                        T(0.0))
        .Seconds();
  }
  const T seconds =
      in::MakeCost(params.island[Collective::kSend], 1, fabric.link_bytes_per_s, T(bytes), T(0.0))
          .Seconds();
  return in::IsTorus(fabric) ? seconds + params.hop_s : seconds;
}

/// Tokens on their way to their experts, as one chip sends them.
struct TokenTraffic {
  double tokens = 0;  // Of one chip.
  double hidden = 0;
  double bytes_per_element = 0;  // With scales: 0.5625 for nvfp4, 1 for fp8, 2 for bf16.
  int top_k = 1;
  Copies copies = Copies::kPerRank;
};

namespace collective_internal {

/// Dispatch and combine: each draw of a token is one of its experts, all ranks equally likely.
/// `once`: bytes of one copy of all tokens of a chip.
template <class T>
T TokenSeconds(const Fabric& fabric, const CommParams<T>& params, Collective kind, const T& once,
               int top_k, Copies how, int ranks) {
  if (ranks <= 1) return T(0.0);
  const Group group = MakeGroup(fabric, ranks);
  const double copies = how == Copies::kPerExpert ? top_k : DistinctDestinations(ranks, top_k);
  Exchange<T> bytes = Evenly(group, once * T(copies));
  if (how == Copies::kPerIsland && group.islands > 1) {
    const int m = group.islands;
    // What comes over the rails is handed on inside: every copy but a chip's own moves there.
    bytes.inside = once * T(copies * Others(ranks));
    bytes.across = once * T(DistinctDestinations(m, top_k) * Others(m));
  }
  return ExchangeSeconds(fabric, params, kind, group, bytes);
}

template <class T>
T TokenSeconds(const Fabric& fabric, const CommParams<T>& params, Collective kind,
               const TokenTraffic& traffic, int ranks) {
  const T once(traffic.tokens * traffic.hidden * traffic.bytes_per_element);
  return TokenSeconds(fabric, params, kind, once, traffic.top_k, traffic.copies, ranks);
}

}  // namespace collective_internal

template <class T>
T DispatchSeconds(const Fabric& fabric, const CommParams<T>& params, const TokenTraffic& traffic,
                  int ranks) {
  return collective_internal::TokenSeconds(fabric, params, Collective::kDispatch, traffic, ranks);
}

/// The way back. Copies that were made on the way are added up on it, so that as many return.
template <class T>
T CombineSeconds(const Fabric& fabric, const CommParams<T>& params, const TokenTraffic& traffic,
                 int ranks) {
  return collective_internal::TokenSeconds(fabric, params, Collective::kCombine, traffic, ranks);
}

}  // namespace roofscape::perf
