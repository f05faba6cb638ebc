#include "model/calibrate/measured_gain.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "model/calibrate/model.h"
#include "model/calibrate/within.h"

namespace roofscape::calibrate {
namespace {

constexpr std::array<Kind, kSetupAxes> kKindOf = {kChipKind, kEngineKind, kPrecisionKind, kModeKind,
                                                  kSpeculationKind};

bool IsOf(const Case& c, const Setup& setup) {
  for (std::size_t i = 0; i < kSetupAxes; ++i) {
    if (setup[i] != "any" && c.kinds[kKindOf[i]] != setup[i]) return false;
  }
  return true;
}

bool SameLengths(const Case& c, const MeasuredAsk& ask) {
  constexpr double kRounding = 0.01;
  return std::abs(c.sizes[kInputSize] - std::log2(ask.input)) < kRounding &&
         std::abs(c.sizes[kOutputSize] - std::log2(ask.output)) < kRounding;
}

/// The best layout of a setup at the speed.
std::optional<double> Best(std::span<const Case> cases, const MeasuredAsk& ask, const Setup& setup,
                           const std::vector<std::optional<double>>& tput_per_chip) {
  std::map<std::string, std::vector<MeasuredLoad>> curves;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    const bool told = c.tpot_s > 0.0 && c.ttft_s > 0.0 && c.ttft_s <= ask.ttft_limit_s;
    if (!told || c.kinds[kModelKind] != ask.model || !SameLengths(c, ask)) continue;
    if (!IsOf(c, setup)) continue;
    const double tput = tput_per_chip[i].value_or(WholeWindowTput(c, c.ttft_s, c.tpot_s));
    curves[c.kinds[kCurveKind]].push_back({c.tpot_s, tput});
  }
  double best = 0.0;
  for (auto& [curve, loads] : curves) {
    best = std::max(best, MostWithin(std::move(loads), ask.tpot_limit_s));
  }
  return best > 0.0 ? std::optional<double>(best) : std::nullopt;
}

}  // namespace

std::string_view Name(SetupAxis axis) {
  constexpr std::array<std::string_view, kSetupAxes> kNames = {"chip", "engine", "precision",
                                                               "disaggregation", "speculation"};
  return kNames[static_cast<std::size_t>(axis)];
}

MeasuredGain MeasureGain(std::span<const Case> cases, const MeasuredAsk& ask,
                         const std::vector<std::optional<double>>& tput_per_chip) {
  constexpr std::size_t kMixes = std::size_t{1} << kSetupAxes;
  std::array<std::optional<double>, kMixes> best;
  for (std::size_t mix = 0; mix < kMixes; ++mix) {
    Setup setup = ask.a;
    for (std::size_t i = 0; i < kSetupAxes; ++i) {
      if ((mix >> i & 1U) != 0) setup[i] = ask.b[i];
    }
    best[mix] = Best(cases, ask, setup, tput_per_chip);
  }
  MeasuredGain out{best[0], best[kMixes - 1], {}};
  for (std::size_t i = 0; i < kSetupAxes; ++i) {
    if (ask.a[i] == ask.b[i]) continue;
    AxisGain gain{static_cast<SetupAxis>(i), 0, 0.0, 0.0, 0.0};
    double logs = 0.0;
    for (std::size_t mix = 0; mix < kMixes; ++mix) {
      if ((mix >> i & 1U) != 0) continue;
      // Of axes in which both are alike one of the two mixes is enough.
      bool twice = false;
      for (std::size_t j = 0; j < kSetupAxes; ++j) {
        twice = twice || (ask.a[j] == ask.b[j] && (mix >> j & 1U) != 0);
      }
      const auto& before = best[mix];
      const auto& after = best[mix | (std::size_t{1} << i)];
      if (twice || !before || !after) continue;
      const double times = *after / *before;
      gain.low = gain.pairs == 0 ? times : std::min(gain.low, times);
      gain.high = std::max(gain.high, times);
      logs += std::log(times);
      ++gain.pairs;
    }
    if (gain.pairs == 0) continue;
    gain.middle = std::exp(logs / static_cast<double>(gain.pairs));
    out.axes.push_back(gain);
  }
  return out;
}

}  // namespace roofscape::calibrate
