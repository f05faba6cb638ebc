#include "fit.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace roofscape::kernel_curves {
namespace {

using perf::CurveAxis;
using perf::KernelCurve;

constexpr int kCorners = 1 << perf::kMaxAxes;
constexpr int kRounds = 3;      // Of reweighting.
constexpr int kMaxSteps = 80;   // Of conjugate gradients in each.
constexpr double kBend = 0.02;  // Penalties, in rows' weights.
constexpr double kSlope = 0.002;
constexpr double kSmall = 0.02;  // log2: errors below count as this when reweighted.

/// A row as the solver sees it: the nodes around it and their shares.
struct Equation {
  std::array<std::uint32_t, kCorners> node = {};
  std::array<float, kCorners> share = {};
  float target = 0;
  float weight = 1;
};

class Solver {
 public:
  Solver(const std::vector<CurveAxis>& axes, std::vector<Equation> equations)
      : equations_(std::move(equations)), corners_(std::size_t{1} << axes.size()) {
    std::size_t stride = 1;
    for (std::size_t a = axes.size(); a-- > 0;) {
      strides_.insert(strides_.begin(), stride);
      sizes_.insert(sizes_.begin(), static_cast<std::size_t>(axes[a].size));
      stride *= static_cast<std::size_t>(axes[a].size);
    }
    nodes_ = stride;
  }

  std::vector<double> Solve() {
    std::vector<double> grid(nodes_, Mean());
    for (auto& equation : equations_) weights_.push_back(equation.weight);
    for (int round = 0; round < kRounds; ++round) {
      Descend(grid);
      for (std::size_t i = 0; i < equations_.size(); ++i) {
        const double miss = std::abs(Predict(grid, equations_[i]) - equations_[i].target);
        weights_[i] = equations_[i].weight * 4 * kSmall / std::max(miss, kSmall);
      }
    }
    return grid;
  }

 private:
  double Mean() const {
    double sum = 0;
    for (const Equation& equation : equations_) sum += equation.target;
    return sum / static_cast<double>(equations_.size());
  }

  double Predict(const std::vector<double>& grid, const Equation& equation) const {
    double value = 0;
    for (std::size_t c = 0; c < corners_; ++c) {
      value += static_cast<double>(equation.share[c]) * grid[equation.node[c]];
    }
    return value;
  }

  /// out += (A'WA + penalties) grid.
  void Apply(const std::vector<double>& grid, std::vector<double>& out) const {
    std::fill(out.begin(), out.end(), 0.0);
    for (std::size_t i = 0; i < equations_.size(); ++i) {
      const Equation& equation = equations_[i];
      const double value = weights_[i] * Predict(grid, equation);
      for (std::size_t c = 0; c < corners_; ++c) {
        out[equation.node[c]] += static_cast<double>(equation.share[c]) * value;
      }
    }
    for (std::size_t a = 0; a < sizes_.size(); ++a) ApplyPenalty(a, grid, out);
  }

  void ApplyPenalty(std::size_t a, const std::vector<double>& grid,
                    std::vector<double>& out) const {
    const std::size_t stride = strides_[a];
    for (std::size_t at = 0; at < nodes_; ++at) {
      const std::size_t index = at / stride % sizes_[a];
      if (index + 1 < sizes_[a]) {
        const double slope = kSlope * (grid[at + stride] - grid[at]);
        out[at] -= slope;
        out[at + stride] += slope;
      }
      if (index + 2 < sizes_[a]) {
        const double bend = kBend * (grid[at] - 2 * grid[at + stride] + grid[at + 2 * stride]);
        out[at] += bend;
        out[at + stride] -= 2 * bend;
        out[at + 2 * stride] += bend;
      }
    }
  }

  std::vector<double> Diagonal() const {
    std::vector<double> diagonal(nodes_, 6 * kBend + 2 * kSlope);
    for (std::size_t i = 0; i < equations_.size(); ++i) {
      for (std::size_t c = 0; c < corners_; ++c) {
        const auto share = static_cast<double>(equations_[i].share[c]);
        diagonal[equations_[i].node[c]] += weights_[i] * share * share;
      }
    }
    return diagonal;
  }

