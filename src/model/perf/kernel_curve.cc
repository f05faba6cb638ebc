#include "model/perf/kernel_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/core/check.h"

namespace roofscape::perf {

std::string_view Name(KernelOp op) {
  static constexpr std::array<std::string_view, kKernelOps> kNames = {
      "gemm",           "moe",
      "prefill",        "decode",
      "mla-prefill",    "mla-decode",
      "mla-prefill-module", "mla-decode-module",
      "all-reduce-graph", "all-reduce-eager",
      "nccl-all-reduce", "nccl-all-gather",
      "nccl-reduce-scatter", "nccl-all-to-all",
      "dispatch",       "combine",
      "exchange-prepare"};
  return kNames[static_cast<std::size_t>(op)];
}

std::string_view Name(KernelEngine engine) {
  static constexpr std::array<std::string_view, kKernelEngines> kNames = {"vllm", "sglang",
                                                                         "trtllm", "nccl"};
  return kNames[static_cast<std::size_t>(engine)];
}

std::uint16_t MoeVariant(Routing routing, bool gated) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(routing) + (gated ? 0u : 4u));
}

std::uint16_t AttentionVariant(int head_dim, bool windowed) {
  return static_cast<std::uint16_t>(2 * head_dim + (windowed ? 1 : 0));
}

std::uint16_t ModuleVariant(Precision projections) {
  return static_cast<std::uint16_t>(projections);
}

std::uint16_t ExchangeVariant(Exchange exchange) { return static_cast<std::uint16_t>(exchange); }

KernelCurve::KernelCurve(Parts parts) : parts_(std::move(parts)) {
  RS_CHECK(!parts_.axes.empty() && parts_.axes.size() <= kMaxAxes);
  std::size_t stride = 1;
  for (std::size_t a = parts_.axes.size(); a-- > 0;) {
    CurveAxis& axis = parts_.axes[a];
    RS_CHECK(axis.size >= 1 && axis.size <= CurveAxis::kMaxKnots);
    const auto size = static_cast<std::size_t>(axis.size);
    strides_[a] = stride;
    stride *= size;
    for (std::size_t i = 0; i + 1 < size; ++i) {
      RS_CHECK(axis.knots[i] < axis.knots[i + 1]);
      reciprocals_[a][i] = 1 / (axis.knots[i + 1] - axis.knots[i]);
    }
    // So that counting the knots below a coordinate needs no length.
    std::fill(axis.knots.begin() + axis.size, axis.knots.end(),
              std::numeric_limits<float>::infinity());
  }
  RS_CHECK(parts_.values.size() == stride);
}

KernelCurve::Cell KernelCurve::FindCell(std::size_t a, float x) const {
  const CurveAxis& axis = parts_.axes[a];
  if (axis.size == 1) return {};
  int below = 0;
  for (const float knot : axis.knots) below += x >= knot ? 1 : 0;  // Vectorised: no branch.
  const auto i = static_cast<std::size_t>(std::clamp(below - 1, 0, axis.size - 2));
  const float fraction = std::clamp((x - axis.knots[i]) * reciprocals_[a][i], 0.0f, 1.0f);
  return {i * strides_[a], strides_[a], fraction};
}

double KernelCurve::Efficiency(const std::array<float, kMaxAxes>& x) const {
  std::array<Cell, kMaxAxes> cells = {};
  const std::size_t dims = parts_.axes.size();
  std::size_t base = 0;
  for (std::size_t a = 0; a < dims; ++a) {
    cells[a] = FindCell(a, x[a]);
    base += cells[a].offset;
  }
  // The axes beyond dims have stride 0 and fraction 0; only the corners that exist are read.
  const std::uint8_t* const values = parts_.values.data() + base;
  const auto line = [&](std::size_t at) {
    const auto low = static_cast<float>(values[at]);
    return low + cells[0].fraction * (static_cast<float>(values[at + cells[0].stride]) - low);
  };
  const auto plane = [&](std::size_t at) {
    const float low = line(at);
    return low + cells[1].fraction * (line(at + cells[1].stride) - low);
  };
  const auto cube = [&](std::size_t at) {
    const float low = plane(at);
    return low + cells[2].fraction * (plane(at + cells[2].stride) - low);
  };
  float value = dims <= 2 ? plane(0) : cube(0);
  if (dims > 3) value += cells[3].fraction * (cube(cells[3].stride) - value);
  return static_cast<double>(std::exp2(parts_.low + parts_.step * value));
}

double KernelCurve::Seconds(const KernelPoint& point) const {
  return (point.roof_s + floor_s()) / Efficiency(point.x);
}

double KernelCurve::OctavesOutside(const KernelPoint& point) const {
  double outside = 0;
  for (std::size_t a = 0; a < parts_.axes.size(); ++a) {
    const CurveAxis& axis = parts_.axes[a];
    const float last = axis.knots[static_cast<std::size_t>(axis.size) - 1];
    outside += static_cast<double>(
        std::max({0.0f, axis.knots.front() - point.x[a], point.x[a] - last}));
  }
  return outside;
}

}  // namespace roofscape::perf
