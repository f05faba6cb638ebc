#include "model/perf/fabric.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include <fmt/format.h>

#include "base/core/check.h"

namespace roofscape::perf {
namespace {

using catalog::Topology;

constexpr double kGiga = 1e9;
/// What a hop takes where the catalog does not say: as on the one torus that tells.
constexpr double kAssumedHopSeconds = 1e-6;

Error Missing(const catalog::Fabric& fabric, std::string_view field, std::string_view cure) {
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("{}: {}: is missing: {}", fabric.entry.file, field, cure)};
}

/// Whether an axis of a box closes to a ring. Two chips have one link between them either way.
bool Closes(const Fabric& fabric, std::size_t axis, int length) {
  if (length < 3) return false;
  if (fabric.wrap_multiple > 0) return length % fabric.wrap_multiple == 0;
  return length == fabric.most[axis];
}

/// A box inside of the island: what is not the island's whole axis cannot use its way round.
Slice Box(const Fabric& fabric, std::array<int, kTorusAxes> length, bool whole) {
  Slice slice{length, {}};
  for (std::size_t i = 0; i < kTorusAxes; ++i) {
    slice.ring[i] = whole ? Closes(fabric, i, length[i])
                          : fabric.slice.ring[i] && length[i] == fabric.slice.length[i];
  }
  return slice;
}

/// The best box with at least `ranks` chips and no axis above `most`.
Slice Search(const Fabric& fabric, int ranks, const std::array<int, kTorusAxes>& most, bool whole) {
  Slice best;
  auto least = std::tuple(std::numeric_limits<int>::max(), 0, 0, 0, 0);
  for (int a = 1; a <= std::min(most[0], ranks); ++a) {
    const int rest = (ranks + a - 1) / a;
    for (int b = 1; b <= std::min(most[1], rest); ++b) {
      const int c = (rest + b - 1) / b;
      if (c > most[2]) continue;
      const Slice box = Box(fabric, {a, b, c}, whole);
      const auto cost = std::tuple(box.chips(), box.longest(), std::max({a, b, c}), box.hops(),
                                   -box.busy_links());
      if (cost < least) std::tie(best, least) = std::tuple(box, cost);
    }
  }
  return best;
}

Result<> LowerTorus(const catalog::Fabric& from, Fabric& to) {
  const auto axes =
      from.shape.empty() ? static_cast<std::size_t>(from.axes.value_or(0)) : from.shape.size();
  if (axes < 1 || axes > kTorusAxes) {
    return Missing(from, "shape_chips", "give 1 to 3 axes, or their number in 'axes'");
  }
  // Two links an axis, where the catalog does not tell them apart.
  to.link_bytes_per_s = from.link_gb_s ? *from.link_gb_s * kGiga
                                       : to.chip_bytes_per_s / (2.0 * static_cast<double>(axes));
  to.wrap_multiple = static_cast<int>(from.wrap_multiple_chips.value_or(0));
  for (std::size_t i = 0; i < axes; ++i) {
    // Where only their number is known, any axis may be as long as the whole: the best box is a
    // cube.
    to.most[i] =
        static_cast<int>(from.shape.empty() ? from.chips.value_or(to.island) : from.shape[i]);
  }
  if (from.shape.empty()) to.tier = Weaker(to.tier, Tier::kAssumed);
  if (!from.hop_us) {
    to.hop_s = kAssumedHopSeconds;
    to.tier = Weaker(to.tier, Tier::kAssumed);
  }
  to.slice = Search(to, to.island, to.most, /*whole=*/true);
  for (std::size_t i = 0; i < kSlices && (1 << i) <= to.island; ++i) {
    to.slices[i] = BestSlice(to, 1 << i);
  }
  return {};
}

/// What differs between the topologies of an island.
Result<> LowerIsland(const catalog::Fabric& from, Fabric& to) {
  to.link_bytes_per_s = to.chip_bytes_per_s;
  switch (from.topology) {
    case Topology::kSwitch: break;
    case Topology::kMesh:
      // All links of a chip are shared out among the whole domain, whoever takes part.
      if (from.link_gb_s) {
        to.link_bytes_per_s = *from.link_gb_s * kGiga;
      } else {
        to.link_bytes_per_s = to.chip_bytes_per_s / static_cast<double>(*from.chips - 1);
      }
      break;
    case Topology::kTorus: return LowerTorus(from, to);
    case Topology::kDragonfly:
    case Topology::kBus:
      // Conservative: traffic between groups takes two global ways, and on a bus goes by the host,
      // so that half of what leaves a chip is somebody else's.
      to.chip_bytes_per_s /= 2;
      to.link_bytes_per_s = to.chip_bytes_per_s;
      to.tier = Tier::kAssumed;
      break;
    case Topology::kWafer: break;
    case Topology::kRails:
      return Error{
          ErrorCode::kInvalidArgument,
          fmt::format("{}: rails join islands, not chips: name it as scale_out", from.entry.file)};
  }
  return {};
}

}  // namespace

