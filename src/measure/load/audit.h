// What the load generator saw of itself over one point: the facts that the verdict is made of.
//
// Thread safety: pure functions over plain values; readings of /proc.

#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "domain/spec/request_log.h"
#include "domain/spec/run_result.h"
#include "measure/host/host_facts.h"
#include "measure/load/load_loop.h"

namespace roofscape::load {

/// Of all loops of a point and the log they wrote together. Fields that only the caller knows
/// (scheduled and sent requests) stay missing.
spec::InstrumentAudit MakeAudit(std::span<const LoopRecord> loops, const spec::RequestLog& log,
                                const std::optional<host::CpuTimes>& cpu_before);

}  // namespace roofscape::load
