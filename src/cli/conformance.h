// `bench --conformance`: which promises a server keeps, as a table or JSON.

#pragma once

#include <atomic>
#include <string>

#include "base/core/clock.h"
#include "cli/table.h"
#include "domain/spec/plan.h"
#include "measure/load/conformance.h"
#include "measure/load/request_writer.h"

namespace roofscape::cli {

/// Asks the server of the plan and prints what it keeps; the exit status.
int ShowConformance(const spec::Plan& plan, const load::Headers& headers, bool json,
                    const std::atomic<bool>& stop, const Clock& clock);

/// The report for people.
std::string ConformanceText(const load::Conformance& conformance, const std::string& url,
                            const Style& style);

}  // namespace roofscape::cli
