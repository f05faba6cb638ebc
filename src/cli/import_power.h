// roofscape import power: a power trace beside a run of ours.
//
// Thread safety: as the store's.

#pragma once

#include <string>
#include <vector>

#include "base/core/clock.h"

namespace roofscape::cli {

struct PowerImport {
  std::string run;  // By id, a beginning of one, or "last".
  std::vector<std::string> files;
  double offset_s = 0.0;  // Added to the trace's times.
  std::string db;
  bool json = false;
};

/// Keeps the traces as series of the run, and puts power and joules a token into its points where
/// they are valid. An exit status.
int ImportPower(const PowerImport& import, WallTime now);

}  // namespace roofscape::cli
