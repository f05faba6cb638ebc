// Rows for the tests of this room: made by hand, and the published rows of InferenceX where the
// folder of shared data is there. The reader here knows no more than these tests need.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/catalog/catalog.h"
#include "domain/spec/row.h"

namespace roofscape::analysis {

/// A point of "dsr1" in fp8 on eight chips of `chip`, 1024/1024, with x and y of the default axes.
spec::Row MakeRow(const std::string& chip, std::int64_t concurrency, double interactivity,
                  double total_tps_per_chip);

/// Midnight UTC of "2026-01-31". REQUIRES: a day.
WallTime At(const std::string& day);

/// The catalog at the root of the repository, in which tests run.
const catalog::Catalog& ShippedCatalog();

/// The rows of api_captures/<name>.json ("benchmarks", "benchmarks-history"). Empty when the folder
/// ROOFSCAPE_SHARED_DATA, else ../shared/data, is not there; then MissingSharedData() says so.
std::vector<spec::Row> InferenceXRows(const std::string& name);
std::string MissingSharedData();

}  // namespace roofscape::analysis
