// Was the client fit to measure this, and what did the server do? Two questions, never mixed: what
// the server did never makes a run invalid. Each reason says the number, the bound and the cure.
//
// Bounds of the instrument (METRICS): send delay p50 <= 1 % of TTFT p50, p99 <= max(1 ms, 1 % of
// E2E p50); sent / scheduled within 1 %; loop busy <= 80 %; stated uncertainty of the first tokens'
// stamps p99 <= max(1 ms, 1 % of TTFT p50). INVALID beyond ten times the bounds of delay, rate or
// uncertainty, or busy > 95 %; between: DEGRADED. DEGRADED, too, when over 10 % of the token events
// are stamped worse than the median ITL, or segments were sent again for over 1 % of the requests.
// Rows missing from the log count against the rate bound. A quantity that was not measured is not
// judged. What made a client unfit (stolen CPU, governor, lag, shared reads, descriptors) is told
// beside, and only then: by itself it hurts nobody. Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/spec/request_log.h"
#include "domain/spec/run_result.h"

namespace roofscape::metrics {

/// Judges the client by `metrics`, those of the point's primary window (else the whole one).
/// Appends the reasons to `reasons`.
spec::Fitness JudgeInstrument(const spec::RequestLog& log, const spec::PointMetrics& metrics,
                              const spec::InstrumentAudit& audit,
                              std::vector<std::string>& reasons);

/// What the server did over the whole point: failures by kind, answers shorter than asked, token
/// counts that contradict each other, prompts answered from a cache although caches were told off.
std::vector<std::string> ServerReasons(const spec::RequestLog& log,
                                       const spec::InstrumentAudit& audit,
                                       bool prompt_cache_allowed);

}  // namespace roofscape::metrics
