// A report: one self-contained HTML file that opens without network, in light and dark, on paper,
// on a desk and on a phone. It works without script; with it, points show their numbers on hover.
//
// Everything that comes from a server or a user is escaped. Thread safety: pure function.

#pragma once

#include <string>

#include "results/report/report_input.h"

namespace roofscape::report {

/// The whole file.
std::string RenderReport(const ReportInput& input);

}  // namespace roofscape::report