  /// Conjugate gradients, preconditioned by the diagonal, from `grid` on.
  void Descend(std::vector<double>& grid) const {
    std::vector<double> image(nodes_);
    std::vector<double> residual(nodes_, 0);
    Apply(grid, image);
    for (std::size_t i = 0; i < equations_.size(); ++i) {
      const Equation& equation = equations_[i];
      for (std::size_t c = 0; c < corners_; ++c) {
        residual[equation.node[c]] += weights_[i] * static_cast<double>(equation.share[c]) *
                                      static_cast<double>(equation.target);
      }
    }
    for (std::size_t n = 0; n < nodes_; ++n) residual[n] -= image[n];
    const std::vector<double> diagonal = Diagonal();
    std::vector<double> direction(nodes_, 0);
    double last = 0;
    double first = 0;
    for (int step = 0; step < kMaxSteps; ++step) {
      double energy = 0;
      for (std::size_t n = 0; n < nodes_; ++n) energy += residual[n] * residual[n] / diagonal[n];
      if (step == 0) first = energy;
      if (energy <= 1e-7 * first || energy <= 1e-12) return;
      const double keep = step == 0 ? 0 : energy / last;
      for (std::size_t n = 0; n < nodes_; ++n) {
        direction[n] = residual[n] / diagonal[n] + keep * direction[n];
      }
      last = energy;
      Apply(direction, image);
      double curvature = 0;
      for (std::size_t n = 0; n < nodes_; ++n) curvature += direction[n] * image[n];
      const double length = energy / curvature;
      for (std::size_t n = 0; n < nodes_; ++n) {
        grid[n] += length * direction[n];
        residual[n] -= length * image[n];
      }
    }
  }

  std::vector<Equation> equations_;
  std::vector<double> weights_;
  std::size_t corners_;
  std::vector<std::size_t> strides_;
  std::vector<std::size_t> sizes_;
  std::size_t nodes_ = 0;
};

Equation MakeEquation(const std::vector<CurveAxis>& axes, const Sample& sample, float floor_s) {
  Equation equation;
  equation.share[0] = 1;
  equation.target = std::log2((sample.roof_s + floor_s) / sample.time_s);
  equation.weight = sample.weight;
  std::size_t corners = 1;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const CurveAxis& axis = axes[a];
    int i = 0;
    while (i + 2 < axis.size && sample.x[a] >= axis.knots[static_cast<std::size_t>(i) + 1]) ++i;
    float fraction = 0;
    if (axis.size > 1) {
      const float low = axis.knots[static_cast<std::size_t>(i)];
      const float high = axis.knots[static_cast<std::size_t>(i) + 1];
      fraction = std::clamp((sample.x[a] - low) / (high - low), 0.0f, 1.0f);
    }
    const auto lower = static_cast<std::uint32_t>(i);
    const std::uint32_t upper = axis.size > 1 ? lower + 1 : lower;
    for (std::size_t c = 0; c < corners; ++c) {
      const std::uint32_t node = equation.node[c] * static_cast<std::uint32_t>(axis.size);
      const float share = equation.share[c];
      equation.node[c] = node + lower;
      equation.share[c] = share * (1 - fraction);
      equation.node[corners + c] = node + upper;
      equation.share[corners + c] = share * fraction;
    }
    corners *= 2;
  }
  return equation;
}

/// Which samples are held out to judge the fit: a fifth of the sites, or, where the draw falls on
/// none or on all, a fifth of the rows.
std::vector<bool> HoldOut(std::span<const Sample> samples) {
  std::vector<bool> out;
  for (const Sample& sample : samples) out.push_back(sample.site % 5 == 0);
  const auto count = static_cast<std::size_t>(std::count(out.begin(), out.end(), true));
  if (count == 0 || count == out.size()) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = i % 5 == 2;
  }
  return out;
}

std::vector<Sample> Where(std::span<const Sample> samples, const std::vector<bool>& held_out,
                          bool wanted) {
  std::vector<Sample> taken;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (held_out[i] == wanted) taken.push_back(samples[i]);
  }
  return taken;
}

