// Hand-made runs for the tests of this room: a queueing model's rough numbers, not measured ones.

#pragma once

#include "results/report/report_input.h"

namespace roofscape::report {

/// Two workload shapes at five concurrencies each, every point VALID and complete, with details.
ReportInput SampleInput();

}  // namespace roofscape::report
