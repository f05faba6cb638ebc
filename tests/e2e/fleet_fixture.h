// What of a fleet the tests of the dashboard look at: two campaigns and two entries of a daemon.

#pragma once

#include <string>

#include "base/core/result.h"

namespace roofscape {

/// The campaign whose first point `run` measured, and the recipe of that point.
struct FleetLabels {
  std::string campaign, recipe;
};
FleetLabels LabelsOfFleet();

/// `run` is that of a point of the first campaign; `hostile` is put wherever a text is free.
Result<> WriteFleet(const std::string& path, const std::string& run, const std::string& hostile);

}  // namespace roofscape
