// What the request logs of stored runs add to a report: distributions and courses.
//
// Thread safety: as the store's.

#pragma once

#include <string>
#include <vector>

#include "base/core/result.h"
#include "results/report/report_input.h"
#include "results/store/store.h"

namespace roofscape::cli {

/// Details of every point whose log holds something. A log that cannot be read is left out and a
/// line about it added to `warnings`: the rest of the report does not depend on it.
std::vector<report::PointDetail> LoadDetails(store::Store& store,
                                             const std::vector<spec::RunResult>& runs,
                                             std::vector<std::string>& warnings);

}  // namespace roofscape::cli
