// Everything that is to be said of one operating point, from its request log: the one entry that
// `bench` calls when a point has ended, and that any stored log can be put through again.
//
// Thread safety: pure function.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "domain/spec/request_log.h"
#include "domain/spec/run_result.h"

namespace roofscape::metrics {

/// What the log itself does not hold.
struct PointContext {
  std::int64_t concurrency = 1;       // 0: open loop
  std::string protocol = "steady";    // PointResult::protocol: which window is judged
  std::optional<std::int64_t> chips;  // all accelerators of the deployment, missing: unknown
  bool prompt_cache_allowed = false;  // Workload::prompt_cache
  bool complete = true;               // PointResult::complete: nobody ended it early
  spec::InstrumentAudit audit;
};

struct PointAnalysis {
  std::optional<spec::PointMetrics> steady;  // missing: no steady state; a server reason says why
                                             // where the protocol asks for one
  spec::PointMetrics whole;                  // no value is set when no measured request was made
  std::map<std::string, std::int64_t> failures_by_kind;  // name of the outcome -> requests
  spec::Verdict verdict;
};

/// REQUIRES: context.concurrency >= 0.
PointAnalysis Analyze(const spec::RequestLog& log, const PointContext& context);

/// Analyzes the log of this very point and puts what came out into it. Concurrency, protocol and
/// audit are the point's own.
void AnalyzeInto(const spec::RequestLog& log, std::optional<std::int64_t> chips,
                 bool prompt_cache_allowed, spec::PointResult& point);

}  // namespace roofscape::metrics
