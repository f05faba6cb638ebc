#include "model/calibrate/fit.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "model/calibrate/linear.h"

namespace roofscape::calibrate {
namespace {

using perf::kCoefficients;
using Slope = perf::Dual<kCoefficients>;

constexpr double kFreedom = 4.0;  // Of the t distribution.

/// Coefficients as variables: the derivative is by the logarithm of each that moves.
perf::Coefficients<Slope> Variables(const std::array<double, kCoefficients>& values,
                                    const perf::Without& without) {
  perf::Coefficients<Slope> out;
  for (std::size_t c = 0; c < kCoefficients; ++c) {
    out[c] = Slope(values[c]);
    if (!perf::FixedBy(without, c)) out[c].slope[c] = values[c];
  }
  return out;
}

/// Places of one setting's numbers in the vector of fitted ones.
struct Places {
  static constexpr std::size_t kEach = 5;
  std::array<std::size_t, kEach * kCoefficients> of = {};

  explicit Places(const perf::Setting& s) {
    for (std::size_t c = 0; c < kCoefficients; ++c) {
      of[kEach * c] = perf::BaseIndex(c);
      of[kEach * c + 1] = perf::EngineIndex(c, s.engine);
      of[kEach * c + 2] = perf::GenerationIndex(c, static_cast<std::size_t>(s.generation));
      of[kEach * c + 3] = perf::ProtocolIndex(c, s.protocol);
      of[kEach * c + 4] = perf::ProtocolIndex(
          c, s.protocol > perf::kFixedProtocol ? perf::kFixedProtocol : perf::kBurstProtocol);
    }
  }
};

/// The fit's view of all numbers: only those with a prior spread move.
class Problem {
 public:
  Problem(std::span<const Case> cases, std::span<const double> trust, const FitOptions& options)
      : cases_(cases), options_(options), spreads_(perf::PriorSpreads()) {
    std::map<std::string_view, double> sizes;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (trust[i] <= 0.0) continue;
      chosen_.push_back(i);
      sizes[cases[i].kinds[kCurveKind]] += 1.0;
    }
    for (const std::size_t i : chosen_) {
      weights_.push_back(trust[i] / std::sqrt(sizes[cases[i].kinds[kCurveKind]]));
    }
    slot_.assign(perf::kFitted, perf::kFitted);
    for (std::size_t i = 0; i < perf::kFitted; ++i) {
      if (spreads_[i] > 0.0) slot_[i] = active_++;
    }
  }

  std::size_t active() const { return active_; }

  /// Minus the logarithm of the posterior, without constants.
  double Loss(std::span<const double> z) const {
    double loss = PriorLoss(z);
    for (std::size_t k = 0; k < chosen_.size(); ++k) {
      const LogErrors e = ErrorsOf(cases_[chosen_[k]], z);
      loss += weights_[k] * (Rho(e.ttft / options_.ttft_scale) + Rho(e.tpot / options_.tpot_scale));
    }
    return loss;
  }

  /// Gauss-Newton's matrix and gradient, with the t distribution's weights.
  void Linearize(std::span<const double> z, SymmetricMatrix& a, std::vector<double>& g) const {
    a.SetZero();
    std::fill(g.begin(), g.end(), 0.0);
    for (std::size_t i = 0; i < perf::kFitted; ++i) {
      if (slot_[i] == perf::kFitted) continue;
      a.At(slot_[i], slot_[i]) += 1.0 / (spreads_[i] * spreads_[i]);
      g[slot_[i]] += z[i] / (spreads_[i] * spreads_[i]);
    }
    // Rows of one setting share the places of their derivatives: sum first, spread once.
    std::map<std::size_t, std::vector<std::size_t>> by_setting;
    for (std::size_t k = 0; k < chosen_.size(); ++k) {
      by_setting[SettingKey(cases_[chosen_[k]].setting)].push_back(k);
    }
    for (const auto& [key, rows] : by_setting) AddSetting(z, rows, a, g);
  }

  void Move(std::vector<double>& z, std::span<const double> step) const {
    for (std::size_t i = 0; i < perf::kFitted; ++i) {
      if (slot_[i] == perf::kFitted) continue;
      const double bound = 4.0 * spreads_[i];
      z[i] = std::clamp(z[i] - std::clamp(step[slot_[i]], -0.7, 0.7), -bound, bound);
    }
  }

 private:
  static double Rho(double r) { return 0.5 * (kFreedom + 1.0) * std::log1p(r * r / kFreedom); }
  static double Weight(double r) { return (kFreedom + 1.0) / (kFreedom + r * r); }
  static std::size_t SettingKey(const perf::Setting& s) {
    return (s.engine * perf::kGenerations + static_cast<std::size_t>(s.generation)) *
               perf::kProtocolClasses +
           s.protocol;
  }

  double PriorLoss(std::span<const double> z) const {
    double loss = 0.0;
    for (std::size_t i = 0; i < perf::kFitted; ++i) {
      if (spreads_[i] > 0.0) loss += 0.5 * z[i] * z[i] / (spreads_[i] * spreads_[i]);
    }
    return loss;
  }

