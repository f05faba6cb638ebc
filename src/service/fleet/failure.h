// Why a start, a point or a job failed, in classes that decide whether it is tried again, and with
// what to do about it. A known failure is found in the server's log, by patterns of the catalog and
// a few that any program writes.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/catalog/serve.h"

namespace roofscape::fleet {

struct Failure {
  std::string kind;    // A class of FailureClasses().
  std::string reason;  // What was seen.
  std::string cure;

  friend bool operator==(const Failure&, const Failure&) = default;
};

/// All classes: of the server (program, memory, busy, port, model, image, flag, start, timeout,
/// crash), of points (requests, measure), of jobs (submit, cancelled, node, limit, lost,
/// environment, worker).
std::span<const std::string_view> FailureClasses();

/// How often work that failed so is tried again, where the plan does not say.
std::int64_t DefaultRetries(std::string_view kind);
std::int64_t RetriesOf(const std::map<std::string, std::int64_t>& plan, std::string_view kind);

/// Whether such a failure speaks against the host it happened on.
bool BlamesHost(std::string_view kind);

/// What a server's log says; `otherwise` where no line of it is known. Patterns of the engine come
/// first; of several lines that fit the first one counts, as later ones often follow from it.
Failure FailureInLog(std::string_view log, std::span<const catalog::KnownFailure> known,
                     const Failure& otherwise);

}  // namespace roofscape::fleet
