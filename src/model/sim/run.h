// A whole workload through a simulated deployment.
//
// Thread safety: pure functions of their arguments; several may run side by side.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "model/sim/simulator.h"
#include "model/sim/workloads.h"

namespace roofscape::sim {

struct RunOptions {
  std::uint64_t seed = 1;
  Detail detail = Detail::kTokens;
  /// Called every so many nanoseconds of virtual time, where both are given.
  std::optional<std::int64_t> sample_ns;
  std::function<void(const Snapshot&)> sample;
};

struct RunEnd {
  std::int64_t requests = 0;  // Ended, refused ones too.
  std::int64_t refused = 0;
  std::int64_t preemptions = 0;
  std::int64_t steps = 0;        // As of Snapshot.
  std::int64_t mixed_steps = 0;  // As of Snapshot.
  std::int64_t end_ns = 0;       // Of the last event.
};

/// Until the source has no more and all have ended.
RunEnd RunWorkload(const Cluster& cluster, RequestSource& source, Observer& observer,
                   const RunOptions& options);

}  // namespace roofscape::sim
