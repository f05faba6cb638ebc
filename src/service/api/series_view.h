// The rows of a view as series with their frontiers, and readings at a target: what /frontier,
// /answer and the static site share.
//
// Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"
#include "domain/analysis/cost.h"
#include "domain/analysis/curve.h"
#include "domain/analysis/interpolate.h"
#include "service/api/snapshot.h"

namespace roofscape::api {

struct ViewSeries {
  std::uint32_t code = 0;           // Place in Snapshot::series().
  std::vector<std::size_t> places;  // Of its rows in the snapshot.
  std::string label;                // Differs from that of every other series of the view.
};

/// The series of those rows, by label.
std::vector<ViewSeries> SeriesOf(const Snapshot& snapshot, std::span<const std::size_t> places);

/// A label for each key: the system, and further what tells the keys apart.
std::vector<std::string> LabelsOf(std::span<const analysis::RowSeriesKey> keys);

/// What lies between measured points of a series at a target of x.
struct Between {
  double y = 0.0;
  std::optional<double> low, high;  // The 80 % band.
  std::size_t left = 0, right = 0;  // Places in the snapshot.
  std::size_t like = 0;             // A row of the curve that was read.
};

/// One a series; missing where nothing was measured on both sides. kInvalidArgument for axes that
/// are not read between points (reading.h). A cost is derived from the rate that was read.
Result<std::vector<std::optional<Between>>> ReadBetween(
    const Snapshot& snapshot, std::span<const ViewSeries> series, const analysis::RowAxis& x,
    const std::string& y_name, const analysis::Pricing& pricing, double target, bool all);

}  // namespace roofscape::api
