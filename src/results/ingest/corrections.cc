#include "results/ingest/corrections.h"

#include <array>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "domain/spec/metric_registry.h"

namespace roofscape::ingest {
namespace {

constexpr auto kStats = std::to_array<std::string_view>({
    "mean",
    "p50",
    "p75",
    "p90",
    "p95",
    "p99",
    "p999",
});
constexpr auto kLatencies = std::to_array<std::string_view>({"ttft", "tpot", "itl", "icl", "e2e"});

/// Their printed digits; a figure that differs by more was made by another definition.
constexpr double kSame = 1e-3;

std::vector<bool> LatencyPlaces() {
  std::vector<bool> places(spec::AllMetrics().size(), false);
  for (const std::string_view stem : kLatencies) {
    for (const std::string_view stat : kStats) {
      places[*spec::MetricPlace(fmt::format("{}_{}_s", stem, stat))] = true;
    }
  }
  return places;
}

}  // namespace

std::string NumberText(double number) { return fmt::format("{}", number); }

void Note(spec::Row& row, std::string_view code, std::string_view field, std::optional<double> was,
          std::optional<double> now) {
  row.corrections.push_back({std::string(code), std::string(field),
                             was ? NumberText(*was) : std::string(),
                             now ? NumberText(*now) : std::string()});
}

std::span<const TpotPlace> TpotPlaces() {
  static const std::vector<TpotPlace> kPlaces = [] {
    std::vector<TpotPlace> places;
    for (const std::string_view stat : kStats) {
      places.push_back({stat, *spec::MetricPlace(fmt::format("tpot_{}_s", stat)),
                        *spec::MetricPlace(fmt::format("interactivity_{}_tps", stat))});
    }
    return places;
  }();
  return kPlaces;
}

void DropZeroLatencies(spec::Row& row) {
  static const std::vector<bool> kPlaces = LatencyPlaces();
  std::vector<std::string_view> zeros;
  for (const auto& [place, value] : row.values.entries()) {
    if (value == 0.0 && kPlaces[place]) zeros.push_back(spec::AllMetrics()[place].name);
  }
  for (const std::string_view name : zeros) {
    Note(row, "zero_missing", name, 0.0, std::nullopt);
    row.values.Remove(name);
  }
}

void SetInteractivity(spec::Row& row) {
  for (const TpotPlace& place : TpotPlaces()) {
    const auto tpot = row.values.Get(place.tpot);
    if (!tpot || *tpot <= 0.0) continue;
    const double fits = 1.0 / *tpot;
    const auto published = row.values.Get(place.interactivity);
    if (published && std::abs(*published * *tpot - 1.0) <= kSame) continue;
    // A TPOT so small that its inverse has no digits left says nothing.
    if (!std::isfinite(fits)) continue;
    if (published) {
      Note(row, "interactivity_tail", spec::AllMetrics()[place.interactivity].name, published,
           fits);
    }
    row.values.Set(place.interactivity, fits);
  }
}

}  // namespace roofscape::ingest
