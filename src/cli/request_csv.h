// A request log as CSV, one row a request: the record behind every metric, for other tools.
//
// Thread safety: pure function.

#pragma once

#include <cstdint>
#include <string>

#include "domain/spec/request_log.h"

namespace roofscape::cli {

/// The header line.
std::string RequestCsvHeader();

/// The rows of one point. Times are seconds of the point's own clock; missing values are empty.
std::string RequestCsvRows(std::int64_t point, const spec::RequestLog& log);

}  // namespace roofscape::cli
