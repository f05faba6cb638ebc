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
  double requests_each = 1.0;         // that a row stands for, of a log that is an even sample
  spec::InstrumentAudit audit;
};

struct PointAnalysis {
  std::optional<spec::PointMetrics> steady;  // missing: no steady state; a server reason says why
                                             // where the protocol asks for one
  spec::PointMetrics whole;                  // no value is set when no measured request was made
  std::map<std::string, std::int64_t> failures_by_kind;  // name of the outcome -> requests
  spec::Verdict verdict;
};

/// Of a sample what counts things is put up to all; a closed loop's steady window is not looked for
/// then, as it needs each request of a slot. REQUIRES: context.concurrency >= 0, requests_each
/// >= 1.
PointAnalysis Analyze(const spec::RequestLog& log, const PointContext& context);

/// Analyzes the log of this very point and puts what came out into it. Concurrency, protocol and
/// audit are the point's own.
void AnalyzeInto(const spec::RequestLog& log, std::optional<std::int64_t> chips,
                 bool prompt_cache_allowed, spec::PointResult& point, double requests_each = 1.0);

}  // namespace roofscape::metrics