  void AddSetting(std::span<const double> z, const std::vector<std::size_t>& rows,
                  SymmetricMatrix& a, std::vector<double>& g) const {
    const perf::Setting& setting = cases_[chosen_[rows[0]]].setting;
    const auto variables = Variables(perf::CoefficientsFor(z, setting), setting.without);
    std::array<double, kCoefficients * kCoefficients> outer = {};
    std::array<double, kCoefficients> gradient = {};
    for (const std::size_t k : rows) {
      const Case& c = cases_[chosen_[k]];
      const auto point = perf::MeanField(c.service, variables, c.load);
      AddOutput(point.ttft, c.ttft_s, options_.ttft_scale, weights_[k], outer, gradient);
      AddOutput(point.tpot, c.tpot_s, options_.tpot_scale, weights_[k], outer, gradient);
    }
    const Places places(setting);
    for (std::size_t i = 0; i < kCoefficients; ++i) {
      for (std::size_t u = 0; u < Places::kEach; ++u) {
        const std::size_t row = slot_[places.of[Places::kEach * i + u]];
        if (row == perf::kFitted) continue;
        g[row] += gradient[i];
        for (std::size_t j = 0; j < kCoefficients; ++j) {
          for (std::size_t v = 0; v < Places::kEach; ++v) {
            const std::size_t column = slot_[places.of[Places::kEach * j + v]];
            if (column == perf::kFitted || column > row) continue;
            a.At(row, column) += outer[i * kCoefficients + j];
          }
        }
      }
    }
  }

  static void AddOutput(const Slope& predicted, double measured, double scale, double weight,
                        std::array<double, kCoefficients * kCoefficients>& outer,
                        std::array<double, kCoefficients>& gradient) {
    if (measured <= 0.0 || !(predicted.value > 0.0)) return;
    const double r = std::log(predicted.value / measured) / scale;
    const double w = weight * Weight(r);
    std::array<double, kCoefficients> j;
    for (std::size_t i = 0; i < kCoefficients; ++i) {
      j[i] = predicted.slope[i] / (predicted.value * scale);
    }
    for (std::size_t i = 0; i < kCoefficients; ++i) {
      gradient[i] += w * r * j[i];
      for (std::size_t k = 0; k < kCoefficients; ++k) {
        outer[i * kCoefficients + k] += w * j[i] * j[k];
      }
    }
  }

  std::span<const Case> cases_;
  FitOptions options_;
  std::vector<double> spreads_;
  std::vector<std::size_t> chosen_;
  std::vector<double> weights_;
  std::vector<std::size_t> slot_;
  std::size_t active_ = 0;
};

Fit FitOnce(std::span<const Case> cases, std::span<const double> trust, std::vector<double> start,
            const FitOptions& options) {
  const Problem problem(cases, trust, options);
  Fit fit;
  fit.fitted = std::move(start);
  fit.loss = problem.Loss(fit.fitted);
  SymmetricMatrix a(problem.active());
  std::vector<double> g(problem.active());
  double damping = 1e-2;
  for (; fit.iterations < options.max_iterations; ++fit.iterations) {
    problem.Linearize(fit.fitted, a, g);
    bool better = false;
    double gain = 0.0;
    for (int attempt = 0; attempt < 6 && !better; ++attempt) {
      SymmetricMatrix damped = a;
      for (std::size_t i = 0; i < problem.active(); ++i) damped.At(i, i) *= 1.0 + damping;
      std::vector<double> step = g;
      if (damped.Factor()) {
        damped.Solve(step);
        std::vector<double> moved = fit.fitted;
        problem.Move(moved, step);
        const double loss = problem.Loss(moved);
        better = loss < fit.loss;
        if (better) {
          gain = fit.loss - loss;
          fit.fitted = std::move(moved);
          fit.loss = loss;
        }
      }
      damping = better ? std::max(damping * 0.3, 1e-6) : damping * 4.0;
    }
    if (!better || gain < 1e-4 * fit.loss) break;
  }
  return fit;
}

/// Divides the trust of groups of rows by how far the fit misses their median.
void DoubtGroups(std::span<const Case> cases, const Fit& fit, std::vector<double>& trust) {
  constexpr double kUsual = 0.12;  // Of a group's median error of log TPOT.
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (trust[i] <= 0.0 || cases[i].tpot_s <= 0.0) continue;
    std::string key;
    for (const Kind k : {kChipKind, kModelKind, kEngineKind, kPrecisionKind, kProtocolKind}) {
      key += cases[i].kinds[k] + "|";
    }
    groups[key].push_back(i);
  }
  for (const auto& [key, members] : groups) {
    std::vector<double> errors;
    for (const std::size_t i : members) errors.push_back(ErrorsOf(cases[i], fit.fitted).tpot);
    std::nth_element(errors.begin(),
                     errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2), errors.end());
    const double off = errors[errors.size() / 2] / kUsual;
    for (const std::size_t i : members) trust[i] /= 1.0 + off * off;
  }
}

}  // namespace

LogErrors ErrorsOf(const Case& c, std::span<const double> fitted) {
  const auto coefficients = perf::CoefficientsFor(fitted, c.setting);
  const auto point = perf::MeanField(c.service, coefficients, c.load);
  LogErrors e;
  if (c.ttft_s > 0.0) e.ttft = std::log(point.ttft / c.ttft_s);
  if (c.tpot_s > 0.0) e.tpot = std::log(point.tpot / c.tpot_s);
  return e;
}

Fit FitCoefficients(std::span<const Case> cases, std::span<const char> used,
                    const FitOptions& options) {
  std::vector<double> trust(cases.size(), 0.0);
  for (std::size_t i = 0; i < cases.size(); ++i) trust[i] = used[i] ? cases[i].trust : 0.0;
  const Fit first = FitOnce(cases, trust, std::vector<double>(perf::kFitted, 0.0), options);
  DoubtGroups(cases, first, trust);
  return FitOnce(cases, trust, first.fitted, options);
}

}  // namespace roofscape::calibrate