std::string_view Name(Tier tier) {
  constexpr std::array<std::string_view, 3> kNames = {"measured", "datasheet", "assumed"};
  return kNames[static_cast<std::size_t>(tier)];
}

Slice BestSlice(const Fabric& fabric, int ranks) {
  RS_CHECK(ranks >= 1 && ranks <= fabric.island);
  if (ranks == fabric.island) return fabric.slice;
  return Search(fabric, ranks, fabric.slice.length, /*whole=*/false);
}

void SetOwnSlices(Fabric& fabric) {
  RS_CHECK(fabric.topology == Topology::kTorus);
  constexpr int kTable = 128;  // Larger groups are powers of two, nearly always.
  for (int ranks = 1; ranks <= std::min(kTable, fabric.island); ++ranks) {
    fabric.own.push_back(Search(fabric, ranks, fabric.most, /*whole=*/true));
  }
  for (std::size_t i = 0; i < kSlices && (1 << i) <= fabric.island; ++i) {
    fabric.slices[i] = Search(fabric, 1 << i, fabric.most, /*whole=*/true);
  }
}

Result<Fabric> MakeFabric(const catalog::Fabric& scale_up, const catalog::Fabric* scale_out,
                          int chips) {
  if (chips < 1) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("chips: must be at least 1, got {}", chips)};
  }
  if (!scale_up.chips) return Missing(scale_up, "chips", "give the largest domain");
  Fabric fabric;
  fabric.topology = scale_up.topology;
  fabric.chips = chips;
  fabric.island = static_cast<int>(std::min<std::int64_t>(chips, *scale_up.chips));
  fabric.reduces = scale_up.reduces;
  fabric.hop_s = scale_up.hop_us.value_or(0) * 1e-6;
  if (fabric.island > 1) {
    if (!scale_up.chip_gb_s) {
      return Missing(scale_up, "chip_gb_s", "give the bandwidth of a chip, one way");
    }
    fabric.chip_bytes_per_s = *scale_up.chip_gb_s * kGiga;
    RS_RETURN_IF_ERROR(LowerIsland(scale_up, fabric));
  }
  if (fabric.island == chips) return fabric;
  if (scale_out == nullptr) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: holds {} chips, not {}, and the chip has no links.scale_out: ask "
                             "for at most {} chips or give it one",
                             scale_up.entry.file, fabric.island, chips, fabric.island)};
  }
  if (!scale_out->chip_gb_s) {
    return Missing(*scale_out, "chip_gb_s", "give the bandwidth of a chip's card, one way");
  }
  fabric.rail_bytes_per_s = *scale_out->chip_gb_s * kGiga;
  return fabric;
}

Result<Fabric> MakeFabric(const catalog::Catalog& catalog, const catalog::Chip& chip, int chips) {
  if (chips == 1) return Fabric{};
  if (chip.links.scale_up.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: links.scale_up: is missing: name a fabric, or ask for one chip",
                             chip.entry.file)};
  }
  RS_ASSIGN_OR_RETURN(const catalog::Fabric* up, FindFabric(catalog, chip.links.scale_up));
  const catalog::Fabric* out = nullptr;
  if (!chip.links.scale_out.empty()) {
    RS_ASSIGN_OR_RETURN(out, FindFabric(catalog, chip.links.scale_out));
  }
  Result<Fabric> fabric = MakeFabric(*up, out, chips);
  if (!fabric) return fabric.error().In(fmt::format("chip '{}'", chip.entry.id));
  return fabric;
}

}  // namespace roofscape::perf
