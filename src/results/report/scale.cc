#include "results/report/scale.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/core/check.h"
#include "base/core/text.h"

namespace roofscape::report {
namespace {

/// The round step (1, 2, 5 x 10^k) nearest above span / count.
double RoundStep(double span, int count) {
  const double raw = span / std::max(1, count);
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

/// 1, 2, 5, 10, 20, ... that lie in [low, high], one beyond it at each side.
std::vector<double> OneTwoFive(double low, double high) {
  std::vector<double> all;
  const int first = static_cast<int>(std::floor(std::log10(low))) - 1;
  const int last = static_cast<int>(std::ceil(std::log10(high))) + 1;
  for (int k = first; k <= last; ++k) {
    for (const double factor : {1.0, 2.0, 5.0}) all.push_back(factor * std::pow(10.0, k));
  }
  const double slack = 1e-9;
  const auto begin =
      std::find_if(all.begin(), all.end(), [&](double v) { return v > low * (1 + slack); }) - 1;
  const auto end =
      std::find_if(all.begin(), all.end(), [&](double v) { return v >= high * (1 - slack); }) + 1;
  return {begin, std::max(end, begin + 2)};
}

}  // namespace

Scale Scale::Linear(double high, int tick_count) {
  Scale scale;
  if (!std::isfinite(high) || high <= 0) high = 1;
  const double step = RoundStep(high, tick_count);
  const double steps = std::ceil(high / step * (1 - 1e-9));
  scale.high_ = step * steps;
  scale.decimals_ = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  for (int i = 0; i <= static_cast<int>(steps); ++i) scale.ticks_.push_back(step * i);
  return scale;
}

Scale Scale::Log(double low, double high, int tick_count) {
  RS_CHECK(low > 0 && low <= high && std::isfinite(high));
  Scale scale;
  scale.log_ = true;
  std::vector<double> ticks = OneTwoFive(low, high);
  scale.low_ = ticks.front();
  scale.high_ = ticks.back();
  if (static_cast<int>(ticks.size()) > tick_count) {
    std::vector<double> powers;
    for (const double v : ticks) {
      const double exponent = std::log10(v);
      if (std::abs(exponent - std::round(exponent)) < 1e-6) powers.push_back(v);
    }
    if (powers.size() >= 2) ticks = std::move(powers);
  }
  scale.ticks_ = std::move(ticks);
  return scale;
}

void Scale::Place(double begin, double end) {
  begin_ = begin;
  end_ = end;
}

double Scale::At(double value) const {
  const double inside = std::clamp(value, low_, high_);
  const double part =
      log_ ? std::log(inside / low_) / std::log(high_ / low_) : (inside - low_) / (high_ - low_);
  return begin_ + part * (end_ - begin_);
}

std::string Scale::TickText(double tick) const {
  if (!log_) {
    if (decimals_ == 0) return WithCommas(std::llround(tick));
    return fmt::format("{:.{}f}", tick, decimals_);
  }
  if (tick >= 1 - 1e-9) return WithCommas(std::llround(tick));
  return fmt::format("{:.{}f}", tick, static_cast<int>(std::ceil(-std::log10(tick) - 1e-9)));
}

}  // namespace roofscape::report
