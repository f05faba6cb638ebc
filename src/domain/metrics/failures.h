// What failed in a point, by kind, with an example of each.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "domain/spec/request_log.h"

namespace roofscape::metrics {

struct FailureKind {
  std::int64_t count = 0;
  std::map<std::int64_t, std::int64_t> by_status;  // HTTP status other than 0 and 2xx -> requests
  std::string example;  // The first message of the log of this kind, or "".
};

/// Every failed request of `phase`, whatever the window; successes have no entry.
std::map<spec::Outcome, FailureKind> FailuresByKind(const spec::RequestLog& log, spec::Phase phase);

/// One sentence for people: the kind, its count of `requests`, its HTTP statuses, the example and
/// the cure.
std::string Describe(spec::Outcome outcome, const FailureKind& failure, std::int64_t requests);

}  // namespace roofscape::metrics
