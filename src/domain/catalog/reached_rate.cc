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
using TimeByTokens = std::map<double, double>;

bool HasLibrary(const Chip& chip, const MatrixWork& work) {
  return std::any_of(chip.products.begin(), chip.products.end(), [&](const MatrixRate& row) {
    return row.type == work.type && row.threads == work.threads &&
           row.library.starts_with(work.library);
  });
}

TimeByTokens TimesOf(const Chip& chip, const MatrixWork& work) {
  const std::string_view library = HasLibrary(chip, work) ? work.library : std::string_view();
  std::map<std::int64_t, std::pair<double, double>> nearest;  // By m: how far apart, seconds.
  for (const MatrixRate& row : chip.products) {
    if (row.type != work.type || row.threads != work.threads) continue;
    if (row.m <= 0 || !(row.gflops > 0) || !row.library.starts_with(library)) continue;
    const std::pair candidate(Apart(row, work), 2e-9 * static_cast<double>(row.m) / row.gflops);
    const auto [at, added] = nearest.emplace(row.m, candidate);
    if (!added) at->second = std::min(at->second, candidate);
  }
  TimeByTokens times;
  for (const auto& [m, row] : nearest) times[static_cast<double>(m)] = row.second;
  return times;
}

double SecondsOf(const TimeByTokens& times, double m) {
  const auto above = times.lower_bound(m);
  if (above == times.begin()) return above->second;
  const auto below = std::prev(above);
  if (above == times.end()) {
    return below->second * m / below->first;
  }
  const double way = (m - below->first) / (above->first - below->first);
  return below->second + way * (above->second - below->second);
}

}  // namespace

std::optional<Seconds> MatrixTime(const Chip& chip, const MatrixWork& work) {
  const TimeByTokens times = TimesOf(chip, work);
  if (times.empty()) return std::nullopt;
  return Seconds(SecondsOf(times, work.m) * static_cast<double>(work.n) *
                 static_cast<double>(work.k));
}

std::optional<Seconds> AttentionTime(const Chip& chip, const AttentionWork& work) {
  // Seconds of one query for each of heads x head_dim, by keys; prompts: of their mean query.
  std::map<double, double> times;
  for (const AttentionRate& row : chip.attentions) {
    if (row.threads != work.threads || (row.queries > 1) != work.prompt) continue;
    if (row.keys <= 0 || !(row.gflops > 0)) continue;
    const auto keys = static_cast<double>(row.keys);
    const double seen = work.prompt ? 0.5 * (keys + 1.0) : keys;
    const double seconds = 4e-9 * seen / row.gflops;
    const auto [at, added] = times.emplace(keys, seconds);
    if (!added) at->second = std::min(at->second, seconds);
  }
  if (times.empty()) return std::nullopt;
  const auto above = times.lower_bound(work.keys);
  double query = 0.0;
  if (above == times.end()) {
    query = times.rbegin()->second * work.keys / times.rbegin()->first;
  } else if (above == times.begin()) {
    query = above->second * (work.prompt ? work.keys / above->first : 1.0);
  } else {
    const auto below = std::prev(above);
    const double way = (work.keys - below->first) / (above->first - below->first);
    query = below->second + way * (above->second - below->second);
  }
  const double queries = work.prompt ? work.keys : 1.0;
  return Seconds(query * queries * static_cast<double>(work.heads * work.head_dim));
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
