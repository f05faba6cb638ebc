// Simulated points as a table, as JSON and as series.
//
// Thread safety: pure functions and plain values.

#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/core/json.h"
#include "cli/table.h"
#include "domain/spec/run_result.h"
#include "model/sim/run.h"

namespace roofscape::cli {

/// Time averages of snapshots that are taken at equal distances; 0 without any.
class SeriesMeans {
 public:
  void Add(const sim::Snapshot& now);
  double waiting() const { return Mean(waiting_); }
  double decoding() const { return Mean(decoding_); }
  double filled() const { return Mean(filled_); }  // Share of the cache that sequences hold.

 private:
  double Mean(double sum) const { return count_ == 0.0 ? 0.0 : sum / count_; }

  double count_ = 0.0, waiting_ = 0.0, decoding_ = 0.0, filled_ = 0.0;
};

/// One load of a simulated deployment.
struct SimulatedPoint {
  spec::PointResult result;
  sim::RunEnd end;
  std::string load;  // For the table: "16", "2/s", "trace".
  SeriesMeans means;
  bool stood_in = false;   // Asked for the steady window, which was not found.
  std::int64_t every = 1;  // The result is of each so-many-th request.
};

std::string SimulationTable(std::span<const SimulatedPoint> points, const Style& style);
Json SimulationJson(std::span<const SimulatedPoint> points);

/// What serves and by which rules.
std::string ClusterText(const sim::Cluster& cluster, double chips, const Style& style);
Json ClusterJson(const sim::Cluster& cluster, double chips);

std::string SeriesCsvHeader();
std::string SeriesCsvRow(std::int64_t point, const sim::Snapshot& now);

}  // namespace roofscape::cli
