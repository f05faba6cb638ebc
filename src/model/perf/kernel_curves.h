// The file of curves: measured kernel times, compressed to efficiency grids (kernel_curve.h), for
// every chip, engine, operation and precision that was measured. tools/kernel-curves makes it;
// docs/internals/kernel-curves.md says from what, how large it is and how far off.
//
//   const auto curves = perf::KernelCurves::Parse(perf::EmbeddedKernelCurves());
//   const perf::KernelCurve* gemm = curves->Find("h200-sxm", {KernelOp::kGemm, ...});
//   if (gemm != nullptr) seconds = gemm->Seconds(GemmShape{.m = 64, .n = 8192, .k = 8192});
//
// Resolve once, evaluate often. Chips are named by their ids in the catalog ("h200-sxm").
//
// The file, little-endian: "RSKC", u32 version; u8 chips, by rising id, each: u8 length, id, 6 f32
// (the fields of Roofs, in their order); u32 curves, sorted by (chip, key), each: u8 chip, op,
// engine, precision; u16 variant; u8 axes; f32 floor_s, low, step; u32 rows; 4 f32 of CurveError;
// for each axis u8 knots and as many f32; a byte for each node.
//
// Thread safety: const use from many threads.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "model/perf/kernel_curve.h"

namespace roofscape::perf {

class KernelCurves {
 public:
  struct Chip {
    std::string id;
    Roofs roofs;                      // What efficiencies are counted from: the datasheet's.
    std::vector<KernelCurve> curves;  // Sorted by key.
  };

  /// Bytes of any origin: refuses what is cut, out of range, unsorted or not finite.
  static Result<KernelCurves> Parse(std::span<const std::uint8_t> bytes);

  std::span<const Chip> chips() const { return chips_; }

  /// nullptr: not measured. The pointer lives as long as this object.
  const KernelCurve* Find(std::string_view chip, const KernelKey& key) const;

  /// As Find; where the head's width was not measured, the nearest one that was. `op` is
  /// kPrefillAttention or kDecodeAttention; key.variant is not read.
  const KernelCurve* FindAttention(std::string_view chip, KernelKey key, double head_dim,
                                   bool windowed) const;

 private:
  const Chip* FindChip(std::string_view chip) const;

  std::vector<Chip> chips_;
};

/// The same as a file's bytes. REQUIRES: ids of at most 255 bytes, at most 255 chips.
std::vector<std::uint8_t> Serialize(std::span<const KernelCurves::Chip> chips);

/// The file that the program carries, whole and undecoded.
std::span<const std::uint8_t> EmbeddedKernelCurves();

}  // namespace roofscape::perf
