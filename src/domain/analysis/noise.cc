#include "domain/analysis/noise.h"

#include <array>
#include <cmath>

#include "base/core/check.h"

namespace roofscape::analysis {
namespace {

constexpr std::array kFloors = {
    NoiseFloor{"total_tps_per_chip", 0.0042, 0.0371, 0.1009},
    NoiseFloor{"output_tps_per_chip", 0.0042, 0.0370, 0.1009},
    NoiseFloor{"tpot_p50_s", 0.0033, 0.0345, 0.1389},
    NoiseFloor{"ttft_p50_s", 0.0198, 0.2072, 0.2826},
    NoiseFloor{"ttft_p99_s", 0.0300, 0.3555, 0.6246},
    NoiseFloor{"tpot_p99_s", 0.0060, 0.0510, 0.2284},
    NoiseFloor{"e2e_p99_s", 0.0092, 0.0734, 0.2353},
};

/// Metrics that vary as another does: its reciprocal, or the same rate over another denominator.
constexpr std::array<std::array<std::string_view, 2>, 10> kAlike = {{
    {"total_tps", "total_tps_per_chip"},
    {"input_tps", "total_tps_per_chip"},
    {"input_tps_per_chip", "total_tps_per_chip"},
    {"output_tps", "output_tps_per_chip"},
    {"request_rps", "total_tps_per_chip"},
    {"interactivity_p50_tps", "tpot_p50_s"},
    {"interactivity_p99_tps", "tpot_p99_s"},
    {"tpot_mean_s", "tpot_p50_s"},
    {"interactivity_mean_tps", "tpot_p50_s"},
    {"ttft_mean_s", "ttft_p50_s"},
}};

constexpr double kRootTwo = 1.4142135623730951;

}  // namespace

std::optional<NoiseFloor> FloorOf(std::string_view metric) {
  std::string_view name = metric;
  for (const auto& [alike, of] : kAlike) {
    if (alike == metric) name = of;
  }
  for (NoiseFloor floor : kFloors) {
    if (floor.metric != name) continue;
    floor.metric = metric;
    return floor;
  }
  return std::nullopt;
}

double TypicalSigma(const NoiseFloor& floor) { return floor.p90 / (1.6449 * kRootTwo); }

double QuietSigma(const NoiseFloor& floor) { return floor.median / (0.6745 * kRootTwo); }

LogMean LogMeanOf(std::span<const double> values) {
  RS_CHECK(!values.empty());
  LogMean out;
  out.count = values.size();
  const auto n = static_cast<double>(values.size());
  for (const double value : values) {
    RS_CHECK(value > 0);
    out.mean += std::log(value) / n;
  }
  if (values.size() < 2) return out;
  double squares = 0.0;
  for (const double value : values) squares += std::pow(std::log(value) - out.mean, 2);
  out.sigma = std::sqrt(squares / (n - 1));
  return out;
}

}  // namespace roofscape::analysis
