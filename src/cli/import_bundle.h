// roofscape import bundle: evidence bundles into the store.
//
// Thread safety: as the store's.

#pragma once

#include <string>
#include <vector>

#include "base/core/clock.h"

namespace roofscape::cli {

struct BundleImport {
  std::vector<std::string> files;
  std::string db;
  double most_bytes = 0;  // That a bundle may unpack to.
  bool json = false;
};

/// Checks each file wholly before anything of it is taken. An exit status.
int ImportBundles(const BundleImport& import, WallTime now);

}  // namespace roofscape::cli
