// The fabric under one deployment: how its chips are joined, lowered from the catalog to plain
// numbers that collective.h computes with. A fabric has up to two tiers: an island of chips that a
// scale-up network joins (switch, mesh, torus, dragonfly, bus), and between islands a network card
// a chip (rails). Bandwidths are bytes a second, one way; times are seconds.
//
// What the catalog lacks is an error that says what is missing, or a stand-in: `tier` tells the
// weakest ground that a number stands on.
//
// Thread safety: pure functions, plain values.

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"

namespace roofscape::perf {

/// What a number stands on, the best first.
enum class Tier {
  kMeasured,   // Fitted to measurements of this fabric.
  kDatasheet,  // As the maker says.
  kAssumed,    // As similar things behave.
};
std::string_view Name(Tier tier);
constexpr Tier Weaker(Tier a, Tier b) { return a < b ? b : a; }

inline constexpr std::size_t kTorusAxes = 3;

/// A box of a torus. An axis that is closed to a ring carries two ways round, an open one is a
/// line.
struct Slice {
  std::array<int, kTorusAxes> length = {1, 1, 1};
  std::array<bool, kTorusAxes> ring = {false, false, false};

  constexpr int chips() const { return length[0] * length[1] * length[2]; }
  /// Steps to the chip that is furthest away.
  constexpr int hops() const {
    int sum = 0;
    for (std::size_t i = 0; i < kTorusAxes; ++i) sum += ring[i] ? length[i] / 2 : length[i] - 1;
    return sum;
  }
  /// Links of a chip, one way, that an all-gather keeps busy: two on a ring, one on a line.
  constexpr int busy_links() const {
    int sum = 0;
    for (std::size_t i = 0; i < kTorusAxes; ++i) sum += length[i] == 1 ? 0 : (ring[i] ? 2 : 1);
    return sum;
  }
  /// The longest axis as an all-to-all meets it: a line counts as a ring of twice its length.
  constexpr int longest() const {
    int most = 0;
    for (std::size_t i = 0; i < kTorusAxes; ++i) {
      const int seen = length[i] == 1 ? 0 : (ring[i] ? length[i] : 2 * length[i]);
      if (seen > most) most = seen;
    }
    return most;
  }

  friend constexpr bool operator==(const Slice&, const Slice&) = default;
};

/// Slices of groups of 1, 2, 4 ... chips, so that a loop over layouts need not search for them.
inline constexpr std::size_t kSlices = 15;

struct Fabric {
  catalog::Topology topology = catalog::Topology::kSwitch;  // Of the island; never kRails.
  int chips = 1;                                            // Of the deployment.
  int island = 1;                                           // Chips of one island, at most `chips`.
  bool reduces = false;         // The island's switches add up what passes.
  double chip_bytes_per_s = 0;  // Of the island: all links of a chip.
  double link_bytes_per_s = 0;  // One pair of a mesh, one link of a torus; else chip_bytes_per_s.
  double rail_bytes_per_s = 0;  // Between islands, a chip; 0 where the deployment has one island.
  double hop_s = 0;             // From a chip to the next, as the catalog says.
  Tier tier = Tier::kDatasheet;

  // Torus: the whole island, what an axis may be, and the best box of each power of two.
  Slice slice;
  std::array<int, kTorusAxes> most = {1, 1, 1};
  int wrap_multiple = 0;  // 0: an axis closes only where it is as long as it can be.
  std::array<Slice, kSlices> slices;
  /// Where every group is a slice of its own (SetOwnSlices): of 1, 2, 3 ... chips.
  std::vector<Slice> own;

  /// Islands that a group of `ranks` spreads over, at least 1.
  int Islands(int ranks) const { return (ranks + island - 1) / island; }

  friend bool operator==(const Fabric&, const Fabric&) = default;
};

/// The best box for `ranks` chips: the fewest chips that hold them, then the quickest all-to-all,
/// the most compact (what is sold is), the fewest hops, the most links. On an axis as long as the
/// island's it closes as the island does. REQUIRES: topology is kTorus, 1 <= ranks <= island.
Slice BestSlice(const Fabric& fabric, int ranks);

/// From now on a group is not a part of one large slice but a slice of its own, which its machines
/// may join as they like: with its own rings. REQUIRES: topology is kTorus.
void SetOwnSlices(Fabric& fabric);

/// The best box from the tables where it stands there.
inline Slice SliceOf(const Fabric& fabric, int ranks) {
  if (static_cast<std::size_t>(ranks) <= fabric.own.size()) {
    return fabric.own[static_cast<std::size_t>(ranks) - 1];
  }
  if ((ranks & (ranks - 1)) == 0 && ranks < (1 << kSlices)) {
    return fabric
        .slices[static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(ranks))) - 1];
  }
  return BestSlice(fabric, ranks);
}

/// Lowers two catalog fabrics; on a large torus this searches for a millisecond, so do it once.
/// `scale_out` may be nullptr: then all chips must fit into one island. Errors name the field of
/// the catalog that is missing.
Result<Fabric> MakeFabric(const catalog::Fabric& scale_up, const catalog::Fabric* scale_out,
                          int chips);

/// The fabric of `chips` chips of one kind, by the links that the catalog gives it. One chip needs
/// none.
Result<Fabric> MakeFabric(const catalog::Catalog& catalog, const catalog::Chip& chip, int chips);

}  // namespace roofscape::perf
