// Evidence bundles that were read into a store: their runs, in one transaction with the manifest
// that came with them. To read one again adds nothing.
//
// Errors: as store.h. Thread safety: pure functions over databases.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "results/store/store.h"

namespace roofscape::store {

struct BundleRecord {
  std::string digest;  // SHA-256 of the manifest.
  WallTime known;
  std::string source;   // The file's name.
  std::string version;  // Of Roofscape.
  std::string manifest;
  std::vector<std::string> runs;  // Their ids.
};

struct BundleCounts {
  bool known = false;      // The bundle itself was here.
  std::int64_t added = 0;  // Runs.
  std::int64_t there = 0;  // Runs that were here already.
};

/// Takes over the runs that the store does not have yet from `runs_path`, another database.
Result<BundleCounts> AddBundle(const std::string& path, const BundleRecord& bundle,
                               const std::string& runs_path);

/// Newest first.
Result<std::vector<BundleRecord>> ListBundles(const std::string& path);

}  // namespace roofscape::store
