// A fabric: how chips are joined, and how fast. Bandwidths count one direction, in bytes.
//
// Thread safety: plain values.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/catalog/entry.h"

namespace roofscape::catalog {

enum class Topology {
  kSwitch,     // One hop between any two chips of the domain.
  kMesh,       // A link of its own between any two chips.
  kTorus,      // A ring an axis.
  kDragonfly,  // Groups of chips, joined directly.
  kWafer,      // A two-dimensional mesh of cores on one piece of silicon.
  kBus,        // PCIe.
  kRails,      // A network card a chip, and switches of a data center.
};

std::string_view Name(Topology topology);

/// Kinds of transfers that have a speed of their own on one and the same links.
enum class Collective {
  kSmallAllReduce,     // Kernels of one or two shots: every chip reads what all others hold.
  kRingAllReduce,      // Of a collectives library.
  kInSwitchAllReduce,  // The switches add up.
  kGather,             // All-gather and reduce-scatter.
  kAllToAll,           // Equal parts for everyone.
  kDispatch,           // Tokens to the chips of their experts,
  kCombine,            // and back.
  kSend,               // From one chip to another, or to all.
};
inline constexpr std::size_t kCollectives = 8;

/// "small_all_reduce": the table's name in a file.
std::string_view Name(Collective collective);

/// What was measured of one kind, as the numbers of the curve that fits it:
///   launch + step * steps + (x + sqrt(half * x)) / (efficiency * chip_gb_s),
///   x = bytes that leave the chip + own_share * bytes that stay.
struct CollectiveFit {
  std::optional<double> launch_us;
  std::optional<double> step_us;     // Missing: nothing, as for the two below.
  std::optional<double> efficiency;  // Of chip_gb_s, of large messages.
  std::optional<double> half_mb;     // At this size half of it.
  std::optional<double> own_share;
  std::string copies;  // Dispatch and combine: "rank", one copy of a token for each rank that it
                       // goes to, or "expert", one for each expert.

  friend bool operator==(const CollectiveFit&, const CollectiveFit&) = default;
};

struct Fabric {
  Entry entry;
  Topology topology = Topology::kSwitch;
  std::string reach;                  // "scale-up", "scale-out"
  std::optional<std::int64_t> chips;  // The largest domain; missing: as many as are bought.
  std::optional<std::int64_t> axes;   // Torus: how many, where their lengths are not known.
  std::vector<std::int64_t> shape;    // Torus: chips along each axis of the largest domain.
  std::optional<std::int64_t> wrap_multiple_chips;  // An axis of a slice closes to a ring if its
                                                    // length is a multiple of this.
  std::vector<std::int64_t> smaller_chips;          // Other domains that are sold.
  std::optional<double> chip_gb_s;                  // All links of one chip together.
  std::optional<double> link_gb_s;
  std::optional<std::int64_t> links;  // Of one chip.
  std::optional<double> hop_us;
  std::optional<std::int64_t> switches;  // In a domain.
  bool reduces = false;                  // The switches add up what passes through them.
  std::array<std::optional<CollectiveFit>, kCollectives> collectives;  // By Collective.
  std::vector<double> layer_us;  // Wafer: least and most that one layer of a model takes a token.

  friend bool operator==(const Fabric&, const Fabric&) = default;
};

}  // namespace roofscape::catalog
