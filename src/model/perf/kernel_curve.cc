#include "model/perf/kernel_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/core/check.h"

namespace roofscape::perf {

std::string_view Name(KernelOp op) {
  static constexpr std::array<std::string_view, kKernelOps> kNames = {"gemm",
                                                                      "moe",
                                                                      "prefill",
                                                                      "decode",
                                                                      "mla-prefill",
                                                                      "mla-decode",
                                                                      "mla-prefill-module",
                                                                      "mla-decode-module",
                                                                      "all-reduce-graph",
                                                                      "all-reduce-eager",
                                                                      "nccl-all-reduce",
                                                                      "nccl-all-gather",
                                                                      "nccl-reduce-scatter",
                                                                      "nccl-all-to-all",
                                                                      "dispatch",
                                                                      "combine",
                                                                      "exchange-prepare",
                                                                      "mla-bmm-in",
                                                                      "mla-bmm-out",
                                                                      "recurrent-convolution",
                                                                      "recurrent-prefill",
                                                                      "recurrent-decode",
                                                                      "sparse-prefill-module",
                                                                      "sparse-decode-module"};
  return kNames[static_cast<std::size_t>(op)];
}

std::string_view Name(KernelEngine engine) {
  static constexpr std::array<std::string_view, kKernelEngines> kNames = {"vllm", "sglang",
                                                                          "trtllm", "nccl"};
  return kNames[static_cast<std::size_t>(engine)];
}

std::uint16_t MoeVariant(Routing routing, bool gated, MoeInput input) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(routing) + (gated ? 0u : 8u) +
                                    16 * static_cast<unsigned>(input));
}

std::uint16_t AttentionVariant(int head_dim, bool windowed) {
  return static_cast<std::uint16_t>(2 * head_dim + (windowed ? 1 : 0));
}

std::uint16_t ModuleVariant(KernelPrecision projections) {
  return static_cast<std::uint16_t>(projections);
}

std::uint16_t SparseVariant(SparseBlock block, KernelPrecision projections) {
  return static_cast<std::uint16_t>(16 * static_cast<unsigned>(block) +
                                    static_cast<unsigned>(projections));
}

std::uint16_t ExchangeVariant(Exchange exchange) { return static_cast<std::uint16_t>(exchange); }

std::uint16_t RecurrentVariant(Recurrence kind, bool decode) {
  return static_cast<std::uint16_t>(2 * static_cast<unsigned>(kind) + (decode ? 1u : 0u));
}

KernelCurve::KernelCurve(Parts parts) : parts_(std::move(parts)) {
  RS_CHECK(!parts_.axes.empty() && parts_.axes.size() <= kMaxAxes);
  std::size_t stride = 1;
  finders_.resize(parts_.axes.size());
  for (std::size_t a = parts_.axes.size(); a-- > 0;) {
    finders_[a] = MakeFinder(parts_.axes[a], stride);
    stride *= static_cast<std::size_t>(parts_.axes[a].size);
  }
  RS_CHECK(parts_.values.size() == stride);
}

KernelCurve::Finder KernelCurve::MakeFinder(const CurveAxis& axis, std::size_t stride) {
  RS_CHECK(axis.size >= 1 && axis.size <= CurveAxis::kMaxKnots);
  Finder finder;
  if (axis.size == 1) return finder;  // Every cell is {0, 0, 0}.
  const auto last = static_cast<std::size_t>(axis.size) - 1;
  finder.knots = axis.knots;
  finder.knots[last] = std::numeric_limits<float>::quiet_NaN();  // At or below no coordinate.
  finder.first = axis.knots[0];
  finder.stride = stride;
  for (std::size_t i = 0; i < last; ++i) {
    RS_CHECK(axis.knots[i] < axis.knots[i + 1]);
    finder.reciprocals[i] = 1 / (axis.knots[i + 1] - axis.knots[i]);
  }
  const float width = (axis.knots[last] - finder.first) / Finder::kPieces;
  finder.pieces_per_octave = 1 / width;
  const auto cell_of = [&](float x) {
    std::size_t cell = 0;
    while (cell + 1 < last && axis.knots[cell + 1] <= x) ++cell;
    return cell;
  };
  for (std::size_t piece = 0; piece < finder.start.size(); ++piece) {
    // Half a piece more on both sides, lest rounding put a coordinate into the piece beside its
    // own.
    const float middle = finder.first + (static_cast<float>(piece) + 0.5f) * width;
    const std::size_t cell = cell_of(middle - width);
    finder.start[piece] = static_cast<std::uint8_t>(cell);
    finder.steps = std::max(finder.steps, static_cast<int>(cell_of(middle + width) - cell));
  }
  return finder;
}

