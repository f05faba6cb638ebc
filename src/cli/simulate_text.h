// Simulated points as a table, as JSON and as series.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "cli/table.h"
#include "domain/spec/run_result.h"
#include "model/sim/run.h"

namespace roofscape::cli {

/// One load of a simulated deployment.
struct SimulatedPoint {
  spec::PointResult result;
  sim::RunEnd end;
  std::string load;  // For the table: "16", "2/s", "trace".
  std::vector<sim::Snapshot> series;
  bool stood_in = false;  // Asked for the steady window, which was not found.

  /// Of the series: time averages.
  double MeanWaiting() const;
  double MeanDecoding() const;
  double MeanFilled() const;  // Share of the cache that sequences hold.
};

std::string SimulationTable(std::span<const SimulatedPoint> points, const Style& style);
Json SimulationJson(std::span<const SimulatedPoint> points);

/// What serves and by which rules.
std::string ClusterText(const sim::Cluster& cluster, double chips, const Style& style);
Json ClusterJson(const sim::Cluster& cluster, double chips);

std::string SeriesCsvHeader();
std::string SeriesCsvRows(std::int64_t point, std::span<const sim::Snapshot> series);

}  // namespace roofscape::cli
