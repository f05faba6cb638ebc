// What failed in a point, by kind, with an example of each.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "domain/spec/request_log.h"

namespace roofscape::metrics {

struct FailureKind {
  std::int64_t count = 0;
  std::map<std::int64_t, std::int64_t> by_status;  // HTTP status other than 0 and 2xx -> requests
  std::string example;  // The first message of the log of this kind, or "".
};

/// Every failed request of `phase`, whatever the window; successes have no entry, and neither
/// has what we cancelled ourselves: it was not attempted to its end.
std::map<spec::Outcome, FailureKind> FailuresByKind(const spec::RequestLog& log, spec::Phase phase);

/// One sentence for people: the kind, its count of `requests`, its HTTP statuses, the example and
/// the cure.
std::string Describe(spec::Outcome outcome, const FailureKind& failure, std::int64_t requests);

/// A server that answered, and from some moment on answered nothing any more.
struct StoppedAnswering {
  std::int64_t at_ns = 0;   // end of its last answer, on the clock of the log
  std::int64_t failed = 0;  // measured requests that arrived later; all of them failed
};

/// Missing when nothing was ever answered, when fewer than five requests arrived behind the last
/// answer, or when so many failures in a row are no surprise by the share that failed before. What
/// we cancelled, and what this machine refused, says nothing of the server.
std::optional<StoppedAnswering> FindStopped(const spec::RequestLog& log);

/// "the server stopped answering at 1.6 s".
std::string Name(const StoppedAnswering& stopped);

/// One sentence for people: that, what failed since, and the cure.
std::string Describe(const StoppedAnswering& stopped);

}  // namespace roofscape::metrics
