// The numbers that a fit can move: what a collective costs on a given fabric besides its bytes.
// Every kind of collective has its own on each of the two tiers of a fabric (fabric.h), since
// libraries use other kernels for each. All are templates on the scalar: double, or a dual number
// or an interval.
//
// DefaultParams() takes them from the catalog, where they are fitted to measurements, and else
// stands in with what similar fabrics reach; the tier of each tells which.
//
// Thread safety: pure functions, plain values.

#pragma once

#include <array>
#include <cstddef>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "model/perf/fabric.h"

namespace roofscape::perf {

using catalog::Collective;
using catalog::kCollectives;

/// seconds = launch_s + steps * step_s + (x + sqrt(half_bytes * x)) / (efficiency * bandwidth),
/// x = bytes sent + own_share * bytes kept. The root is what a pipeline of the best depth pays to
/// fill: at x = half_bytes the links run at half of what large messages reach.
template <class T>
struct LinkParams {
  T launch_s{0.0};
  T step_s{0.0};
  T efficiency{1.0};
  T half_bytes{0.0};
  T own_share{0.0};  // A byte that stays is copied too, at this part of the cost of a sent one.
};

template <class T>
struct LinkTable {
  std::array<LinkParams<T>, kCollectives> kinds;

  const LinkParams<T>& operator[](Collective kind) const {
    return kinds[static_cast<std::size_t>(kind)];
  }
  LinkParams<T>& operator[](Collective kind) { return kinds[static_cast<std::size_t>(kind)]; }
};

/// How often a token crosses the fabric on its way to its experts.
enum class Copies {
  kPerExpert,  // Once for each, also where two of them share a rank.
  kPerRank,    // Once for each rank that has any of them.
  kPerIsland,  // Over the rails once for each island, and from there to its ranks.
};

/// Default-made, it is the ideal: no start-up, all of the bandwidth.
template <class T>
struct CommParams {
  LinkTable<T> island;
  LinkTable<T> rails;
  T hop_s{0.0};  // Of a torus: from a chip to the next.
};

/// The same numbers as another scalar.
template <class T>
CommParams<T> Lift(const CommParams<double>& from) {
  const auto lift = [](const LinkTable<double>& table) {
    LinkTable<T> out;
    for (std::size_t i = 0; i < kCollectives; ++i) {
      const LinkParams<double>& p = table.kinds[i];
      out.kinds[i] = {T(p.launch_s), T(p.step_s), T(p.efficiency), T(p.half_bytes), T(p.own_share)};
    }
    return out;
  };
  return {lift(from.island), lift(from.rails), T(from.hop_s)};
}

/// What dispatch and combine reach of a network card's bandwidth, as measured on InfiniBand; sums
/// in a step are taken to reach as much.
inline constexpr double kRailsReach = 0.9;

struct CommDefaults {
  CommParams<double> params;
  std::array<Tier, kCollectives> island_tier = {};
  std::array<Tier, kCollectives> rails_tier = {};
  Copies copies = Copies::kPerRank;  // As the kernels do that were measured.
};

/// Of the fabrics under `fabric`. `scale_out` may be nullptr.
CommDefaults DefaultParams(const catalog::Fabric& scale_up, const catalog::Fabric* scale_out);

/// Of a chip's links; the ideal for a chip without any.
Result<CommDefaults> DefaultParams(const catalog::Catalog& catalog, const catalog::Chip& chip);

}  // namespace roofscape::perf
