// A request log as CSV, one row a request or one row an event: the record behind every metric, for
// other tools.
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

/// The same for events: kind, tokens, time and how sure it is.
/// What a request was answered, of those whose text was kept (bench --keep-text); "" if of none.
std::string TextCsvRows(std::int64_t point, const spec::RequestLog& log);
std::string TextCsvHeader();

std::string EventCsvHeader();
std::string EventCsvRows(std::int64_t point, const spec::RequestLog& log);

}  // namespace roofscape::cli
