// Traces of power as nvidia-smi writes them:
//   nvidia-smi --query-gpu=timestamp,index,power.draw --format=csv -lms 1000 > power.csv
// A head line of names, then a line a sample and device. Other columns are left alone.
//
// Errors: what is wrong with the file is a fault (analysis/power.h), for power that is not valid
// does not make a measurement invalid. Thread safety: pure functions.

#pragma once

#include <string_view>
#include <vector>

#include "domain/analysis/power.h"

namespace roofscape::ingest {

struct PowerTrace {
  std::vector<analysis::PowerSample> samples;  // Times in seconds since 1970; see ReadPowerCsv.
  std::vector<analysis::PowerFault> faults;    // Of the whole file; none: it could be read.
};

/// `offset_s` is added to the times: nvidia-smi writes the local time of its machine and not which
/// zone that is in.
PowerTrace ReadPowerCsv(std::string_view text, double offset_s);

}  // namespace roofscape::ingest