inline KernelCurve::Cell KernelCurve::Finder::Find(float x) const {
  // Written so that no value at all, not even one that is no number, leads outside of `start`.
  float piece = (x - first) * pieces_per_octave;
  piece = piece > 0 ? piece : 0;
  piece = piece < kPieces - 1 ? piece : kPieces - 1;
  std::size_t cell = start[static_cast<std::size_t>(static_cast<int>(piece))];
  for (int step = 0; step < steps; ++step) cell += x >= knots[cell + 1] ? 1u : 0u;
  float fraction = (x - knots[cell]) * reciprocals[cell];
  fraction = fraction > 0 ? fraction : 0;
  fraction = fraction < 1 ? fraction : 1;
  return {cell * stride, stride, fraction};
}

template <std::size_t kDims>
float KernelCurve::Interpolate(const std::array<float, kMaxAxes>& x) const {
  constexpr std::size_t kCorners = std::size_t{1} << kDims;
  std::array<float, kCorners> corner;
  std::array<std::size_t, kCorners> at;
  std::array<float, kDims> fractions;
  at[0] = 0;
  // The corners' places double with each axis; then each axis halves their values.
  for (std::size_t a = 0; a < kDims; ++a) {
    const Cell cell = finders_[a].Find(x[a]);
    fractions[a] = cell.fraction;
    const std::size_t known = std::size_t{1} << a;
    for (std::size_t c = 0; c < known; ++c) {
      at[c] += cell.offset;
      at[known + c] = at[c] + cell.stride;
    }
  }
  const std::uint8_t* const values = parts_.values.data();
  for (std::size_t c = 0; c < kCorners; ++c) corner[c] = static_cast<float>(values[at[c]]);
  for (std::size_t a = kDims; a-- > 0;) {
    const std::size_t half = std::size_t{1} << a;
    for (std::size_t c = 0; c < half; ++c) {
      corner[c] += fractions[a] * (corner[half + c] - corner[c]);
    }
  }
  return corner[0];
}

float KernelCurve::Log2Efficiency(const std::array<float, kMaxAxes>& x) const {
  float value = 0;
  switch (finders_.size()) {
    case 1: value = Interpolate<1>(x); break;
    case 2: value = Interpolate<2>(x); break;
    case 3: value = Interpolate<3>(x); break;
    default: value = Interpolate<4>(x); break;
  }
  return parts_.low + parts_.step * value;
}

double KernelCurve::Efficiency(const std::array<float, kMaxAxes>& x) const {
  return static_cast<double>(std::exp2(Log2Efficiency(x)));
}

double KernelCurve::Seconds(const KernelPoint& point) const {
  return (point.roof_s + floor_s()) * static_cast<double>(std::exp2(-Log2Efficiency(point.x)));
}

double KernelCurve::OctavesOutside(const KernelPoint& point) const {
  double outside = 0;
  for (std::size_t a = 0; a < parts_.axes.size(); ++a) {
    const CurveAxis& axis = parts_.axes[a];
    const float last = axis.knots[static_cast<std::size_t>(axis.size) - 1];
    outside +=
        static_cast<double>(std::max({0.0f, axis.knots.front() - point.x[a], point.x[a] - last}));
  }
  return outside;
}

}  // namespace roofscape::perf
