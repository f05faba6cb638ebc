// One curve: how near to its roofline a kernel comes, over up to four coordinates. What is kept is
//
//   efficiency e(x) = (roof + floor) / measured time
//
// in log2 on a grid, between whose nodes it is linear in each coordinate; the coordinates are log2
// too. `floor` is one time of the curve, near its shortest measured call: with it e stays within a
// few octaves where the utilisation roof/time of tiny calls would fall through ten, so one byte a
// node is enough and small calls extrapolate to the floor. Outside the grid the efficiency of its
// boundary holds. So a time is continuous in every argument and has a slope almost everywhere.
//
// A lookup allocates nothing and takes 60 to 200 nanoseconds on a busy machine
// (bench/kernel_curve_bench.cc).
//
// Thread safety: a curve is a value; const use from many threads.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/perf/kernel_shape.h"
#include "model/perf/sparse_shape.h"

namespace roofscape::perf {

/// Numbers are part of the file: append, never renumber.
enum class KernelOp : std::uint8_t {
  kGemm,
  kMoe,
  kPrefillAttention,
  kDecodeAttention,
  kMlaPrefill,
  kMlaDecode,
  kMlaPrefillModule,  // With projections.
  kMlaDecodeModule,
  kAllReduceGraph,  // The engine's own, inside a captured graph.
  kAllReduceEager,  // The engine's own, launched from the host.
  kNcclAllReduce,
  kNcclAllGather,
  kNcclReduceScatter,
  kNcclAllToAll,
  kDispatch,  // Tokens to experts.
  kCombine,   // And back.
  kExchangePrepare,
  kMlaBmmIn,   // Queries into MLA's compressed space,
  kMlaBmmOut,  // values out of it.
  kRecurrentConvolution,
  kRecurrentPrefill,
  kRecurrentDecode,
  kSparsePrefillModule,  // Sparse attention with projections and indexer (sparse_shape.h).
  kSparseDecodeModule,
};
inline constexpr int kKernelOps = 24;

std::string_view Name(KernelOp op);

enum class KernelEngine : std::uint8_t { kVllm, kSglang, kTrtllm, kNccl };
inline constexpr int kKernelEngines = 4;

std::string_view Name(KernelEngine engine);

/// Which curve of a chip. What `variant` means depends on the op; the functions below make it.
struct KernelKey {
  KernelOp op = KernelOp::kGemm;
  KernelEngine engine = KernelEngine::kVllm;
  KernelPrecision precision = KernelPrecision::kBf16;
  std::uint16_t variant = 0;

  friend auto operator<=>(const KernelKey&, const KernelKey&) = default;
};

/// Routed experts have a curve for each routing, input and kind of expert.
std::uint16_t MoeVariant(Routing routing, bool gated, MoeInput input = MoeInput::kAllTokens);

/// Attention has a curve for each width of a head, with and without a window.
std::uint16_t AttentionVariant(int head_dim, bool windowed);

/// A module's projections have a precision of their own.
std::uint16_t ModuleVariant(KernelPrecision projections);

/// Of a sparse block; its curves are each model's own.
std::uint16_t SparseVariant(SparseBlock block, KernelPrecision projections);

enum class Exchange : std::uint8_t {
  kDeepEpLowLatency,
  kDeepEpNormal,  // At its best number of SMs.
  kNvlinkTwoSided,
  kNvlinkOneSided,
};
std::uint16_t ExchangeVariant(Exchange exchange);

/// A convolution has besides a curve for prefill and one for decoding.
enum class Recurrence : std::uint8_t { kGatedDeltaNet, kKimiDelta, kMamba2 };
std::uint16_t RecurrentVariant(Recurrence kind, bool decode);

/// |ln(curve / measured)|: of the rows the curve was made from, and of sites (all rows of a
/// weight's shape, of a head layout) that were held out of a fit made for this purpose alone; of
/// single rows where there are too few sites.
struct CurveError {
  float fit_median = 0;
  float fit_p90 = 0;
  float held_out_median = 0;
  float held_out_p90 = 0;
};

/// The knots of one axis, log2, rising.
struct CurveAxis {
  static constexpr int kMaxKnots = 32;
  int size = 0;
  std::array<float, kMaxKnots> knots = {};
};

class KernelCurve {
 public:
  struct Parts {
    KernelKey key;
    Roofs roofs;
    float floor_s = 0;
    float low = 0;   // log2 e of the byte 0.
    float step = 0;  // And what each further one adds.
    std::uint32_t rows = 0;
    CurveError error;
    std::vector<CurveAxis> axes;       // 1 to kMaxAxes.
    std::vector<std::uint8_t> values;  // The last axis runs fastest.
  };

  /// REQUIRES: every axis has 1 to kMaxKnots rising knots; values has their product.
  explicit KernelCurve(Parts parts);

  /// Seconds of one call whose point was located with roofs() (or with those of another chip, to
  /// ask what it would take at the same efficiency).
  double Seconds(const KernelPoint& point) const;

  /// Seconds of one call of this shape on the curve's own chip.
  template <class Shape>
  double Seconds(const Shape& shape) const {
    return Seconds(Locate(shape, parts_.key.precision, parts_.roofs));
  }

  /// (roof + floor) / time at these coordinates.
  double Efficiency(const std::array<float, kMaxAxes>& x) const;

  /// How far the point lies outside what was measured: the sum over the coordinates, in octaves.
  /// 0: inside. The box of the coordinates is meant; its corners need not have been measured.
  double OctavesOutside(const KernelPoint& point) const;

  const KernelKey& key() const { return parts_.key; }
  const Roofs& roofs() const { return parts_.roofs; }
  const CurveError& error() const { return parts_.error; }
  double floor_s() const { return static_cast<double>(parts_.floor_s); }
  const Parts& parts() const { return parts_; }

 private:
  struct Cell {
    std::size_t offset = 0;  // Of the lower knot, in values.
    std::size_t stride = 0;  // To the upper one; 0 on an axis of one knot.
    float fraction = 0;
  };

  /// An axis, ready to be searched without a branch: `start` has, for equal pieces of it, the last
  /// knot at or below the piece's beginning, from which at most `steps` are left.
  struct Finder {
    static constexpr int kPieces = 128;
    float first = 0;
    float pieces_per_octave = 0;
    int steps = 0;
    std::size_t stride = 0;
    std::array<float, CurveAxis::kMaxKnots> knots = {};        // The last one is no number.
    std::array<float, CurveAxis::kMaxKnots> reciprocals = {};  // Of the spacings.
    std::array<std::uint8_t, kPieces> start = {};

    Cell Find(float x) const;
  };
  static Finder MakeFinder(const CurveAxis& axis, std::size_t stride);

  float Log2Efficiency(const std::array<float, kMaxAxes>& x) const;

  /// The mean of the bytes around x, by its distances to them.
  template <std::size_t kDims>
  float Interpolate(const std::array<float, kMaxAxes>& x) const;

  Parts parts_;
  std::vector<Finder> finders_;
};

}  // namespace roofscape::perf
