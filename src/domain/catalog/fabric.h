// A fabric: how chips are joined, and how fast. Bandwidths count one direction, in bytes.
//
// Thread safety: plain values.

#pragma once

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

  friend bool operator==(const Fabric&, const Fabric&) = default;
};

}  // namespace roofscape::catalog
