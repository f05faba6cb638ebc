// A machine as the model computes with it: one kind of chip and what joins several, in SI units.
//
// Thread safety: plain values.

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"

namespace roofscape::perf {

/// How numbers of a product are kept: bytes a value, and which peak multiplies them.
enum class Precision { kBf16, kFp8, kFp4 };
constexpr std::size_t kPrecisions = 3;

std::string_view Name(Precision precision);
/// Bytes a weight with its scales: blocks of 16 or 32 four-bit values share one of 8 bits.
double BytesPerWeight(Precision precision);

/// Chips whose kernels were tuned alike. The fit gives each its own small deviation; a generation
/// without measured rows (kOther) has none and a wider interval.
enum class Generation { kOther, kHopper, kBlackwell };
constexpr std::size_t kGenerations = 3;

struct Links;  // links.h

struct Machine {
  std::string chip;
  Generation generation = Generation::kOther;
  std::array<double, kPrecisions> flops = {};  // Dense peak by precision, FLOP/s. Never 0.
  double bandwidth = 0.0;                      // Of memory, bytes/s.
  double memory = 0.0;                         // Usable, bytes.
  double link_bandwidth = 0.0;                 // One way, all scale-up links of a chip, bytes/s.
  double domain_chips = 1.0;                   // Joined by them.
  double rail_bandwidth = 0.0;                 // Between domains, a chip, bytes/s.
  std::shared_ptr<const Links> links;          // Where it is no switch; null: as behind one.
  double tdp_w = 0.0;                          // 0: not known.
  double power_cap_w = 0.0;      // Set below the TDP: clocks fall to keep it (forward.h); 0: none.
  bool host_beside = true;       // The host counts and sends tokens while the chip computes.
  bool host_in_package = false;  // A slower CPU, reached over a coherent link.
};

/// The peak that computes with weights of a precision: a chip without it unpacks to the next wider.
double PeakFlops(const Machine& machine, Precision precision);

/// Lowers a chip and its fabrics. An error names what the catalog does not know of it.
Result<Machine> MakeMachine(const catalog::Catalog& catalog, const catalog::Chip& chip);

}  // namespace roofscape::perf