/// Fits the grid and packs it into bytes.
KernelCurve FitOnce(KernelCurve::Parts parts, std::span<const Sample> samples) {
  std::vector<Equation> equations;
  for (const Sample& sample : samples) {
    equations.push_back(MakeEquation(parts.axes, sample, parts.floor_s));
  }
  const std::vector<double> grid = Solver(parts.axes, std::move(equations)).Solve();
  const auto [low, high] = std::minmax_element(grid.begin(), grid.end());
  parts.low = static_cast<float>(*low);
  parts.step = static_cast<float>((*high - *low) / 255);
  parts.values.clear();
  for (const double value : grid) {
    const double steps =
        parts.step > 0 ? (value - static_cast<double>(parts.low)) / static_cast<double>(parts.step)
                       : 0;
    parts.values.push_back(static_cast<std::uint8_t>(std::clamp(std::lround(steps), 0L, 255L)));
  }
  return KernelCurve(std::move(parts));
}

/// Median and 90th percentile of |ln(curve / measured)|.
std::pair<float, float> Misses(const KernelCurve& curve, std::span<const Sample> samples) {
  std::vector<float> misses;
  for (const Sample& sample : samples) {
    const double time = curve.Seconds({static_cast<double>(sample.roof_s), sample.x});
    misses.push_back(
        static_cast<float>(std::abs(std::log(time / static_cast<double>(sample.time_s)))));
  }
  const auto quantile = [&](double q) {
    const auto at = misses.begin() + std::lround(q * static_cast<double>(misses.size() - 1));
    std::nth_element(misses.begin(), at, misses.end());
    return *at;
  };
  const float median = quantile(0.5);
  return {median, quantile(0.9)};
}

/// A time below which hardly a call of the curve comes, with its roof taken off.
float FloorOf(std::span<const Sample> samples) {
  std::vector<float> rest;
  for (const Sample& sample : samples) rest.push_back(sample.time_s - sample.roof_s);
  const auto at = rest.begin() + static_cast<std::ptrdiff_t>(rest.size() / 50);
  std::nth_element(rest.begin(), at, rest.end());
  return std::max(*at, 5e-7f);
}

}  // namespace

std::vector<CurveAxis> TrimAxes(std::span<const Sample> samples,
                                std::span<const std::vector<float>> knots) {
  std::vector<CurveAxis> axes;
  for (std::size_t a = 0; a < knots.size(); ++a) {
    float low = samples[0].x[a];
    float high = low;
    for (const Sample& sample : samples) {
      low = std::min(low, sample.x[a]);
      high = std::max(high, sample.x[a]);
    }
    CurveAxis axis;
    const auto add = [&](float knot) { axis.knots[static_cast<std::size_t>(axis.size++)] = knot; };
    add(low);
    for (const float knot : knots[a]) {
      if (knot > low + 0.15f && knot < high - 0.15f) add(knot);
    }
    if (high > low) add(high);
    axes.push_back(axis);
  }
  return axes;
}

KernelCurve Fit(const perf::KernelKey& key, const perf::Roofs& roofs,
                std::span<const Sample> samples, std::span<const std::vector<float>> knots) {
  KernelCurve::Parts parts;
  parts.key = key;
  parts.roofs = roofs;
  parts.axes = TrimAxes(samples, knots);
  parts.floor_s = FloorOf(samples);
  parts.rows = static_cast<std::uint32_t>(samples.size());
  const KernelCurve whole = FitOnce(parts, samples);
  std::tie(parts.error.fit_median, parts.error.fit_p90) = Misses(whole, samples);
  parts.error.held_out_median = parts.error.fit_median;
  parts.error.held_out_p90 = parts.error.fit_p90;
  const std::vector<bool> held_out = HoldOut(samples);
  const std::vector<Sample> kept = Where(samples, held_out, false);
  const std::vector<Sample> asked = Where(samples, held_out, true);
  if (!kept.empty() && !asked.empty()) {
    std::tie(parts.error.held_out_median, parts.error.held_out_p90) =
        Misses(FitOnce(parts, kept), asked);
  }
  KernelCurve::Parts done = whole.parts();
  done.error = parts.error;
  return KernelCurve(std::move(done));
}

}  // namespace roofscape::kernel_curves
