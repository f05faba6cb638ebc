#include "measure/host/probe_result.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/core/check.h"

namespace roofscape::host {
namespace {

constexpr double kMostSpread = 0.15;
constexpr double kMostSteal = 0.02;
constexpr std::int64_t kFewestRepeats = 3;

double Median(std::vector<double> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

template <class Reading>
std::int64_t Noisy(const std::vector<Reading>& readings, Repeated Reading::* value) {
  return std::count_if(readings.begin(), readings.end(),
                       [&](const Reading& reading) { return IsNoisy(reading.*value); });
}

}  // namespace

double Repeated::spread() const {
  if (repeats < 2 || !(median > 0)) return 0;
  const double apart = best > median ? best - median : median - best;
  return apart / median;
}

Repeated TimeOf(double count, std::span<const double> seconds) {
  RS_CHECK(!seconds.empty() && count > 0);
  Repeated out;
  out.repeats = std::ssize(seconds);
  out.best = *std::min_element(seconds.begin(), seconds.end()) / count;
  out.median = Median({seconds.begin(), seconds.end()}) / count;
  return out;
}

Repeated RateOf(double amount, std::span<const double> seconds) {
  const Repeated time = TimeOf(1, seconds);
  RS_CHECK(time.best > 0);
  return {amount / time.best, amount / time.median, time.repeats};
}

bool IsNoisy(const Repeated& reading) {
  return reading.repeats < kFewestRepeats || reading.spread() > kMostSpread;
}

std::vector<std::string> Doubts(const ProbeResult& result) {
  std::vector<std::string> doubts;
  const CpuReadings& cpu = result.cpu;
  std::int64_t noisy =
      Noisy(cpu.reads, &ReadReading::gb_s) + Noisy(cpu.products, &MatrixReading::gflops) +
      Noisy(cpu.attentions, &AttentionReading::gflops) + Noisy(cpu.launches, &LaunchReading::us);
  std::int64_t all = std::ssize(cpu.reads) + std::ssize(cpu.products) + std::ssize(cpu.attentions) +
                     std::ssize(cpu.launches);
  for (const GpuReadings& gpu : result.gpus) {
    noisy += Noisy(gpu.products, &MatrixReading::gflops);
    all += std::ssize(gpu.products);
  }
  if (noisy > 0) {
    doubts.push_back(fmt::format(
        "{} of {} readings are noisy: other work ran beside them, or they were repeated too "
        "seldom; run it again on an idle machine",
        noisy, all));
  }
  if (result.steal && *result.steal > kMostSteal) {
    doubts.push_back(
        fmt::format("{:.1f} % of the time was taken for other virtual machines: the machine can do "
                    "more than this",
                    100 * *result.steal));
  }
  if (result.stopped) {
    doubts.push_back(
        fmt::format("stopped before its end: {} readings are missing", result.left_out));
  } else if (result.left_out > 0) {
    doubts.push_back(fmt::format("{} readings did not fit into the time: give more with --seconds",
                                 result.left_out));
  }
  return doubts;
}

}  // namespace roofscape::host
