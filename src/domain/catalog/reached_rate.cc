#include "domain/catalog/reached_rate.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace roofscape::catalog {
namespace {

/// How many times one is the other, as a distance; 0 where a row does not say.
double Apart(double a, double b) { return a > 0 && b > 0 ? std::fabs(std::log(a / b)) : 0; }

double Apart(const MatrixRate& row, const MatrixWork& work) {
  return Apart(row.set_mb, work.set_mb) +
         Apart(static_cast<double>(row.n), static_cast<double>(work.n)) +
         Apart(static_cast<double>(row.k), static_cast<double>(work.k));
}

/// Seconds a weight by m.
using TimeByTokens = std::map<std::int64_t, double>;

TimeByTokens TimesOf(const Chip& chip, const MatrixWork& work) {
  std::map<std::int64_t, std::pair<double, double>> nearest;  // By m: how far apart, seconds.
  for (const MatrixRate& row : chip.products) {
    if (row.type != work.type || row.threads != work.threads) continue;
    if (row.m <= 0 || !(row.gflops > 0)) continue;
    const std::pair candidate(Apart(row, work), 2e-9 * static_cast<double>(row.m) / row.gflops);
    const auto [at, added] = nearest.emplace(row.m, candidate);
    if (!added) at->second = std::min(at->second, candidate);
  }
  TimeByTokens times;
  for (const auto& [m, row] : nearest) times[m] = row.second;
  return times;
}

double SecondsOf(const TimeByTokens& times, std::int64_t m) {
  const auto above = times.lower_bound(m);
  if (above == times.begin()) return above->second;
  const auto below = std::prev(above);
  if (above == times.end()) {
    return below->second * static_cast<double>(m) / static_cast<double>(below->first);
  }
  const double way =
      static_cast<double>(m - below->first) / static_cast<double>(above->first - below->first);
  return below->second + way * (above->second - below->second);
}

}  // namespace

std::optional<Seconds> MatrixTime(const Chip& chip, const MatrixWork& work) {
  const TimeByTokens times = TimesOf(chip, work);
  if (times.empty()) return std::nullopt;
  return Seconds(SecondsOf(times, work.m) * static_cast<double>(work.n) *
                 static_cast<double>(work.k));
}

std::optional<double> ReadGbPerSecond(const Chip& chip, std::int64_t threads, double set_mb) {
  const ReadRate* nearest = nullptr;
  for (const ReadRate& row : chip.reads) {
    if (row.threads != threads) continue;
    if (nearest == nullptr || Apart(row.set_mb, set_mb) < Apart(nearest->set_mb, set_mb)) {
      nearest = &row;
    }
  }
  if (nearest == nullptr) return std::nullopt;
  return nearest->gb_s;
}

}  // namespace roofscape::catalog
